import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Failure } from "../../src/model/failure.ts";
import { bootLine, bootWords, newToken } from "../../src/script/frame.ts";
import { raw } from "../../src/script/script.ts";
import { openTransport } from "../../src/transport/connect.ts";
import { explainEarlyEnd } from "../../src/transport/login-failures.ts";
import type { Target } from "../../src/transport/transport.ts";
import { withoutOwnCommand } from "../../src/transport/without-own-command.ts";
import { type Account, eventually, makeAccount, makeKey, type Sshd, startSshd } from "./sshd.ts";

const kinds = ["ssh", "openssh"] as const;
let sshd: Sshd;
let folder: string;
const accounts: Account[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "provision-refusals-"));
  sshd = await startSshd(["MaxAuthTries 3"]);
});
afterAll(async () => {
  await sshd?.stop();
  for (const account of accounts) account.remove();
  rmSync(folder, { recursive: true, force: true });
});

function account(shell: string, sudo?: string): Account {
  const made = makeAccount(shell, sudo);
  accounts.push(made);
  return made;
}

async function failureOf(kind: "ssh" | "openssh", target: Partial<Target>, agent = ""): Promise<Failure> {
  const transport = openTransport({
    kind,
    acceptNewHostKeys: false,
    knownHostsFiles: [sshd.knownHosts],
    configFile: "/dev/null",
    agentSocket: agent,
  });
  const { port, keyFile } = sshd;
  const all = { name: "web1", host: "127.0.0.1", port, keyFile, sudo: false, ...target };
  const session = await transport.connect(all, { deadline: 10_000 });
  if (!session.ok) return session.error;
  const answer = await session.value.request(raw("true"), { deadline: 10_000, waitingFor: "a refusal" });
  await session.value.close();
  if (answer.ok) throw new Error("the login succeeded");
  return answer.error;
}

/** The failure contains no part of the boot program and no token. */
function expectShort(failure: Failure): void {
  const shown = JSON.stringify(failure);
  expect(shown).not.toMatch(/p_t|provision-[0-9a-f]{8}/);
  expect(shown.length).toBeLessThan(700);
}

describe.each(kinds)("over %s", (kind) => {
  it.each([
    ["/usr/sbin/nologin", /not available/],
    ["/bin/false", undefined],
    ["/bin/true", undefined],
  ])("the message names the login shell %s, not sudoers", async (shell, detail) => {
    for (const sudo of [{ sudo: false }, { sudo: true }, { sudo: true, sudoPassword: "x" }]) {
      const failure = await failureOf(kind, {
        user: account(shell, "ALL=(ALL) NOPASSWD: ALL").name,
        ...sudo,
      });
      expect(failure).toMatchObject({
        code: "protocol",
        message: expect.stringContaining("the login shell of this account ended with code"),
        hint: expect.stringContaining("usermod --shell"),
        ...(detail === undefined ? {} : { detail: expect.stringMatching(detail) }),
      });
      expectShort(failure);
    }
  });

  it("requiretty has its own hint", async () => {
    const login = account("/bin/sh", "ALL=(ALL) NOPASSWD: ALL");
    writeFileSync(`/etc/sudoers.d/${login.name}`, `Defaults:${login.name} requiretty\n`, { flag: "a" });
    const failure = await failureOf(kind, { user: login.name, sudo: true });
    expect(failure).toMatchObject({
      code: "sudo-refused",
      hint: expect.stringContaining("!requiretty"),
      detail: expect.stringContaining("must have a tty"),
    });
    expectShort(failure);
  });

  it("messages of sudo are shown without our command and prompt", async () => {
    const other = await failureOf(kind, {
      user: account("/bin/sh", "ALL=(ALL) NOPASSWD: /bin/true").name,
      sudo: true,
    });
    expect(other.code).toBe("sudo-refused");
    expectShort(other);
    const limited = account("/bin/sh", "ALL=(ALL) /bin/true");
    const refused = await failureOf(kind, { user: limited.name, sudo: true, sudoPassword: limited.password });
    expect(refused).toMatchObject({
      code: "sudo-refused",
      detail: expect.stringMatching(/is not allowed to execute \/bin\/sh … as root/),
      hint: expect.stringContaining("may not run /bin/sh as root"),
    });
    expectShort(refused);
    const stranger = account("/bin/sh");
    expectShort(await failureOf(kind, { user: stranger.name, sudo: true, sudoPassword: stranger.password }));
    const wrong = await failureOf(kind, { user: limited.name, sudo: true, sudoPassword: "wrong" });
    expect(wrong.hint).toContain("tried once");
    expectShort(wrong);
  });

  it("messages of a shell are shown without our command", async () => {
    const shell = join(sshd.folder, "loud");
    writeFileSync(shell, '#!/bin/sh\necho "will not run: $2" >&2\nexit 3\n', { mode: 0o755 });
    const failure = await failureOf(kind, { user: account(shell).name });
    expect(failure.detail).toBe("will not run: /bin/sh …");
    expectShort(failure);
  });
});

