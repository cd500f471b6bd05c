import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { raw } from "../../src/script/script.ts";
import { openTransport } from "../../src/transport/connect.ts";
import { OutputBuffer } from "../../src/transport/output-buffer.ts";
import type { RequestOptions } from "../../src/transport/transport.ts";
import { ask, open, textOf } from "./contract.ts";
import { type Account, eventually, makeAccount, type Sshd, startSshd } from "./sshd.ts";

let sshd: Sshd;
const accounts: Account[] = [];
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(async () => {
  await sshd?.stop();
  for (const account of accounts) account.remove();
});

/** An account with this program as its login shell. `$token`: the first word of the hello. */
function accountWith(program: string): Account {
  const shell = join(sshd.folder, `shell${accounts.length}`);
  const token = "token=$(printf %s \"$2\" | grep -o 'provision-[0-9a-f]*' | head -n 1)";
  writeFileSync(shell, `#!/bin/sh\n${token}\n${program}\n`, { mode: 0o755 });
  const account = makeAccount(shell);
  accounts.push(account);
  return account;
}

const hello = 'echo "$token hello"; echo "$token hello" >&2; read -r mark; ';
const kinds = ["ssh", "openssh"] as const;

/** The largest growth of this process's memory during `work`, in MB. */
async function memoryDuring(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 10);
  await work();
  clearInterval(timer);
  return (Math.max(most, process.memoryUsage().rss) - before) / 1e6;
}

/** The failure of a request to a host with this program as its login shell. */
async function failureOf(kind: "ssh" | "openssh", program: string, more: Partial<RequestOptions> = {}) {
  const transport = openTransport({
    kind,
    acceptNewHostKeys: false,
    knownHostsFiles: [sshd.knownHosts],
    configFile: "/dev/null",
    agentSocket: "",
  });
  const { port, keyFile } = sshd;
  const user = accountWith(program).name;
  const target = { name: "web1", host: "127.0.0.1", port, user, keyFile, sudo: false };
  const session = await open({ transport, target });
  const options = { deadline: 60_000, waitingFor: "facts", verb: "look" as const };
  const answer = await session.request(raw("true"), { ...options, ...more });
  await session.close();
  await eventually("the connection is closed", () => sshd.sessions().length === 0);
  return answer.ok ? undefined : answer.error;
}

describe.each(kinds)("a host that sends too much output, over %s", (kind) => {
  it.each([
    ["before its hello", "exec yes welcome"],
    ["before its hello, without a line end", "exec cat /dev/zero"],
    ["before its hello, on stderr", "exec yes warning >&2"],
    ["with lines that are almost a hello", 'exec yes "$token hell"'],
  ])("%s", async (_what, program) => {
    const memory = await memoryDuring(async () => {
      expect(await failureOf(kind, program)).toMatchObject({
        code: "protocol",
        message: "web1: the host sent more than 1 MiB before its shell answered",
      });
    });
    expect(memory).toBeLessThan(100);
  });

  it.each([
    ["in its answer", "exec yes"],
    ["in its answer, without a line end", "exec cat /dev/zero"],
    ["in its answer, on stderr", "exec cat /dev/zero >&2"],
    ["in its answer, on both", "cat /dev/zero & exec yes >&2"],
  ])("%s", async (_what, program) => {
    const memory = await memoryDuring(async () => {
      expect(await failureOf(kind, hello + program)).toMatchObject({
        code: "protocol",
        message: "web1: the host sent more than 64 MiB while waiting for facts",
      });
    });
    expect(memory).toBeLessThan(250);
  });
});

it("an exception while output is read is this host's failure", async () => {
  const onOutput = (): void => {
    throw new TypeError("of null");
  };
  expect(await failureOf("ssh", `${hello}echo x; sleep 5`, { onOutput })).toMatchObject({
    code: "bug",
    message: "web1: a bug in provision: TypeError: of null",
    detail: expect.stringContaining("output-limits.test.ts"),
  });
});

it("output outside of answers is limited", async () => {
  const transport = openTransport({
    kind: "ssh",
    acceptNewHostKeys: false,
    knownHostsFiles: [sshd.knownHosts],
    configFile: "/dev/null",
    agentSocket: "",
  });
  const { port, keyFile } = sshd;
  const session = await open({
    transport,
    target: { name: "web1", host: "127.0.0.1", port, user: "root", keyFile, sudo: false },
  });
  expect(textOf((await ask(session, "yes & echo")).stdout)).not.toBe("");
  await eventually("the connection is closed", () => sshd.sessions().length === 0, 20_000);
  const after = await session.request(raw("true"), { deadline: 5_000, waitingFor: "nothing" });
  expect(after).toMatchObject({ ok: false, error: { code: "protocol" } });
  await session.close();
});

it("small chunks use little more memory than their size", () => {
  const buffer = new OutputBuffer();
  const before = process.memoryUsage();
  for (let n = 0; n < 4_000_000; n++) buffer.add(Buffer.from([n % 256]));
  const after = process.memoryUsage();
  expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(60e6);
  expect(buffer.length).toBe(4_000_000);
  expect(buffer.tail(10).at(-1)).toBe(3_999_999 % 256);
  expect(buffer.bytes().every((byte, n) => byte === n % 256)).toBe(true);
});
