import { execFileSync } from "node:child_process";
import { cpus, hostname } from "node:os";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { factsScript, parseFacts } from "../../../src/run/connect/facts.ts";

const nonce = "feedfeedfeedfeed";
const ask = (shell: string): string =>
  execFileSync(shell, ["-c", factsScript(nonce, { greeting: "echo hello", silent: "exit 3" }).text], {
    encoding: "utf8",
  });

describe("facts", () => {
  it.each(["dash", "bash"])("of this machine, asked by %s, are what other programs say", (shell) => {
    const first = parseFacts(nonce, ask(shell));
    const said = (program: string, ...args: string[]) =>
      execFileSync(program, args, { encoding: "utf8" }).trim();
    expect(first?.root).toBe(said("id", "-u") === "0");
    expect(first?.facts).toMatchObject({
      hostname: hostname(),
      arch: said("uname", "-m"),
      kernel: said("uname", "-r"),
      cpus: Number(said("nproc")),
      os: {
        id: said("sh", "-c", ". /etc/os-release; echo $ID"),
        version: said("sh", "-c", ". /etc/os-release; echo $VERSION_ID"),
      },
    });
    expect(first?.facts.cpus).toBeLessThanOrEqual(cpus().length);
    expect(first?.facts.memoryMb).toBeGreaterThan(100);
    expect(first?.facts.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect([...(first?.facts.role ?? [])]).toEqual([
      ["greeting", "hello"],
      ["silent", ""],
    ]);
  });

  it("are none when the answer is garbage, and never a throw", () => {
    fc.assert(fc.property(fc.string(), (garbage) => parseFacts(nonce, garbage) === undefined));
  });

  it("take a manifest that cannot be read for none", () => {
    const whole = ask("sh");
    const broken = whole.replace(
      `\n${nonce} > manifest\n`,
      `\n${nonce} > manifest\n{"version":1,"resources":[{"id":7}]}`,
    );
    expect(parseFacts(nonce, broken)?.manifest).toEqual({ version: 1, resources: [] });
  });

  it("take a manifest that nobody could read in time for none", () => {
    const endless = `{"version":1,"resources":[${"[],".repeat(4_000_000)}0]}`;
    const whole = ask("sh").replace(`\n${nonce} > manifest\n`, `\n${nonce} > manifest\n${endless}`);
    const before = performance.now();
    expect(parseFacts(nonce, whole)?.manifest).toEqual({ version: 1, resources: [] });
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
