import { describe, expect, it } from "vitest";
import { oneHost, readBad, readGood, summaries } from "./files.ts";

/** What is said about one file. */
function told(text: string | Uint8Array, path = "hosts.yml"): readonly string[] {
  return summaries(readBad({ [path]: text }, { paths: [path] }));
}

describe("what Ansible drops in silence is refused", () => {
  it.each([
    [
      "an unknown key",
      "all:\n  hsots:\n    a:\n",
      "hosts.yml:2:3: unknown key `hsots` in the group `all` | did you mean `hosts`?",
    ],
    [
      "an empty unknown key",
      "all:\n  hosts: {a: }\n  vas:\n",
      "hosts.yml:3:3: unknown key `vas` in the group `all` | did you mean `vars`?",
    ],
    [
      "a group that is text",
      "web: web1\n",
      "hosts.yml:1:6: the group `web` must be a mapping with hosts, children or vars, this is text",
    ],
    [
      "a key twice",
      "all:\n  hosts:\n    a: {x: 1}\n    a: {y: 1}\n",
      "hosts.yml:4:5: the key `a` is here twice | it is also on line 3",
    ],
    [
      "a range that is in descending order",
      "all: {hosts: {'w[3:1]': }}\n",
      "hosts.yml:1:15: the range [3:1] is in descending order, so it would name no host",
    ],
    [
      "a later port",
      "all: {hosts: {w: , 'w:22': }}\n",
      "hosts.yml:1:20: `w` appeared earlier without this port, so Ansible would ignore the port | set ansible_port: 22",
    ],
    [
      "one name for two",
      "a: {hosts: {a: {x: 1}, b: }}\n",
      "hosts.yml:1:17: `a` is both a group and a host, so Ansible gives the host's variables to the group | rename one of them",
    ],
    [
      "a circle of groups",
      "a: {children: {b: }}\nb: {children: {a: }}\n",
      "hosts.yml:2:16: `a` cannot be a child of `b`: the groups would contain each other",
    ],
    [
      "all as a child",
      "a: {children: {all: }}\n",
      "hosts.yml:1:16: `all` cannot be a child of `a`: the groups would contain each other",
    ],
    [
      "hosts run together",
      "all:\n  hosts:\n    a\n    b\n",
      "hosts.yml:3:5: a host's name cannot contain spaces: `a b` | write each name on its own line, with a colon after it",
    ],
    [
      "a number for a host",
      "all: {hosts: {10: }}\n",
      "hosts.yml:1:15: a host's name must be text, but YAML reads this as a number | put it in quotes",
    ],
    [
      "Norway",
      "no: {hosts: {a: }}\n",
      "hosts.yml:1:1: a group's name must be text, but YAML reads this as a boolean | put it in quotes",
    ],
    [
      "an option for a name",
      "all: {hosts: {-oProxyCommand=x: }}\n",
      "hosts.yml:1:15: a host's name cannot start with a dash: `-oProxyCommand=x`",
    ],
    [
      "nothing at all",
      "# only a comment\n",
      "hosts.yml:1:1: this inventory is empty: there is no group and no host in it",
    ],
    [
      "a list",
      "[a, b]\n",
      "hosts.yml:1:1: an inventory is a mapping of groups, this is a list | start with `all:` and, indented below it, `hosts:`",
    ],
    [
      "two documents",
      "all: {hosts: {a: }}\n---\nb: {}\n",
      "hosts.yml:2:1: a second document starts here: only one is allowed | remove the line `---`",
    ],
    [
      "not UTF-8",
      Uint8Array.of(0x61, 0x3a, 0x20, 0xff),
      "hosts.yml:1:4: this is not UTF-8 text | save the file as UTF-8",
    ],
    ["a control character", "a: \u0007\n", "hosts.yml:1:4: the character U+0007 is not allowed in YAML"],
    [
      "a priority that is none",
      "a: {vars: {ansible_group_priority: high}}\n",
      "hosts.yml:1:36: ansible_group_priority must be a whole number, this is text",
    ],
  ])("%s", (_, text, message) => {
    expect(told(text)).toEqual([message]);
  });

  it("a file beside a folder of the same name", () => {
    const files = {
      "hosts.yml": "web: {hosts: {a: }}",
      "group_vars/web/a.yml": "x: 1",
      "group_vars/web.yml": "x: 2",
    };
    expect(summaries(readBad(files))).toEqual([
      "Ansible silently ignores group_vars/web.yml, because group_vars/web exists too | move it into group_vars/web/: Ansible reads all files of that folder",
    ]);
  });

  it("a folder of variables whose name holds a dot", () => {
    const files = { "hosts.yml": "web: {hosts: {a: }}", "host_vars/a/conf.d/x.yml": "x: 1" };
    expect(summaries(readBad(files))[0]).toContain("Ansible silently ignores the folder host_vars/a/conf.d");
  });

  it("variables that are a list", () => {
    const files = { "hosts.yml": "web: {hosts: {a: }}", "group_vars/web.yml": "- a\n" };
    expect(summaries(readBad(files))).toEqual([
      "group_vars/web.yml:1:1: a file of variables is a mapping of names, this is a list",
    ]);
  });

  it("duplicate keys of JSON", () => {
    expect(told('{"all": {"hosts": {"a": {}, "a": {}}}}', "hosts.json")).toEqual([
      "hosts.json:1:29: the key `a` is here twice | it is also on line 1",
    ]);
  });
});

