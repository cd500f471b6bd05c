import { describe, expect, it } from "vitest";
import { ok } from "../../src/base/result.ts";
import { bootWords, newToken } from "../../src/script/frame.ts";
import { raw } from "../../src/script/script.ts";
import { openTransport } from "../../src/transport/connect.ts";
import { explainEarlyEnd } from "../../src/transport/login-failures.ts";
import { spawnWire } from "../../src/transport/process-wire.ts";
import { openSession } from "../../src/transport/session.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { ask, contract, open, processesWith, textOf } from "./contract.ts";

const target = { name: "here", host: "localhost", connection: "local", sudo: true } as const;
const transport = openTransport({ kind: "auto", acceptNewHostKeys: false });

contract("local", () => Promise.resolve({ transport, target, dispose: () => {} }));

/** A local transport with another shell as /bin/sh. */
function withShell(shell: string): Transport {
  return {
    connect({ name }, { deadline }) {
      const token = newToken();
      const words = bootWords(token, { type: "none" }).map((word) => word.replaceAll("/bin/sh", shell));
      const wire = spawnWire([...shell.split(" "), ...words.slice(1)], (end, early) =>
        explainEarlyEnd(name, false, end, early),
      );
      return Promise.resolve(ok(openSession(wire, { host: name, token, helloWithin: deadline })));
    },
  };
}

// On Red Hat, /bin/sh is bash. busybox runs its own applets instead of coreutils.
contract("local, /bin/sh is bash", () =>
  Promise.resolve({ transport: withShell("/bin/bash --posix"), target, dispose: () => {} }),
);
contract("local, /bin/sh is busybox", () =>
  Promise.resolve({ transport: withShell("/bin/busybox sh"), target, dispose: () => {} }),
);

describe("local", () => {
  it("kills a process that ignores TERM for 10 s", async () => {
    const session = await open({ transport, target });
    const token = textOf((await ask(session, "tr '\\0' '\\n' </proc/$$/cmdline | tail -n 1")).stdout).trim();
    const begun = new Promise<void>((resolve) => {
      const script = raw("trap '' TERM HUP PIPE; echo; while :; do sleep 0.1; done");
      void session.request(script, { deadline: 60_000, waitingFor: "for ever", onOutput: () => resolve() });
    });
    await begun;
    const start = Date.now();
    await session.close();
    const took = Date.now() - start;
    expect(processesWith(token)).toEqual([]);
    expect(took).toBeGreaterThan(9_000);
    expect(took).toBeLessThan(14_000);
  });

  it("fails when the shell sends no hello", async () => {
    const wire = spawnWire(["/bin/sh", "-c", "echo motd; echo hm >&2; exec sleep 100"], (end, early) =>
      explainEarlyEnd("x", false, end, early),
    );
    const session = openSession(wire, { host: "web1", token: "t", helloWithin: 200 });
    const answer = await session.request(raw("echo"), { deadline: 9_000, waitingFor: "x" });
    expect(answer).toMatchObject({ ok: false, error: { code: "deadline", detail: "hm\nmotd" } });
    await session.close();
  });

  it("refuses input for a `keep` script, which cannot read it", async () => {
    const session = await open({ transport, target });
    expect(() =>
      session.request(
        { text: "cat", input: [Buffer.from("x")] },
        { deadline: 1, waitingFor: "", verb: "keep" },
      ),
    ).toThrow("no input");
    expect((await ask(session, "true")).code).toBe(0);
    await session.close();
  });
});
