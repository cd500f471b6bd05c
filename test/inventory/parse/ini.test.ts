import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadProject } from "../../../src/cli/project/project.ts";
import { pythonValue } from "../../../src/inventory/parse/python.ts";
import { shellWords } from "../../../src/inventory/parse/shlex.ts";
import { readInventory } from "../../../src/inventory/read.ts";
import { toJsonText } from "../../../src/inventory/resolve/print.ts";
import { type Files, readBad, readGood, summaries, withFiles } from "../files.ts";

const said = (text: string, name = "hosts"): readonly string[] =>
  summaries(readBad({ [name]: text }, { paths: [name] }));

describe("INI inventories", () => {
  it("give hosts their roles, and the roles their variables", () => {
    const text =
      "[app]\napp1 ansible_host=10.0.0.1\n[app:vars]\nroles=['memcached']\nmemcached={'port': 11212}\n";
    withFiles({ hosts: text }, (cwd) => {
      const project = loadProject({ inventory: ["hosts"], extraVars: [] }, cwd);
      if (!project.ok) throw new Error(summaries(project.error).join());
      const [endpoint] = [...project.value.topology.services.values()].flatMap(({ endpoints }) => endpoints);
      expect(endpoint).toMatchObject({ host: "app1", address: "10.0.0.1", port: 11212 });
    });
  });

  it("a wrong value is reported at its position", () => {
    const text = "[app]\na roles=\"['memcached']\" memcached=\"{'port': 'x'}\"\n";
    withFiles({ hosts: text }, (cwd) => {
      const project = loadProject({ inventory: ["hosts"], extraVars: [] }, cwd);
      expect(project.ok ? [] : summaries(project.error)).toEqual([
        "hosts:2:25: `memcached.port` must be a whole number, this is text (on a)",
      ]);
    });
  });

  it.each([
    [
      "[web:children]\ngone\n",
      "hosts:2:1: the group `gone` is a child here, but has no section | add [gone]",
    ],
    ["[web:vars]\na=1\n", "hosts:1:1: the group `web` has variables here, but has no section | add [web]"],
    ["[web:hots]\na\n", "hosts:1:1: a section must be [web], [web:children] or [web:vars]"],
    ["[my web]\na\n[x]", "hosts:1:1: this is not the name of a section | write [name]"],
    ["[web]\na b=1 c\n", "hosts:2:7: `c` is not a variable of the host | write name=value"],
    ["[web]\na b='1\n", "hosts:2:1: a quote is not closed"],
    ["[web]\na:\n", "hosts:2:1: `a:` is not the name of a host"],
    ["[web]\na[3:1]\n", "hosts:2:1: the range [3:1] is in descending order, so it would name no host"],
    ["[web]\n[web:vars]\na\n", "hosts:3:1: a variable must be name=value"],
    ["[web]\na x={1}\n", "hosts:2:3: a set has no form in JSON: write a list"],
    [
      "[a:children]\nb\n[b:children]\na\n",
      "hosts:4:1: `a` cannot be a child of `b`: the groups would contain each other",
    ],
    [
      "[seed]\nseed x=1\nb\n",
      "hosts:2:6: `seed` is both a group and a host, so Ansible gives the host's variables to the group | rename one of them",
    ],
  ])("%j is refused", (text, message) => {
    expect(said(text)).toEqual([message]);
  });

  it("are known by their look, whatever they are called", () => {
    const ini: Files = {
      hosts: "a x=1\n",
      "hosts.yml": "[web]\na x=1\n",
      "h.ini": "a\n[g]\nb",
      prod: "# c\n\na x='b: c'\n[g]\n",
    };
    for (const name of Object.keys(ini))
      expect(readGood(ini, { paths: [name] }).inventory.hosts.has("a")).toBe(true);
    const yaml = "all:\n  hosts:\n    a:\n      x: |\n        [defaults]\n        b=1\n";
    expect(
      readGood({ hosts: yaml }, { paths: ["hosts"] })
        .inventory.hosts.get("a")
        ?.vars.get("x")?.value,
    ).toContain("[defaults]");
  });

  it("values and lines put together at random read as Ansible reads them", () => {
    const piece = fc.constantFrom(
      ..."1 0 01 1_0 _ 1. .5 e3 E-2 0x1F 0o7 j True None x 'a' \"b\" ' \" ''' u'c' r'\\n' b'd' f'g' '\\n' '\\x41' '\\101' '\\q' [ ] ( ) { } , : + - # = ... set() * 1,2 {'a':1} ('a','b') \\ 1e400 é".split(
        " ",
      ),
      " ",
      "\t",
    );
    const seed = Date.now() % 1_000_000;
    const texts = fc
      .sample(fc.array(piece, { minLength: 1, maxLength: 7 }), { numRuns: 5000, seed })
      .map((parts) => parts.join("").trim());
    const script = join(import.meta.dirname, "ini-oracle.py");
    const theirs: unknown = JSON.parse(
      execFileSync("/usr/bin/python3", [script], {
        input: JSON.stringify(texts),
        maxBuffer: 64 * 1024 * 1024,
      }).toString(),
    );
    const ours = texts.map((text) => {
      const node = pythonValue(text, { file: "x", line: 1, col: 1 });
      return ["error" in node ? null : toJsonText(node), shellWords(text)?.map((word) => word.text) ?? null];
    });
    const wrong = texts.flatMap((text, i) => {
      const their: unknown = Array.isArray(theirs) ? theirs[i] : undefined;
      return JSON.stringify(ours[i]) === JSON.stringify(their) ? [] : [{ text, ours: ours[i], their }];
    });
    expect(wrong.slice(0, 5), `seed ${seed}`).toEqual([]);
  });
});

