import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const program = resolve(import.meta.dirname, "../../bin/provision.cjs");
const folder = mkdtempSync(join(tmpdir(), "provision-usage-"));
let server: Server;
let port = 0;
let connections = 0;

/** A host that anybody could see being contacted. It hangs up at once: nothing can be done to it. */
beforeAll(async () => {
  server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
  writeFileSync(join(folder, "good.yml"), inventory("{}"));
  writeFileSync(join(folder, "bad.yml"), inventory("{heldBak: []}"));
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const inventory = (apt: string): string => `all:
  hosts:
    one:
      ansible_host: 127.0.0.1
      ansible_port: ${port}
      roles: [common]
      common: { apt: ${apt} }
`;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function provision(...args: readonly string[]): Promise<Ended> {
  return new Promise((ended) => {
    execFile(process.execPath, [program, ...args], { cwd: folder }, (error, stdout, stderr) =>
      ended({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}

describe("bad input", () => {
  it.each([
    [[], "no inventory was given"],
    [["aply"], "did you mean `apply`?"],
    [["good.yml"], "write: provision -i good.yml"],
    [["plan", "--bogus"], "unknown option '--bogus'"],
    [["plan", "-i", "good.yml", "--forks", "none"], "a whole number above 0"],
    [["plan", "-i", "good.yml", "--roles", "nginx"], "no host of the inventory plays the role `nginx`"],
    [["plan", "-i", "good.yml", "--roles", ""], "Give names, separated by commas."],
    [["plan", "-i", "good.yml", "-l", "onne"], "did you mean `one`?"],
    [["plan", "-i", "missing.yml"], "missing.yml"],
    [["plan", "-i", "good.yml", "--out", "/nowhere/plan.json"], "--out /nowhere/plan.json"],
    [
      ["-i", "good.yml", "--report", "/nowhere/run.html"],
      "--report /nowhere/run.html: cannot be written: ENOENT",
    ],
    [["check", "-i", "good.yml", "--report", "run.txt"], "write --report run.html"],
    [["apply", "--plan", "good.yml"], "this is not a plan saved by"],
    [["plan", "-i", "bad.yml"], "did you mean `heldBack`?"],
  ])("%j: exit 3, says what is wrong, contacts nobody", async (args, words) => {
    const before = connections;
    const { code, stdout, stderr } = await provision(...args);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain(words);
    expect(connections).toBe(before);
  });

  it("points at file, line and column, and shows the line", async () => {
    const { stderr } = await provision("plan", "-i", "bad.yml");
    expect(stderr).toMatch(/^bad\.yml:7:23: error: /m);
    expect(stderr).toContain("common: { apt: {heldBak: []} }");
    expect(stderr).toMatch(/\^{7}/);
  });

  it("is also reported to programs", async () => {
    const json = await provision("check", "-i", "bad.yml", "-o", "json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      type: "bad-input",
      problems: [{ file: "bad.yml", line: 7 }],
    });
    const nagios = await provision("check", "-i", "bad.yml", "-o", "nagios");
    expect(nagios).toMatchObject({ code: 3, stdout: expect.stringMatching(/^UNKNOWN - bad\.yml: /) });
  });
});

describe("a host that hangs up", () => {
  it("is unreachable: exit 4, and the command that goes on holds no secret", async () => {
    const { code, stdout } = await provision(
      "check",
      "-i",
      "good.yml",
      "-e",
      "ansible_become_password=canary-7",
      "-o",
      "json",
    );
    expect(code).toBe(4);
    expect(stdout).not.toContain("canary-7");
    const last: unknown = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(last).toMatchObject({
      type: "run-finished",
      resume: ["check", "-i", "good.yml", "-e", "...", "-o", "json", "-l", "one"],
    });
    expect(connections).toBeGreaterThan(0);
  });

  it.each(["apply", "plan", "check"])(
    "stands in the page that %s leaves, with what to do",
    async (command) => {
      const secret = ["-e", "ansible_become_password=canary-7"];
      const { code } = await provision(command, "-i", "good.yml", "--report", "run.html", ...secret);
      expect(code).toBe(4);
      const page = readFileSync(join(folder, "run.html"), "utf8");
      expect(page).toContain(`<title>${command}: 1 unreachable</title>`);
      expect(page).toContain("To finish: <code>provision ");
      expect(page).not.toContain("canary-7");
      expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
      rmSync(join(folder, "run.html"));
    },
  );

  /** Ends a command by SIGTERM once it has reached a host that says nothing; gives back its exit code. */
  async function endedAt(args: readonly string[]): Promise<unknown> {
    const silent = createServer(() => {});
    const reached = new Promise<void>((connected) => silent.once("connection", () => connected()));
    await new Promise<void>((listening) => silent.listen(0, "127.0.0.1", listening));
    const address = silent.address();
    const there = typeof address === "object" && address !== null ? address.port : 0;
    writeFileSync(join(folder, "silent.yml"), inventory("{}").replace(`${port}`, `${there}`));
    const ended = await new Promise<unknown>((done) => {
      const child = execFile(process.execPath, [program, ...args], { cwd: folder }, (error) =>
        done(error?.code),
      );
      void reached.then(() => child.kill("SIGTERM"));
    });
    silent.close();
    return ended;
  }

  it("that is silent is given up at SIGTERM, and the page is written", async () => {
    expect(await endedAt(["-i", "silent.yml", "--report", "silent.html"])).toBe(1);
    const page = readFileSync(join(folder, "silent.html"), "utf8");
    expect(page).toContain("<title>apply: 1 not begun</title>");
    expect(page).toContain("stopped by the user (interrupted)");
    expect(page).toContain("To finish: <code>provision -i silent.yml -l one</code>");
  });

  it("that is silent: a plan that is interrupted does not take the place of a whole one", async () => {
    writeFileSync(join(folder, "saved.json"), "whole");
    expect(await endedAt(["plan", "-i", "silent.yml", "--out", "saved.json"])).toBe(1);
    expect(readFileSync(join(folder, "saved.json"), "utf8")).toBe("whole");
  });

  it("is reported, and nothing else, also when there are many", async () => {
    const hosts = Array.from(
      { length: 40 },
      (_, n) => `    many${n}: { ansible_host: 127.0.0.1, ansible_port: ${port}, roles: [common] }`,
    );
    writeFileSync(join(folder, "many.yml"), `all:\n  hosts:\n${hosts.join("\n")}\n`);
    const { code, stdout, stderr } = await provision("check", "-i", "many.yml");
    expect({ code, stderr }).toEqual({ code: 4, stderr: "" });
    expect(stdout).toContain("40 hosts unreachable");
  });

  it("keeps its exit code when the reader of the output has gone", async () => {
    const line = `'${process.execPath}' '${program}' check -i good.yml; echo "code $?" >&2`;
    const ended = await new Promise<string>((done) => {
      execFile("/bin/sh", ["-c", `{ ${line}; } | true`], { cwd: folder }, (_error, _stdout, stderr) =>
        done(stderr),
      );
    });
    expect(ended).toContain("code 4");
  });
});

describe("help and version", () => {
  it("are shown on standard output, exit 0", async () => {
    expect(await provision("--version")).toEqual({ code: 0, stdout: "0.1.0\n", stderr: "" });
    const help = await provision("--help");
    expect(help.code).toBe(0);
    for (const word of ["apply", "plan", "check", "inventory", "lab", "--inventory", "Exit codes"])
      expect(help.stdout).toContain(word);
  });
});

describe("output that cannot be written", () => {
  const shell = (line: string): Promise<Ended> =>
    new Promise((ended) => {
      const command = line.replace("PROVISION", `'${process.execPath}' '${program}'`);
      execFile("/bin/sh", ["-c", command], { cwd: folder }, (error, stdout, stderr) =>
        ended({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
      );
    });

  it.each([
    ["inventory -i good.yml --list", 1],
    ["explain -i good.yml", 1],
    ["diagram -i good.yml", 1],
    ["completion bash", 1],
    ["schema", 1],
    ["init new-here", 1],
    ["check -i bad.yml -o json", 3],
    ["check -i bad.yml -o nagios", 3],
  ])("%s: is reported, and the exit code is not one of success", async (words, expected) => {
    const { code, stderr } = await shell(`PROVISION ${words} >/dev/full`);
    expect(code).toBe(expected);
    expect(stderr).toContain("provision: the output could not be written: ENOSPC");
    rmSync(join(folder, "new-here"), { recursive: true, force: true });
  });

  it.each(["/dev/full", "|true"])("problems that cannot be written (%s) do not stop a run", async (to) => {
    const line = to === "/dev/full" ? "PROVISION plan -i bad.yml 2>/dev/full" : "";
    const piped = `{ PROVISION plan -i bad.yml; echo "code $?" >code; } 2>&1 | true; sleep 1; cat code`;
    const ended = await shell(line === "" ? piped : line);
    expect(line === "" ? ended.stdout.trim() : `code ${ended.code}`).toBe("code 3");
  });
});
