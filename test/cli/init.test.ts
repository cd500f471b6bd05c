import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explainCommand } from "../../src/cli/explain.ts";
import { initCommand } from "../../src/cli/init.ts";
import { withFiles } from "../inventory/files.ts";

const root = resolve(import.meta.dirname, "../..");
const parent = mkdtempSync(join(tmpdir(), "provision-init-"));
const folder = join(parent, "My Stack");
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** What a command of the README prints, run in the project's folder as CI runs it. */
function shell(line: string): string {
  const { VITEST: _, NODE_ENV: __, FORCE_COLOR: ___, ...env } = process.env;
  const options = { cwd: folder, encoding: "utf8", env: { ...env, CI: "true", NO_COLOR: "1" } } as const;
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", line], options);
  if (status !== 0) throw new Error(`${line} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** The commands of the README's first block, without what they are for. */
function commands(): readonly string[] {
  const [, block = ""] = /```\n([\s\S]*?)```/.exec(readFileSync(join(folder, "README.md"), "utf8")) ?? [];
  return block
    .trim()
    .split("\n")
    .map((line) => line.replace(/\s+#.*/, ""));
}

/** What `npm install` does, without the network: the packages are those of this repository. */
function install(): void {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  expect(resolve(folder, dependencies.provision.replace(/^file:/, ""))).toBe(root);
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  mkdirSync(join(folder, "node_modules/@types"));
  symlinkSync(root, join(folder, "node_modules/provision"));
  for (const name of Object.keys(devDependencies))
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  for (const name of ["vitest", "tsc"])
    symlinkSync(join(root, "node_modules/.bin", name), join(folder, "node_modules/.bin", name));
  symlinkSync(join(root, "bin/provision.cjs"), join(folder, "node_modules/.bin/provision"));
}

describe("provision init", () => {
  let said = "";
  beforeAll(() => {
    const { stdout, stderr, code } = initCommand("My Stack", parent);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    said = stdout;
    install();
  });

  it("says what to do next, in the words of the README", () => {
    for (const command of ["cd 'My Stack'", ...commands()]) expect(said).toContain(`\n  ${command}`);
    expect(said).not.toMatch(/__[A-Z]/);
  });

  it("leaves no blank to be filled in", () => {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const written = files.filter(
      (name) => /\.(ts|hbs|md|yml|json)$/.test(name) && !name.startsWith("node_modules"),
    );
    expect(written).toContain(".vscode/inventory.schema.json");
    for (const name of written) expect(readFileSync(join(folder, name), "utf8")).not.toMatch(/__[A-Z_]+__/);
    expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).name).toBe("my-stack");
  });

  it("makes a project whose role passes its test, against the snapshot that comes with it", () => {
    expect(commands()).toContain("npm test");
    expect(shell("npm test")).toContain("2 passed");
    expect(() => shell("sed -i s/nginx-light/nginx-full/ roles/site.ts && npm test")).toThrow();
    shell("sed -i s/nginx-full/nginx-light/ roles/site.ts");
  });

  it("makes a project that is clean for the type checker, and a slip in its role is none", () => {
    shell("npm run types");
    expect(() => shell("sed -i s/vars.port/vars.prot/ roles/site.ts && npm run types")).toThrow(
      /roles\/site\.ts\(\d+,\d+\): error .*'prot' does not exist/,
    );
    shell("sed -i s/vars.prot/vars.port/ roles/site.ts");
  });

  it("makes an inventory that is read, and a stack without a single point of failure", () => {
    expect(commands()).toContain("npx provision explain -i inventory.yml");
    const explained = shell("npx provision explain -i inventory.yml");
    expect(explained).toContain("no single point of failure");
    expect(explained).toContain("site on web1 and web2: http (port 80)");
    expect(shell("npx provision inventory -i inventory.yml --graph")).toContain("web2");
  });

  it("makes a schema that is the one of `provision schema`, until the role gets another variable", () => {
    const file = join(folder, ".vscode/inventory.schema.json");
    const first = readFileSync(file, "utf8");
    expect(shell("npx provision schema")).toBe(first);
    shell("sed -i 's/ title: z/ subtitle: z.string(),\\n    title: z/' roles/site.ts && npm run schema");
    const second = readFileSync(file, "utf8");
    expect(second).toContain('"subtitle"');
    // A role that is wrong does not empty it.
    expect(() => shell("sed -i 's/ subtitle: z/ subtitle: zz/' roles/site.ts && npm run schema")).toThrow();
    expect(readFileSync(file, "utf8")).toBe(second);
    writeFileSync(file, first);
  });
});

describe("the page about it, docs/own-project.md", () => {
  const page = readFileSync(join(root, "docs/own-project.md"), "utf8");
  const told = [...page.matchAll(/<!-- told: (.*) -->\n```\n([\s\S]*?)\n```/g)];

  it("shows the errors for mistakes in the role", () => {
    expect(told.length).toBeGreaterThanOrEqual(2);
    const role = readFileSync(join(root, "skeleton/roles/site.ts"), "utf8");
    const inventory = readFileSync(join(root, "skeleton/inventory.yml"), "utf8");
    for (const [, edit = "", words] of told) {
      const [, from = "", to = ""] = edit.split("/");
      expect(role).toContain(from);
      withFiles({ "roles/site.ts": role.replace(from, to), "inventory.yml": inventory }, (cwd) => {
        const options = { inventory: ["inventory.yml"], extraVars: [], columns: 0, color: false, cwd };
        expect(explainCommand(options)).toMatchObject({ code: 3, stderr: `${words}\n` });
      });
    }
  });
});

describe("a folder in which no project can be made", () => {
  it("has files in it: they stay, and nothing is added", () => {
    withFiles({ "notes.txt": "mine", "roles/a.ts": "" }, (cwd) => {
      const { stderr, code } = initCommand(".", cwd);
      expect(code).toBe(3);
      expect(stderr).toContain(
        ". is not empty: it has notes.txt and 1 more. Nothing was written\n  hint: name a folder",
      );
      expect(readdirSync(cwd, { recursive: true })).toHaveLength(3);
    });
  });

  it("is a file", () => {
    withFiles({ "notes.txt": "mine" }, (cwd) => {
      expect(initCommand("notes.txt", cwd)).toMatchObject({ code: 3, stdout: "" });
      expect(initCommand("notes.txt/stack", cwd).stderr).toContain(
        "error: notes.txt/stack could not be written: ",
      );
      expect(readFileSync(join(cwd, "notes.txt"), "utf8")).toBe("mine");
    });
  });

  it("is none of these: an empty one, the current one, a repository without files", () => {
    withFiles({ "repository/.git/HEAD": "" }, (cwd) => {
      mkdirSync(join(cwd, "empty"));
      expect(initCommand("empty", cwd).stdout).toContain("cd empty\n");
      expect(initCommand("deep/er", cwd).stdout).toContain("cd deep/er\n");
      expect(initCommand(".", join(cwd, "repository"))).toMatchObject({ code: 0, stderr: "" });
      expect(initCommand(".", join(cwd, "repository")).code).toBe(3);
    });
  });
});
