import { execFile } from "node:child_process";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundling } from "../../scripts/bundling.mjs";
import { type TestLab, testLab } from "./support/lab.ts";

let lab: TestLab;
let program = "";

beforeAll(async () => {
  lab = await testLab([{ name: "crash1", address: "10.79.0.11" }]);
  program = join(lab.folder, "crash-run.mjs");
  await build({
    ...bundling,
    entryPoints: [join(import.meta.dirname, "support/crash-run.ts")],
    outfile: program,
  });
});

afterAll(() => lab?.down());

interface Ended {
  readonly killed: boolean;
  readonly done: number;
  readonly left: number;
  readonly requests: number;
  readonly failure?: unknown;
}

function controller(text: string, kill = "none"): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const target = JSON.stringify(lab.target("crash1"));
    execFile(process.execPath, [program, target, text, kill], (error, stdout, stderr) => {
      if (error?.signal === "SIGKILL") resolve({ killed: true, done: 0, left: 0, requests: 0 });
      else if (error !== null) reject(new Error(`${error.message}\n${stderr}`));
      else resolve({ killed: false, ...JSON.parse(stdout) });
    });
  });
}

const reloads = async (): Promise<number> =>
  (await lab.on("crash1", "cat /var/log/crash")).split("\n").filter((line) => line === "reload").length;
const starts = async (): Promise<number> =>
  (await lab.on("crash1", "cat /var/log/crash")).split("\n").filter((line) => line === "start").length;

describe("a controller killed with SIGKILL", () => {
  it("at any request: the next run reloads exactly once, the one after it finds nothing to do", {
    timeout: 600_000,
  }, async () => {
    const first = await controller("content 0");
    expect(first).toMatchObject({ killed: false, left: 0 });
    expect(first.failure).toBeUndefined();
    let before = await reloads();
    const whole = await controller("content 1");
    expect(whole).toMatchObject({ killed: false, left: 0 });
    expect(await reloads()).toBe(before + 1);
    const tried: string[] = [];
    // Lock, facts, observation, one for each of four changes, observation, manifest.
    expect(whole.requests).toBeGreaterThanOrEqual(8);
    for (let request = 1; request <= whole.requests; request += 1) {
      for (const when of ["sent", "answered"]) {
        const text = `content ${request} ${when}`;
        before = await reloads();
        const dead = await controller(text, `${when} ${request}`);
        expect(dead.killed, `${when} ${request}`).toBe(true);
        const next = await controller(text);
        expect(next, text).toMatchObject({ left: 0 });
        expect(next.failure, text).toBeUndefined();
        expect(await reloads(), text).toBe(before + 1);
        expect((await lab.on("crash1", "cat /run/crash.loaded")).trim(), text).toBe(text);
        expect(await controller(text), text).toMatchObject({ done: 0, left: 0 });
        expect(await reloads(), text).toBe(before + 1);
        tried.push(`${when} ${request}`);
      }
    }
    expect(tried).toHaveLength(whole.requests * 2);
    expect(await starts()).toBe(1);
  });

  it("leaves nothing running on the host, and no lock", async () => {
    await controller("content last", "sent 3");
    const next = await controller("content last");
    expect(next.failure).toBeUndefined();
    // A look that is cut off gets a second to end by itself.
    await expect
      .poll(() => lab.on("crash1", "ps -eo args | grep '[p]rovision' || true"), { timeout: 5_000 })
      .toBe("");
  });
});
