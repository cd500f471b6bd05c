import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Script } from "../../src/model/script.ts";
import { lines, raw, sh } from "../../src/script/script.ts";
import type { Answer, RequestOptions, Session, Target, Transport } from "../../src/transport/transport.ts";
import { eventually, isAlive, signal } from "./sshd.ts";

/** A transport to this machine, so that tests can see which processes and files remain on the host. */
export interface TestHost {
  readonly transport: Transport;
  readonly target: Target;
  /** Breaks the network connection, if there is one. */
  drop?(): void;
  dispose(): Promise<void> | void;
}

const LIMIT: RequestOptions = { deadline: 20_000, waitingFor: "the test" };

/** Connects, or fails the test with the failure. */
export async function open(host: Pick<TestHost, "transport" | "target">): Promise<Session> {
  const session = await host.transport.connect(host.target, { deadline: 15_000 });
  if (!session.ok) throw new Error(JSON.stringify(session.error));
  return session.value;
}

/** Runs a script, or fails the test with the failure. */
export async function ask(
  session: Session,
  script: Script | string,
  options: Partial<RequestOptions> = {},
): Promise<Answer> {
  const request = typeof script === "string" ? raw(script) : script;
  const answer = await session.request(request, { ...LIMIT, ...options });
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return answer.value;
}

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

const sha = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The processes with a word in their command line. */
export function processesWith(word: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^[0-9]+$/.test(name))
    .filter((pid) => commandOf(pid).includes(word) && isAlive(Number(pid)))
    .map(Number);
}

/** The process that copies the connection to the executor: the `cat` whose parent has the token in its command line. */
function pumpOf(token: string): number {
  const parents = processesWith(token).map(String);
  const children = readdirSync("/proc").filter(
    (pid) => /^[0-9]+$/.test(pid) && parents.includes(parentOf(pid)),
  );
  const pump = children.find((pid) => commandOf(pid) === "cat\0");
  if (pump === undefined) throw new Error("no process copies the connection");
  return Number(pump);
}

/** "" after the process has ended. */
function parentOf(pid: string): string {
  try {
    return /\) . ([0-9]+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** The tests that every transport must pass. */
export function contract(name: string, make: () => Promise<TestHost>): void {
  describe(`contract: ${name}`, () => {
    let host: TestHost;
    let session: Session;
    let folder: string;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "provision-contract-"));
      // The session may run as another account.
      chmodSync(folder, 0o777);
      host = await make();
      session = await open(host);
    });
    afterAll(async () => {
      await session?.close();
      await host?.dispose();
      rmSync(folder, { recursive: true, force: true });
    });

    answers(() => session);
    inputs(() => session);
    failures(() => host);
    endings(
      () => host,
      () => folder,
    );
    looks(() => host);
  });
}

