import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { raw } from "../../../src/script/script.ts";
import { openTransport, type TransportOptions } from "../../../src/transport/connect.ts";
import type { Target } from "../../../src/transport/transport.ts";
import { ask, contract, open, type TestHost, textOf } from "../contract.ts";
import { type Account, makeAccount, needRoot, type Sshd, signal, startSshd } from "../sshd.ts";

needRoot();

const NOISE = 'echo "Welcome, $USER"; printf "no newline"; echo "motd on stderr" >&2\n';

/** Uses no ssh config, agent or known_hosts of the user. */
function transportTo(sshd: Sshd, kind: TransportOptions["kind"]): ReturnType<typeof openTransport> {
  return openTransport({
    kind,
    acceptNewHostKeys: false,
    knownHostsFiles: [sshd.knownHosts],
    configFile: "/dev/null",
    agentSocket: "",
  });
}

function targetOf(sshd: Sshd, more: Partial<Target>): Target {
  return {
    name: "web1",
    host: "127.0.0.1",
    port: sshd.port,
    user: "root",
    keyFile: sshd.keyFile,
    sudo: false,
    ...more,
  };
}

interface Scene {
  readonly kind: "ssh" | "openssh";
  readonly shell: string;
  readonly sudo?: "NOPASSWD" | "password";
}

async function stage({ kind, shell, sudo }: Scene): Promise<TestHost> {
  const sshd = await startSshd();
  const account = makeAccount(shell, sudoRule(sudo));
  addNoise(account, shell);
  const password = sudo === "password" ? { sudoPassword: account.password } : {};
  return {
    transport: transportTo(sshd, kind),
    target: targetOf(sshd, { user: account.name, sudo: sudo !== undefined, ...password }),
    drop: () => sshd.sessions().map((pid) => signal(pid, "SIGKILL")),
    async dispose() {
      await sshd.stop();
      account.remove();
    },
  };
}

function sudoRule(sudo: Scene["sudo"]): string | undefined {
  if (sudo === undefined) return undefined;
  return sudo === "password" ? "ALL=(ALL) ALL" : "ALL=(ALL) NOPASSWD: ALL";
}

/** Login scripts that print text. */
function addNoise({ name }: Account, shell: string): void {
  const home = `/home/${name}`;
  mkdirSync(`${home}/.config/fish`, { recursive: true });
  writeFileSync(`${home}/.bashrc`, NOISE);
  writeFileSync(`${home}/.config/fish/config.fish`, NOISE);
  writeFileSync(`${home}/.tcshrc`, 'echo "Welcome"; sh -c "echo motd on stderr >&2"\n');
  expect(existsSync(shell)).toBe(true);
}

contract("ssh, noisy bash", () => stage({ kind: "ssh", shell: "/bin/bash" }));
contract("ssh, sudo", () => stage({ kind: "ssh", shell: "/bin/sh", sudo: "NOPASSWD" }));
contract("ssh, sudo with password", () => stage({ kind: "ssh", shell: "/bin/bash", sudo: "password" }));
contract("openssh", () => stage({ kind: "openssh", shell: "/bin/sh" }));
contract("openssh, sudo with password", () =>
  stage({ kind: "openssh", shell: "/bin/bash", sudo: "password" }),
);

describe("login shells", () => {
  const shells = ["/bin/sh", "/bin/bash", "/bin/tcsh", "/usr/bin/fish"];
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  it.each(shells.flatMap((shell) => [[shell, "NOPASSWD"] as const, [shell, "password"] as const]))(
    "%s, sudo %s",
    async (shell, sudo) => {
      const account = makeAccount(shell, sudoRule(sudo));
      try {
        addNoise(account, shell);
        const target = targetOf(sshd, {
          user: account.name,
          sudo: true,
          ...(sudo === "password" ? { sudoPassword: account.password } : {}),
        });
        const session = await open({ transport: transportTo(sshd, "ssh"), target });
        const answer = await ask(session, {
          text: "id -un; cat; echo e >&2",
          input: [Buffer.from("$HOME `x` ! '\n")],
        });
        expect([textOf(answer.stdout), textOf(answer.stderr)]).toEqual(["root\n$HOME `x` ! '\n", "e\n"]);
        await session.close();
      } finally {
        account.remove();
      }
    },
  );
});

describe("refusals", () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  /** The failure of the login or of the first request. */
  async function failureOf(kind: "ssh" | "openssh", target: Target): Promise<unknown> {
    const session = await transportTo(sshd, kind).connect(target, { deadline: 10_000 });
    if (!session.ok) return session.error;
    const answer = await session.value.request(raw("true"), { deadline: 10_000, waitingFor: "a refusal" });
    await session.value.close();
    return answer.ok ? answer.value : answer.error;
  }

  it.each(["ssh", "openssh"] as const)(
    "%s: sudo is not allowed, asks for a password, or refuses the password",
    async (kind) => {
      const [none, asks] = [makeAccount("/bin/sh"), makeAccount("/bin/sh", "ALL=(ALL) ALL")];
      try {
        const sudo = { sudo: true };
        expect(await failureOf(kind, targetOf(sshd, { user: none.name, ...sudo }))).toMatchObject({
          code: "sudo-refused",
        });
        expect(await failureOf(kind, targetOf(sshd, { user: asks.name, ...sudo }))).toMatchObject({
          code: "sudo-refused",
          detail: expect.stringContaining("password is required"),
        });
        const wrong = await failureOf(
          kind,
          targetOf(sshd, { user: asks.name, ...sudo, sudoPassword: "hunter2" }),
        );
        expect(wrong).toMatchObject({ code: "sudo-refused", hint: expect.stringContaining("tried once") });
        expect(JSON.stringify(wrong)).not.toContain("hunter2");
      } finally {
        none.remove();
        asks.remove();
      }
    },
  );

  it.each(["ssh", "openssh"] as const)("%s: an account without a shell", async (kind) => {
    const account = makeAccount("/usr/sbin/nologin");
    try {
      expect(await failureOf(kind, targetOf(sshd, { user: account.name }))).toMatchObject({
        code: "protocol",
        detail: expect.stringContaining("not available"),
      });
    } finally {
      account.remove();
    }
  });

  it.each(["ssh", "openssh"] as const)("%s: a closed port, and a name without an address", async (kind) => {
    expect(await failureOf(kind, targetOf(sshd, { port: 1 }))).toMatchObject({
      code: "unreachable",
      detail: expect.stringMatching(/refused/i),
    });
    expect(await failureOf(kind, targetOf(sshd, { host: "nowhere.invalid" }))).toMatchObject({
      code: "unreachable",
    });
  });
});
