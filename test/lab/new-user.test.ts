import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openBrowser } from "../browser/chromium.ts";
import { root } from "./support/command.ts";
import { blocks, commandsIn, type Shown, unprinted } from "./support/transcript.ts";

/*
 * The way of a new user with the README in hand, from an empty folder: what its section of five minutes says is typed, its
 * two lines are edited, its page is opened in a browser.
 */

const heading = "## Five minutes to a stack of your own";
const readme = readFileSync(join(root, "README.md"), "utf8");
const [beginning = [], making = [], mending = []] = blocks(readme, heading, "console").map(commandsIn);
const [edit = ""] = blocks(readme, heading, "diff");
const [address = ""] = /https:\/\/10\.77\.[\d.]+\//.exec(readme) ?? [];

const home = mkdtempSync(join(tmpdir(), "provision-new-user-"));
const programs = join(home, "npm", "bin");
const env = {
  ...process.env,
  npm_config_prefix: join(home, "npm"),
  PATH: [programs, process.env.PATH].join(delimiter),
};
const begun = performance.now();
let folder = home;

afterAll(async () => {
  if (existsSync(programs)) await shell("provision lab down", folder);
  rmSync(home, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  /** Where the shell has ended up. */
  readonly folder: string;
}

function shell(line: string, cwd: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const script = `${line}\ncode=$?; pwd >&3; exit $code`;
    const child = spawn("/bin/sh", ["-c", script], { cwd, env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    const [, stdout, stderr, third] = child.stdio;
    let out = "";
    let where = "";
    for (const stream of [stdout, stderr]) stream?.on("data", (chunk: Buffer) => (out += chunk.toString()));
    third?.on("data", (chunk: Buffer) => (where += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, folder: where.trim() }));
  });
}

/** Types a command where the one before has left the user, and shows when it had ended. */
async function type({ line, code, output }: Shown): Promise<void> {
  const ended = await shell(line, folder);
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  process.stdout.write(`${seconds.padStart(4)} s  $ ${line}\n`);
  expect(ended.code, `${line}\n${ended.out}`).toBe(code);
  expect(unprinted(output, ended.out), `${line}\n${ended.out}`).toBeUndefined();
  folder = ended.folder;
}

/** Makes the change that the README shows, as a person with an editor would. */
function change(path: string): void {
  const marked = (mark: string): string =>
    edit
      .split("\n")
      .filter((line) => line.startsWith(mark))
      .map((line) => line.slice(1))
      .join("\n");
  const before = readFileSync(path, "utf8");
  expect(before).toContain(marked("-"));
  writeFileSync(path, before.replace(marked("-"), marked("+")));
}

/** What a browser shows at an address, or of a file. */
async function seen(url: string): Promise<string> {
  // The certificate was made by the run: the user says that it is all right.
  const browser = await openBrowser(["--ignore-certificate-errors"]);
  const page = await browser.newPage();
  await page.goto(url);
  const text = await page.$eval("body", (body) => body.textContent ?? "");
  await browser.close();
  return text;
}

it("a new user comes from an empty folder to a stack, breaks it, mends it and has it drawn", {
  timeout: 600_000,
}, async () => {
  expect((await shell("npm link", root)).code).toBe(0);
  for (const one of beginning) await type(one);
  change(join(folder, "inventory.yml"));
  for (const one of making) await type(one);
  expect(await seen(address)).toContain("Notes of a new user");
  for (const one of mending.slice(0, -1)) await type(one);
  const drawn = await seen(`file://${join(folder, "stack.html")}`);
  for (const host of ["lb1", "lb2", "web1", "web2"]) expect(drawn).toContain(host);
  for (const one of mending.slice(-1)) await type(one);
  expect(mending.length).toBeGreaterThanOrEqual(5);
});

it("what is shown and was not printed would be seen", () => {
  expect(unprinted(["a", "…", "up in 2.3 s"], "a\nb\nup in 12 s")).toBeUndefined();
  expect(unprinted(["a", "up in 2.3 s"], "a\nb\nup in 12 s")).toBe("a\nup in 2.3 s");
  expect(unprinted(["2 changes done"], "3 changes done")).toBe("2 changes done");
});