function answers(session: () => Session): void {
  it("returns stdout, stderr and the code", async () => {
    const answer = await ask(session(), "echo out; echo err >&2; exit 3");
    expect([textOf(answer.stdout), textOf(answer.stderr), answer.code, answer.signal]).toEqual([
      "out\n",
      "err\n",
      3,
      undefined,
    ]);
  });

  it.each([
    ["true", 0, ""],
    ["exit 255", 255, ""],
    ["false", 1, ""],
    ["exec sh -c 'exit 7'", 7, ""],
    ["printf 'no newline'", 0, "no newline"],
    ["printf '\\n\\n'", 0, "\n\n"],
    ["cat <<'EOF'\na\n\nEOF\n\n", 0, "a\n\n"],
    ["cat; echo read nothing", 0, "read nothing\n"],
    ["echo é; exit 0; echo never", 0, "é\n"],
    ["", 0, ""],
  ])("runs %j", async (script, code, stdout) => {
    const answer = await ask(session(), script);
    expect([answer.code, textOf(answer.stdout), answer.signal]).toEqual([code, stdout, undefined]);
  });

  it("reports a syntax error and goes on", async () => {
    const answer = await ask(session(), "if true; then (");
    expect(answer.code).toBeGreaterThan(0);
    expect(textOf(answer.stderr)).toMatch(/syntax error/i);
    expect(textOf((await ask(session(), "echo on")).stdout)).toBe("on\n");
  });

  it("reports a signal that ended a script", async () => {
    expect(await ask(session(), "sh -c 'kill -TERM $$'")).toMatchObject({ code: 143, signal: 15 });
    expect(await ask(session(), "sh -c 'kill -KILL $PPID'; sleep 100")).toMatchObject({
      code: 137,
      signal: 9,
    });
  });

  it("keeps requests apart", async () => {
    await ask(
      session(),
      "set -eu; cd /tmp; umask 077; leak=1; exit() { :; }; trap 'echo late' EXIT; export leak",
    );
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is shell
    const script = 'pwd; umask; echo "[$-]" "[${leak-}]" $# "$LC_ALL"; echo "$nothing"; command -v chroot';
    const { stdout } = await ask(session(), script);
    const [pwd, umask, flags] = textOf(stdout).split("\n");
    expect([pwd, umask]).toEqual(["/", "0022"]);
    expect(flags).toMatch(/^\[[^eu]*\] \[\] 0 C$/);
    expect(textOf(stdout)).toMatch(/\n\n\/.*chroot\n$/);
  });

  it("returns output that contains parts of the protocol", async () => {
    const { stdout } = await ask(session(), "cat /proc/[0-9]*/cmdline /proc/$$/environ; set; echo done");
    expect(textOf(stdout)).toMatch(/done\n$/);
  });

  it("joins characters that arrive in two packets", async () => {
    const chunks: string[] = [];
    const { stdout } = await ask(session(), "printf 'caf\\303'; sleep 0.1; printf '\\251\\n'", {
      onOutput: (chunk) => chunks.push(Buffer.from(chunk).toString("hex")),
    });
    expect(textOf(stdout)).toBe("café\n");
    expect(chunks.join("")).toBe(Buffer.from("café\n").toString("hex"));
  });

  it("returns 3 MB on both streams", async () => {
    const answer = await ask(session(), "head -c 3000000 /dev/zero >&2 & head -c 3000000 /dev/zero; wait");
    expect([answer.stdout.length, answer.stderr.length]).toEqual([3_000_000, 3_000_000]);
  });

  it("answers requests in their order when they are sent without waiting", async () => {
    const before = session().stats.requests;
    const numbers = Array.from({ length: 30 }, (_, index) => index);
    const all = await Promise.all(numbers.map((n) => ask(session(), `echo ${n}; echo e${n} >&2`)));
    expect(all.map((answer) => textOf(answer.stdout) + textOf(answer.stderr))).toEqual(
      numbers.map((n) => `${n}\ne${n}\n`),
    );
    expect(session().stats.requests - before).toBe(30);
  });
}

function inputs(session: () => Session): void {
  const everyByte = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256));

  it("passes any bytes as input, in several blocks", async () => {
    const blocks = [everyByte, Buffer.from("\n\n"), Buffer.from([0]), randomBytes(100_000)];
    const text = blocks.map((block) => `head -c ${block.length} | sha256sum`).join("\n");
    const { stdout } = await ask(session(), { text, input: blocks });
    expect(textOf(stdout)).toBe(blocks.map((block) => `${sha(block)}  -\n`).join(""));
  });

  it("sends and receives 10 MB, and counts them", async () => {
    const data = randomBytes(10_000_000);
    const { sent, received } = session().stats;
    const { stdout, code } = await ask(session(), { text: "cat", input: [data] });
    expect([code, sha(stdout)]).toEqual([0, sha(data)]);
    expect(session().stats.sent - sent).toBeGreaterThan(data.length);
    expect(session().stats.received - received).toBeGreaterThan(data.length);
  });

  it.each(["exit 5", "head -c 3 >/dev/null; exit 5", "sleep 0.1; exit 5", "exec </dev/null; (exit 5)"])(
    "drops input that the script does not read: %j",
    async (text) => {
      const both = Promise.all([
        ask(session(), { text, input: [Buffer.from("run 1 1 0\nX".repeat(30_000))] }),
        ask(session(), "echo next"),
      ]);
      const [first, second] = await both;
      expect([first.code, textOf(first.stdout), textOf(second.stdout)]).toEqual([5, "", "next\n"]);
    },
  );

  it("runs a script that is longer than an argument may be", async () => {
    const text = `${"# comment\n".repeat(30_000)}echo end`;
    expect(textOf((await ask(session(), text)).stdout)).toBe("end\n");
  });
}

