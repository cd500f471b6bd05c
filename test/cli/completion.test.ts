import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TypedShell } from "./typed-shell.ts";

const folder = mkdtempSync(join(tmpdir(), "provision-completion-"));
const program = resolve(import.meta.dirname, "../../bin/provision.cjs");
const env = { ...process.env, PATH: `${folder}/bin:${process.env.PATH}`, HOME: folder, LC_ALL: "C.UTF-8" };

const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

/** How each is started without the settings of whoever runs this; the last reads what a person would put into their own. */
const starts: Readonly<Record<Shell, string>> = {
  bash: "bash --rcfile bashrc -i",
  zsh: "zsh -d -i",
  fish: "fish --private",
};
const settings: Readonly<Record<Shell, readonly [path: string, text: string]>> = {
  bash: ["bashrc", `PS1='> '\nset +o history\neval "$(provision completion bash)"\n`],
  zsh: [
    ".zshrc",
    `PS1='> '\nautoload -Uz compinit\ncompinit -u -D\neval "$(provision completion zsh)"\nunsetopt prompt_sp\nbindkey -e\n`,
  ],
  fish: [
    ".config/fish/config.fish",
    "function fish_prompt\n  echo -n '> '\nend\nset -g fish_greeting\nset -g fish_autosuggestion_enabled 0\n" +
      "bind \\cu 'commandline -r \"\"'\n",
  ],
};

const stack = `all:
  children:
    balancers: { hosts: { edge1: {} } }
    web: { hosts: { nginx1: {}, nginx2: {} } }
    database: { hosts: { sql1: {} } }
`;