/** The command that a message tells to run. */
function commandIn(problems: readonly string[]): string {
  const command = /(ANSIBLE_\S+ .*?);/.exec(problems.join("\n"))?.[1];
  if (command === undefined) throw new Error(`no command in ${problems.join("\n")}`);
  return command;
}

const listed = (cwd: string, path: string): unknown => {
  const env = { ...process.env, LC_ALL: "C.UTF-8" };
  const { stdout } = spawnSync("ansible-inventory", ["-i", path, "--list"], { cwd, encoding: "utf8", env });
  return JSON.parse(stdout);
};

describe("the command that is printed for what cannot be read", () => {
  const program = `#!/usr/bin/python3
import json
print(json.dumps({"db": {"hosts": ["db2", "db1"], "vars": {"x": 1}}, "_meta": {"hostvars": {"db1": {"a": 1}}}}))
`;

  it("saves it beside the program, over nothing, and without what stands in group_vars", () => {
    const files = {
      "inv/dyn": program,
      "inv/dyn.yml": "mine",
      "group_vars/db.yml": "y: 2\n",
      "inv/group_vars/db.yml": "z: 3\n",
    };
    withFiles(files, (cwd) => {
      chmodSync(join(cwd, "inv/dyn"), 0o755);
      const reading = readInventory(["inv/dyn"], { extraVars: [], cwd });
      const problems = reading.ok ? [] : summaries(reading.error);
      expect(problems.join()).toContain("this is a program that prints an inventory");
      expect(problems.join()).toContain("sorted by name");
      expect(spawnSync("sh", ["-c", commandIn(problems)], { cwd }).status).toBe(0);
      expect(readFileSync(join(cwd, "inv/dyn.yml"), "utf8")).toBe("mine");
      const saved = join(cwd, "inv/dyn-new.yml");
      expect(readFileSync(saved, "utf8")).not.toMatch(/[yz]: /);
      expect(listed(cwd, "inv/dyn-new.yml")).toEqual({
        ...Object(listed(cwd, "inv/dyn")),
        db: { hosts: ["db1", "db2"] },
      });
      expect(readInventory(["inv/dyn-new.yml"], { extraVars: [], cwd }).ok).toBe(true);
    });
  });

  it("saves what a plugin yields, without what is encrypted beside it and without its password", () => {
    const plugin = "plugin: generator\nhosts: {name: 'db{{ n }}'}\nlayers: {n: [1, 2]}\n";
    const locked = "$ANSIBLE_VAULT;1.1;AES256\n6162\n";
    const files = {
      "inv/gen.yml": plugin,
      "inv/group_vars/all/vault.yml": locked,
      "inv/host_vars/db1.yml": "z: 3\n",
    };
    withFiles(files, (cwd) => {
      const reading = readInventory(["inv/gen.yml"], { extraVars: [], cwd });
      const problems = reading.ok ? [] : summaries(reading.error);
      expect(problems.join()).toContain("this configures an inventory plugin");
      expect(problems.join()).toContain(
        "group_vars/ and host_vars/ do not change, and provision reads them too",
      );
      expect(spawnSync("sh", ["-c", commandIn(problems)], { cwd }).status).toBe(0);
      expect(readFileSync(join(cwd, "inv/gen-new.yml"), "utf8")).toMatch(/db1: \{\}\n\s+db2: \{\}\n/);
      expect(readFileSync(join(cwd, "inv/gen-new.yml"), "utf8")).not.toContain("z: 3");
    });
  });

  it("says of a program's output how Ansible saves it without what is encrypted beside it", () => {
    const [told] = summaries(readBad({ "hosts.yml": '{"_meta": {}, "web": {"hosts": ["a"]}}' }));
    expect(told).toContain("ANSIBLE_VARS_ENABLED=none ansible-inventory -i PROGRAM --list --yaml --export");
  });

  it("fails for TOML where Ansible has nothing to read it with, and leaves no empty inventory", () => {
    withFiles({ "my hosts.toml": "[db.hosts]\ndb2 = {}\n" }, (cwd) => {
      const reading = readInventory(["my hosts.toml"], { extraVars: [], cwd });
      const problems = reading.ok ? [] : summaries(reading.error);
      const { status } = spawnSync("sh", ["-c", commandIn(problems)], { cwd });
      expect(existsSync(join(cwd, "my hosts.yml"))).toBe(status === 0);
    });
  });

  it("is none for an example, nor for a file of an unknown kind", () => {
    const yaml = "all: {hosts: {a: }}\n";
    const files = {
      "inv/hosts.yml": yaml,
      "inv/hosts.yml.example": yaml,
      "inv/hosts.j2": "{% for x in y %}\n{{ x }}\n{% endfor %}\n",
    };
    const { warnings, inventory } = readGood(files, { paths: ["inv"] });
    expect([...inventory.hosts.keys()]).toEqual(["a"]);
    expect(summaries(warnings)).toEqual([
      "inv/hosts.j2 is not read | move it out of the folder",
      "inv/hosts.yml.example is not read | move it out of the folder",
    ]);
    const counted = readGood(
      { "inv/hosts.yml": yaml, "inv/hosts.example": "[web]\nb\n" },
      { paths: ["inv"] },
    );
    expect([...counted.inventory.hosts.keys()]).toEqual(["b", "a"]);
    expect(summaries(counted.warnings)[0]).toContain(
      "inv/hosts.example counts as an inventory, as in Ansible",
    );
    const other = readBad({ "inv/hosts.yml": yaml, "inv/hosts.yamll": yaml }, { paths: ["inv"] });
    expect(summaries(other).join()).not.toContain("ansible-inventory");
    expect(summaries(other).join()).toContain("rename it if it is one");
  });

  it("stray files that Ansible leaves out are left out", () => {
    const names = [
      "hosts.yml~",
      "x.bak",
      "x.orig",
      "x.retry",
      "README.md",
      "n.txt",
      ".hidden",
      "x.swp",
      "x.cfg",
      "x.rst",
    ];
    const files = Object.fromEntries(names.map((name) => [`inv/${name}`, "[web]\nstray\n"]));
    withFiles({ ...files, "inv/hosts.yml": "all: {hosts: {a: }}\n" }, (cwd) => {
      mkdirSync(join(cwd, "inv/host_vars"));
      writeFileSync(join(cwd, "inv/host_vars/a.yml"), "x: 1\n");
      const reading = readInventory(["inv"], { extraVars: [], cwd });
      expect(reading.ok && [...reading.value.inventory.hosts.keys()]).toEqual(["a"]);
      expect(reading.ok && reading.value.warnings).toEqual([]);
    });
  });
});