function failures(host: () => TestHost): void {
  it("fails a request after its deadline, names host and command, and ends its processes", async () => {
    const session = await open(host());
    const { stdout } = await ask(session, "sleep 1000 & echo $!");
    const late = session.request(raw("echo so far; sleep 1000"), { deadline: 400, waitingFor: "a long nap" });
    const queued = session.request(raw("echo never"), LIMIT);
    const answer = await late;
    expect(answer).toMatchObject({ ok: false, error: { code: "deadline", detail: "so far" } });
    expect(answer.ok ? "" : answer.error.message).toContain(host().target.name);
    expect(answer.ok ? "" : answer.error.message).toContain("a long nap");
    expect(await queued).toMatchObject({ ok: false, error: { code: "connection-lost" } });
    expect(await session.request(raw("echo"), LIMIT)).toMatchObject({
      ok: false,
      error: { code: "deadline" },
    });
    await eventually("the sleep is gone", () => !isAlive(Number(textOf(stdout))));
    await session.close();
  });

  it("ends a frozen shell after the deadline", async () => {
    const session = await open(host());
    const shell = Number(textOf((await ask(session, "echo $$")).stdout));
    signal(shell, "SIGSTOP");
    const answer = await session.request(raw("echo"), { deadline: 300, waitingFor: "a stone" });
    expect(answer).toMatchObject({ ok: false, error: { code: "deadline" } });
    await session.close();
    await eventually("the shell is gone", () => !isAlive(shell));
  });

  it("fails when the remote shell is killed", async () => {
    const session = await open(host());
    const shell = Number(textOf((await ask(session, "echo $$")).stdout));
    let child = 0;
    const answer = session.request(raw("sleep 1000 & echo $!; wait"), {
      ...LIMIT,
      onOutput: (chunk, stream) => {
        if (stream === "stderr") return;
        child = Number(textOf(chunk));
        signal(shell, "SIGKILL");
      },
    });
    expect(await answer).toMatchObject({ ok: false, error: { code: "connection-lost" } });
    expect(await session.request(raw("echo"), LIMIT)).toMatchObject({
      ok: false,
      error: { code: "connection-lost" },
    });
    await session.close();
    await eventually("what it ran is gone", () => !isAlive(child));
  });

  it("fails when the connection breaks in the middle of an answer, and leaves no process", async () => {
    const { drop } = host();
    const session = await open(host());
    const { stdout } = await ask(session, "tr '\\0' '\\n' </proc/$$/cmdline | tail -n 1");
    const token = textOf(stdout).trim();
    expect(processesWith(token).length).toBeGreaterThan(2);
    let child = 0;
    const answer = session.request(raw("sleep 1000 & echo $!; wait"), {
      ...LIMIT,
      onOutput: (chunk, stream) => {
        if (stream === "stderr") return;
        child = Number(textOf(chunk));
        // Without a network connection, the process that copies the input can break.
        if (drop === undefined) signal(pumpOf(token), "SIGKILL");
        else drop();
      },
    });
    const queued = session.request(raw("echo never"), LIMIT);
    expect(await answer).toMatchObject({ ok: false, error: { code: "connection-lost" } });
    expect(await queued).toMatchObject({ ok: false, error: { code: "connection-lost" } });
    await session.close();
    await eventually("nothing is left", () => processesWith(token).length === 0 && !isAlive(child));
  });
}