it.each([
  "'/bin/sh' -c 'PROGRAM' provision TOKEN hello",
  "Sorry, user x is not allowed to execute '/bin/sh -c PROGRAM provision TOKEN hello' as root on h.",
  "debug1: Sending command: LINE",
  "HALF provision TOKEN hello' as root",
  "[TOKEN] password: \nSorry, try again.",
  "TOKEN: no such thing",
])("our command is cut from %j", (text) => {
  const token = newToken();
  const program = bootWords(token, { type: "none" })[2] ?? "";
  const said = text
    .replace("HALF", program.slice(300))
    .replace("PROGRAM", program)
    .replace("LINE", bootLine(token, { type: "sudo" }))
    .replace("TOKEN", token);
  const left = withoutOwnCommand(said, token);
  expect(left).not.toMatch(/p_|provision-/);
  expect(left.length).toBeLessThan(120);
});

it("other output of the host is unchanged", () => {
  const words = "/bin/sh: 1: setsid: not found\nprovision: p_x";
  expect(withoutOwnCommand(words, newToken())).toBe(words);
});

it.each([
  ["sudo: a password is required", /NOPASSWD/],
  ["sudo: sorry, you must have a tty to run sudo", /requiretty/],
  ["x is not in the sudoers file.", /may not run/],
  ["sudo: I'm sorry x. I'm afraid I can't do that", /may not run/],
  ["sudo: Account expired or PAM config lacks an account section", /chage/],
  ['sudo: The "no new privileges" flag is set', /NoNewPrivileges/],
  ["Désolé, l'utilisateur x n'est pas autorisé à exécuter « /bin/sh … » en tant que root", /sudoers/],
])("sudo says %j", (stderr, hint) => {
  const failure = explainEarlyEnd("web1", true, { code: 1 }, { stdout: "", stderr });
  expect([failure.code, failure.hint]).toEqual(["sudo-refused", expect.stringMatching(hint)]);
});

describe("too many keys", () => {
  let agent: ReturnType<typeof spawn>;
  let socket: string;
  beforeAll(async () => {
    socket = join(folder, "agent");
    agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    const env = { ...process.env, SSH_AUTH_SOCK: socket };
    await eventually("the agent listens", () => {
      try {
        execFileSync("ssh-add", ["-q", makeKey(join(folder, `k${Math.random()}`), "ed25519")], {
          env,
          stdio: "ignore",
        });
        return true;
      } catch {
        return false;
      }
    });
    for (let n = 0; n < 4; n++)
      execFileSync("ssh-add", ["-q", makeKey(join(folder, `more${n}`), "ed25519")], { env, stdio: "ignore" });
  });
  afterAll(() => agent.kill());

  it("reports that the password was never tried, and how to name one key", async () => {
    const login = account("/bin/sh");
    const keyFile = join(folder, "missing");
    const failure = await failureOf("ssh", { user: login.name, password: login.password, keyFile }, socket);
    expect(failure).toMatchObject({
      code: "login-refused",
      message: expect.stringContaining("after too many keys, the password was never tried"),
      detail: expect.stringContaining("not tried: password"),
      hint: expect.stringMatching(
        /ansible_ssh_private_key_file.*IdentitiesOnly=yes.*PubkeyAuthentication=no/,
      ),
    });
    expect(JSON.stringify(failure)).not.toContain(login.password);
    const without = await failureOf("ssh", { user: login.name, keyFile }, socket);
    expect([without.message, without.hint]).toEqual([
      expect.not.stringContaining("password"),
      expect.stringContaining("IdentitiesOnly=yes"),
    ]);
  });

  it("the hint works", async () => {
    const login = account("/bin/sh");
    const password = { user: login.name, password: login.password, keyFile: join(folder, "missing") };
    const onlyPassword = { ...password, sshArgs: ["-o", "PubkeyAuthentication=no"] };
    await expect(failureOf("ssh", onlyPassword, socket)).rejects.toThrow("the login succeeded");
    const preferred = { ...password, sshArgs: ["-o", "PreferredAuthentications=password"] };
    await expect(failureOf("ssh", preferred, socket)).rejects.toThrow("the login succeeded");
    const oneKey = { user: login.name, sshArgs: ["-o", "IdentitiesOnly=yes"] };
    await expect(failureOf("ssh", oneKey, socket)).rejects.toThrow("the login succeeded");
  });

  it("OpenSSH's message has the same hint", async () => {
    const before = process.env.SSH_AUTH_SOCK;
    process.env.SSH_AUTH_SOCK = socket;
    const failure = await failureOf("openssh", { user: "root", keyFile: join(folder, "missing") }, socket);
    process.env.SSH_AUTH_SOCK = before;
    expect([failure.code, failure.hint]).toEqual([
      "login-refused",
      expect.stringContaining("IdentitiesOnly=yes"),
    ]);
  });
});