beforeAll(() => {
  mkdirSync(join(folder, "bin"));
  symlinkSync(program, join(folder, "bin/provision"));
  writeFileSync(join(folder, "stack.yml"), stack);
  mkdirSync(join(folder, ".config/fish/completions"), { recursive: true });
  for (const [path, text] of Object.values(settings)) writeFileSync(join(folder, path), text);
  for (const shell of shells) writeFileSync(join(folder, `completion.${shell}`), script(shell));
  writeFileSync(join(folder, ".config/fish/completions/provision.fish"), script("fish"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = (shell: Shell): string => provision("completion", shell);
const provision = (...args: readonly string[]): string =>
  execFileSync(process.execPath, [program, ...args], { cwd: folder, env, encoding: "utf8" });

const installed = (shell: Shell): boolean => spawnSync(shell, ["-c", "true"]).status === 0;

/** What is typed, and what the line is after the key Tab. */
const typed = [
  ["provision pla", "provision plan"],
  ["provision check --pru", "provision check --prune"],
  ["provision --acc", "provision --accept-new-host-keys"],
  ["provision lab sta", "provision lab status"],
  ["provision secrets enc", "provision secrets encrypt"],
  ["provision completion z", "provision completion zsh"],
  ["provision plan -i sta", "provision plan -i stack.yml"],
  ["provision --inventory=sta", "provision --inventory=stack.yml"],
  ["provision check -o na", "provision check -o nagios"],
  ["provision check --output=na", "provision check --output=nagios"],
  ["provision plan --roles keep", "provision plan --roles keepalived"],
  ["provision plan -i stack.yml -l ed", "provision plan -i stack.yml -l edge1"],
  ["provision -i stack.yml -l bal", "provision -i stack.yml -l balancers"],
  ["provision -i stack.yml -l web:sq", "provision -i stack.yml -l web:sql1"],
  ["provision -i stack.yml -l 'web:!nginx2:&ed", "provision -i stack.yml -l 'web:!nginx2:&edge1"],
  ["provision -i stack.yml --limit=edge1,da", "provision -i stack.yml --limit=edge1,database"],
  [
    "provision inventory --inventory stack.yml --host sq",
    "provision inventory --inventory stack.yml --host sql1",
  ],
  ["provision switchover -i stack.yml data", "provision switchover -i stack.yml database"],
  ["provision failover -i stack.yml database --to sq", "provision failover -i stack.yml database --to sql1"],
] as const;

describe.each(shells)("in %s", (shell) => {
  it("completes what is typed", async (test) => {
    if (!installed(shell)) test.skip(`${shell} is not installed`);
    const terminal = new TypedShell(starts[shell], { cwd: folder, env: { ...env, ZDOTDIR: folder } });
    try {
      for (const [before, line] of typed) {
        await terminal.type(before);
        terminal.press("Tab");
        expect(await terminal.lineThatIs(`> ${line}`), terminal.screen().join("\n")).toBe(`> ${line}`);
      }
    } finally {
      terminal.close();
    }
  });

  it("reads its script without a word", (test) => {
    if (!installed(shell)) test.skip(`${shell} is not installed`);
    const { status, stderr } = spawnSync(shell, ["-n", join(folder, `completion.${shell}`)], { env });
    expect([status, String(stderr)]).toEqual([0, ""]);
  });
});

describe("what is offered", () => {
  const paths = commandsBelow([]);

  it("is asked of every command", () => {
    expect(paths.map((path) => path.join(" "))).toEqual(
      expect.arrayContaining(["", "apply", "lab up", "secrets rekey", "completion"]),
    );
  });

  it("is every option that `--help` names, in bash", () => {
    for (const path of paths) {
      const { options } = helpOf(path.length === 0 ? ["apply"] : path);
      const more = path.length === 0 ? ["-V", "--version"] : [];
      expect(inBash(["provision", ...path, "-"].join(" ")), path.join(" ")).toEqual(
        [...options, ...more].sort(),
      );
    }
  });

  it("is every command that `--help` names, in bash", () => {
    for (const path of [[], ["lab"], ["secrets"]])
      expect(inBash(`${["provision", ...path].join(" ")} `), path.join(" ")).toEqual(helpOf(path).commands);
  });

  it("is the same in fish, with what each is for", (test) => {
    if (!installed("fish")) test.skip("fish is not installed");
    for (const path of paths.filter(({ length }) => length > 0)) {
      const offered = inFish([...["provision"], ...path, "--"].join(" "));
      const { options, text } = helpOf(path);
      expect(offered.map(([name]) => name).sort(), path.join(" ")).toEqual(
        options.filter((flag) => flag.startsWith("--")),
      );
      for (const [name, summary] of offered) expect(text.replaceAll(/\s+/g, " "), name).toContain(summary);
    }
  });

  it("is no host where no inventory is named, and nothing where the inventory is wrong", () => {
    writeFileSync(join(folder, "wrong.yml"), "all: {hosts: [");
    expect(inBash("provision plan -l ")).toEqual([]);
    expect(inBash("provision plan -i wrong.yml -l ")).toEqual([]);
    expect(inBash("provision plan -i stack.yml -l ")).toContain("edge1");
  });
});

it("the script for bash passes shellcheck", () => {
  const { stdout } = spawnSync("shellcheck", ["-s", "bash", join(folder, "completion.bash")]);
  expect(String(stdout)).toBe("");
});

/** A command and all below it, as `--help` tells. */
function commandsBelow(path: readonly string[]): readonly (readonly string[])[] {
  const below = helpOf(path).commands.filter((name) => name !== "help");
  return [path, ...below.flatMap((name) => commandsBelow([...path, name]))];
}

interface Help {
  readonly text: string;
  readonly options: readonly string[];
  readonly commands: readonly string[];
}

function helpOf(path: readonly string[]): Help {
  const text = provision(...path, "--help");
  const rows = (title: string): readonly string[] =>
    new RegExp(`^${title}:\n((?: .*\n)*)`, "m").exec(text)?.[1]?.match(/^ {2}\S.*/gm) ?? [];
  return {
    text,
    options: rows("Options")
      .flatMap(
        (row) =>
          row
            .slice(2)
            .split("  ")[0]
            ?.match(/(?<=^|, )--?[\w-]+/g) ?? [],
      )
      .sort(),
    commands: rows("Commands")
      .flatMap((row) => /^ {2}(\w+)/.exec(row)?.[1] ?? [])
      .sort(),
  };
}

function inBash(line: string): readonly string[] {
  const ask = `source completion.bash; COMP_LINE=$1 COMP_POINT=\${#1} _provision; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const told = execFileSync("bash", ["-c", ask, "bash", line], { cwd: folder, env, encoding: "utf8" });
  return told.split("\n").filter(Boolean).sort();
}

function inFish(line: string): readonly (readonly [name: string, summary: string])[] {
  const told = execFileSync("fish", ["--private", "-c", "complete -C $argv[1]", line], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  return told
    .split("\n")
    .filter(Boolean)
    .map((row) => [row.split("\t")[0] ?? "", row.split("\t")[1] ?? ""]);
}