function endings(host: () => TestHost, folder: () => string): void {
  it("streams output", async () => {
    const session = await open(host());
    const gate = join(folder(), "gate");
    rmSync(gate, { force: true });
    const received: string[] = [];
    const script = sh`echo one; until test -e ${gate}; do sleep 0.02; done; echo two`;
    await ask(session, script, {
      onOutput: (chunk, stream) => {
        received.push(`${stream} ${textOf(chunk)}`);
        writeFileSync(gate, "");
      },
    });
    expect(received).toEqual(["stdout one\n", "stdout two\n"]);
    await session.close();
  });

  it("ends all processes with the connection, also in the middle of a script", async () => {
    const session = await open(host());
    const token = textOf((await ask(session, "tr '\\0' '\\n' </proc/$$/cmdline | tail -n 1")).stdout).trim();
    const pids: number[] = [];
    const begun = new Promise<void>((resolve) => {
      const onOutput = (chunk: Uint8Array): void => {
        pids.push(...textOf(chunk).trim().split(" ").map(Number));
        resolve();
      };
      void session.request(
        raw('sleep 1001 & a=$!; sh -c "sleep 1002; :" & echo "$a" "$!"; sleep 1003; echo'),
        { ...LIMIT, onOutput },
      );
    });
    await begun;
    expect(pids.map(isAlive)).toEqual([true, true]);
    await session.close();
    await session.close();
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(processesWith(token)).toEqual([]);
    expect(await session.request(raw("echo"), LIMIT)).toMatchObject({
      ok: false,
      error: { code: "interrupted" },
    });
  });

  it("lets a script that ignores signals finish, and holds the lock until then", async () => {
    const [first, second] = await Promise.all([open(host()), open(host())]);
    const lock = join(folder(), "lock");
    const done = join(folder(), "done");
    const probe = async (): Promise<number> => (await ask(second, sh`flock -n ${lock} true`)).code;
    expect((await ask(first, sh`exec 9>${lock}; flock -n 9`, { verb: "keep" })).code).toBe(0);
    expect(await probe()).toBe(1);
    // A daemon started by a request does not inherit the lock.
    const started = join(folder(), "daemon");
    const begin = sh`export started=${started}; setsid sh -c 'echo $$ >"$started"; exec sleep 1004' >/dev/null 2>&1 &`;
    const begunIn = sh`until [ -s ${started} ]; do sleep 0.05; done; cat ${started}`;
    const daemon = Number(textOf((await ask(first, lines([begin, begunIn]))).stdout));
    const begun = new Promise<void>((resolve) => {
      const script = sh`trap '' TERM HUP PIPE; echo; sleep 0.7; echo lost; echo x >${done}`;
      void first.request(script, { ...LIMIT, onOutput: () => resolve() });
    });
    await begun;
    const closing = first.close();
    expect([await probe(), existsSync(done)]).toEqual([1, false]);
    await closing;
    expect([await probe(), existsSync(done), isAlive(daemon)]).toEqual([0, true, true]);
    await ask(second, sh`rm -f ${done} ${lock}; kill ${daemon}`);
    await second.close();
  });

  it("keeps descriptors of a `keep` script open, and goes on after its errors", async () => {
    const session = await open(host());
    await ask(session, "exec 9</etc/passwd", { verb: "keep" });
    expect(textOf((await ask(session, "read -r line <&9; echo $line", { verb: "keep" })).stdout)).toMatch(
      /^root:/,
    );
    expect((await ask(session, "{ : <&9; } 2>/dev/null")).code).toBeGreaterThan(0);
    expect((await ask(session, "if (", { verb: "keep" })).code).toBeGreaterThan(0);
    expect(textOf((await ask(session, "echo on", { verb: "keep" })).stdout)).toBe("on\n");
    await session.close();
  });
}

function looks(host: () => TestHost): void {
  const tokenOf = async (session: Session): Promise<string> => {
    const { stdout } = await ask(session, "tr '\\0' '\\n' </proc/$$/cmdline | grep provision-", {
      verb: "look",
    });
    return textOf(stdout).trim();
  };

  it("starts only a shell for a look, and the guard for a change", async () => {
    const session = await open(host());
    const token = await tokenOf(session);
    const before = processesWith(token).length;
    expect((await ask(session, "exit 7", { verb: "look" })).code).toBe(7);
    expect(textOf((await ask(session, "echo a")).stdout)).toBe("a\n");
    expect(processesWith(token).length).toBeGreaterThan(before + 1);
    expect((await ask(session, "exit 8", { verb: "look" })).code).toBe(8);
    expect(session.stats.requests).toBe(4);
    await session.close();
    await eventually("nothing is left", () => processesWith(token).length === 0);
  });

  it("answers looks and changes in their order when they are sent without waiting", async () => {
    const session = await open(host());
    const verbs = ["keep", "look", "look", undefined, "look", undefined, "keep"] as const;
    const all = await Promise.all(
      verbs.map((verb, n) =>
        ask(session, verb === "keep" ? `kept=\${kept-}${n}; echo $kept` : `sleep 0.0${7 - n}; echo ${n}`, {
          ...(verb === undefined ? {} : { verb }),
        }),
      ),
    );
    // The guard starts another shell, which inherits descriptors but not variables.
    expect(all.map(({ stdout }) => textOf(stdout).trim())).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
    await session.close();
  });

  it("keeps the lock when the guard starts", async () => {
    const session = await open(host());
    await ask(session, "exec 9</etc/passwd", { verb: "keep" });
    await ask(session, "true");
    expect(textOf((await ask(session, "read -r line <&9; echo $line", { verb: "keep" })).stdout)).toMatch(
      /^root:/,
    );
    await session.close();
  });

  it.each(["", "trap '' TERM HUP PIPE; "])(
    "ends the processes of a look with the connection: %j",
    async (trap) => {
      const session = await open(host());
      const token = await tokenOf(session);
      let child = 0;
      const begun = new Promise<void>((resolve) => {
        const onOutput = (chunk: Uint8Array): void => {
          child = Number(textOf(chunk));
          resolve();
        };
        void session.request(raw(`${trap}sleep 1000 & echo $! >&2; wait`), {
          ...LIMIT,
          verb: "look",
          onOutput,
        });
      });
      await begun;
      expect(isAlive(child)).toBe(true);
      await session.close();
      await eventually("nothing is left", () => processesWith(token).length === 0 && !isAlive(child));
    },
  );
}