describe("other formats", () => {
  it("plugins, programs' output, encrypted files", () => {
    expect(told("plugin: aws_ec2\n")[0]).toContain("hosts.yml:1:9: this configures an inventory plugin");
    expect(told('{"_meta": {}, "web": {"hosts": ["a"]}}')[0]).toContain(
      "this is the output of an inventory program",
    );
    expect(told("$ANSIBLE_VAULT;1.1;AES256\n6162\n")[0]).toContain(
      "hosts.yml:1:1: this file is encrypted with ansible-vault",
    );
  });

  it("a missing file, with the nearest name", () => {
    const problems = readBad({ "prod.yml": "all: {hosts: {a: }}" }, { paths: ["prd.yml"] });
    expect(summaries(problems)).toEqual(["there is no inventory prd.yml | did you mean `prod.yml`?"]);
  });

  it("an empty folder", () => {
    const problems = readBad({ "inv/notes.txt": "" }, { paths: ["inv"] });
    expect(summaries(problems)).toEqual(["the folder inv contains no inventory file"]);
  });
});

describe("values", () => {
  it.each([
    ["roles: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  61", "this value is encrypted with ansible-vault"],
    ["v: !!binary aGk=", "binary values have no form in JSON"],
    ["v: !!set {a, b}", "sets have no form in JSON"],
    ["v: !include x", "the tag !include is not supported"],
    ["v: 2024-02-30", "there is no day 2024-02-30"],
    ["v: *nowhere", "no `&nowhere` above"],
    ["v: &v [*v]", "`*v` would contain itself"],
    ["v: {<<: text}", "`<<` needs a mapping"],
    ["v: {[a]: b}", "a list or mapping cannot be a key"],
    ["v: !!int text", "this is not a whole number"],
  ])("%s", (line, message) => {
    const [first, ...others] = readBad(oneHost(line));
    expect(first?.message).toContain(message);
    expect(first?.source?.line).toBe(4);
    expect(
      others.filter((other) => other.message !== first?.message && !/Unresolved alias/.test(other.message)),
    ).toEqual([]);
  });
});

describe("all errors at once", () => {
  it("of several files, each once, in order", () => {
    const files = {
      "a.yml": "web: {hosts: {'w[1:50]': }, hots: }\nb: 3\n",
      "b.yml": "web: [\n",
      "group_vars/web.yml": "x: {y: 1, y: 2}\n",
    };
    const problems = readBad(files, { paths: ["a.yml", "b.yml"], extraVars: ["oops"] });
    const places = problems.map((d) => `${d.source?.file}:${d.source?.line}`);
    expect(places).toEqual(["a.yml:1", "a.yml:2", "b.yml:2", "--extra-vars:1", "group_vars/web.yml:1"]);
  });
});

describe("warnings", () => {
  it("a file that nearly bears a group's name", () => {
    const files = {
      "hosts.yml": "webservers: {hosts: {a1: , a2: }}",
      "group_vars/webserver.yml": "x: 1",
      "host_vars/a3.yml": "",
    };
    expect(summaries(readGood(files).warnings)).toEqual([
      "group_vars/webserver.yml is not read: there is no group `webserver` | did you mean `webservers`?",
    ]);
  });

  it("variables in a folder within the inventory's folder", () => {
    const files = { "inv/sub/hosts.yml": "web: {hosts: {a: }}", "inv/sub/group_vars/web.yml": "x: 1" };
    const { inventory, warnings } = readGood(files, { paths: ["inv"] });
    expect(summaries(warnings)).toEqual(["inv/sub/group_vars is not read: only the one in inv is"]);
    expect(inventory.hosts.get("a")?.vars.size).toBe(0);
  });

  it("names that belong to the inventory", () => {
    const { warnings } = readGood(oneHost("group_names: [x]"));
    expect(summaries(warnings)).toEqual([
      "hosts.yml:4:7: `group_names` is set by the inventory itself: this value has no effect",
    ]);
  });
});
