import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createReport } from "../../../src/report/create.ts";
import { canary } from "../build.ts";
import { expectGolden, expectOnly } from "../golden.ts";
import { scripts } from "../scripts.ts";
import { Terminal } from "./terminal.ts";

// Beside `node_modules`, so that dependencies are found.
const folder = join(import.meta.dirname, "../../../node_modules/.cache/pretty-test");
const driver = join(folder, "driver.mjs");

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: [join(import.meta.dirname, "pretty-driver.ts")],
    outfile: driver,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Shown {
  readonly terminal: Terminal;
  /** The screen after each piece of output. */
  readonly moments: readonly string[];
  readonly raw: string;
  readonly exit: number | null;
}

/** Runs the driver on a terminal that `script` (bsdutils) creates. */
async function show(columns: number, args: readonly string[], rows = 24): Promise<Shown> {
  const command = `stty cols ${columns} rows ${rows}; exec "${process.execPath}" "${driver}" ${args.join(" ")}`;
  const env = { PATH: process.env.PATH ?? "", TERM: "xterm-256color" };
  const child = spawn("script", ["-qec", command, "/dev/null"], { env, stdio: ["pipe", "pipe", "inherit"] });
  const terminal = new Terminal(columns, rows);
  const moments: string[] = [];
  let raw = "";
  const decoder = new TextDecoder();
  child.stdout.on("data", (chunk: Buffer) => {
    const text = decoder.decode(chunk, { stream: true });
    raw += text;
    terminal.write(text);
    moments.push(terminal.text);
  });
  const [exit] = await once(child, "close");
  return { terminal, moments, raw, exit };
}

describe("pretty on a terminal", () => {
  const names = ["converged", "unchanged", "failures", "interrupted", "plan-diff", "check-causes", "many"];
  const cases = [40, 80, 120].flatMap((columns) =>
    scripts
      .filter((script) => names.includes(script.name))
      .map((script) => ({ script, columns, golden: `${script.name}.${columns}.${script.exit}.txt` })),
  );
  it.each(cases)("$golden", async ({ script, columns, golden }) => {
    const { terminal, raw, exit } = await show(columns, [script.name]);
    expect(exit).toBe(script.exit);
    expect(terminal.cursorShown).toBe(true);
    expect(raw).not.toContain(canary);
    expectGolden("pretty", golden, `${terminal.text}\n`);
  });

  it("has no unused golden file", () => {
    expectOnly(
      "pretty",
      cases.map(({ golden }) => golden),
    );
  });

  it("names slow hosts, with their activity, its time, and the last line of output", async () => {
    const { moments } = await show(80, ["converged", "4000"]);
    expect(
      moments.some((text) => /^ {2}› web1: create package:nginx-light [0-9]+s \| [A-Z]/m.test(text)),
    ).toBe(true);
    // No row is shown twice.
    for (const text of moments) expect(text.match(/^. packages/gm)?.length ?? 0).toBeLessThanOrEqual(1);
  });

  it("names waiting hosts, failures and later stages, and redraws at most ten times a second", async () => {
    const paceMs = 3000;
    const { terminal, moments } = await show(80, ["failures", String(paceMs)]);
    expect(
      moments.some((text) => /^ {2}› ✖ web1: nginx refused .*\n {4}web2: waits for http .*…$/m.test(text)),
    ).toBe(true);
    // A stage that has not begun is already shown, without a spinner.
    expect(moments.some((text) => /^◼ haproxy, keepalived/m.test(text))).toBe(true);
    expect(terminal.drawings).toBeGreaterThan(10);
    // Two lists of rows, each with a first and a last drawing out of time.
    expect(terminal.drawings).toBeLessThanOrEqual(paceMs / 100 + 4);
  });

  it("stays correct if the terminal has fewer lines than rows", async () => {
    const { terminal } = await show(80, ["failures", "1000"], 6);
    expect(terminal.text).toContain("To finish: provision apply");
    expect(terminal.text.match(/^✖ nginx/gm)).toHaveLength(1);
  });

  it("shows 1,000 hosts in lines no wider than the terminal", async () => {
    const { terminal, moments, exit } = await show(40, ["large-1000x2", "1500"]);
    expect(exit).toBe(0);
    expect(moments.some((text) => text.includes("more hosts at work"))).toBe(true);
    expect(moments.some((text) => /0\/1000 hosts|[0-9]+\/1000 hosts/.test(text))).toBe(true);
    for (const text of moments) expect(text.split("\n").length).toBeLessThan(24);
    expect(terminal.text).toContain("1000 hosts converged; 2000 changes done");
  });

  it("costs less than 3 s of CPU for 200 hosts with 40 changes each, the start of Node included", async () => {
    const measures = join(folder, "measures.json");
    const { exit } = await show(120, ["large-200x40", "5000", measures]);
    expect(exit).toBe(0);
    const { cpuMs } = JSON.parse(readFileSync(measures, "utf8"));
    expect(cpuMs).toBeGreaterThan(0);
    expect(cpuMs).toBeLessThan(3000);
  });

  it("leaves an interrupt to the run, and then ends", async () => {
    const { terminal, exit } = await show(80, ["interrupted", "1500"]);
    expect(exit).toBe(1);
    expect(terminal.cursorShown).toBe(true);
    expect(terminal.text).toContain("To finish: provision apply");
  });

  it("has colours only on request", async () => {
    expect((await show(80, ["failures"])).raw).not.toMatch(/\x1b\[[0-9;]*m/);
    expect((await show(80, ["failures", "0", '""', "color"])).raw).toMatch(/\x1b\[31m✖/);
  });
});

describe("pretty without a terminal", () => {
  it.each([
    { tty: false, columns: 80 },
    { tty: true, columns: 0 },
  ])("is plain: tty $tty, $columns columns", async ({ tty, columns }) => {
    let text = "";
    const write = (more: string): void => {
      text += more;
    };
    const options = { write, columns, tty, color: false, verbosity: 0, diff: false, now: () => 0 } as const;
    const report = await createReport("pretty", options);
    for (const [, event] of scripts[0]?.steps ?? []) report.event(event);
    await report.end();
    expect(text).toContain("stage nginx: 6 changes on 2 hosts");
    expect(text).not.toContain("\x1b");
  });
});
