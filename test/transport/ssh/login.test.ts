import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { raw } from "../../../src/script/script.ts";
import { openTransport, type TransportOptions } from "../../../src/transport/connect.ts";
import { readKeyFile } from "../../../src/transport/ssh/keys.ts";
import { isTransient } from "../../../src/transport/ssh/router.ts";
import type { Target } from "../../../src/transport/transport.ts";
import { ask, open, textOf } from "../contract.ts";
import { type Account, eventually, makeAccount, makeKey, type Sshd, startSshd } from "../sshd.ts";

let sshd: Sshd;
let folder: string;
let account: Account;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "provision-login-"));
  sshd = await startSshd(["PasswordAuthentication yes", "MaxAuthTries 4"]);
  account = makeAccount("/bin/sh");
});
afterAll(async () => {
  await sshd?.stop();
  account?.remove();
  rmSync(folder, { recursive: true, force: true });
});

function transport(more: Partial<TransportOptions> = {}): ReturnType<typeof openTransport> {
  return openTransport({
    kind: "ssh",
    acceptNewHostKeys: false,
    knownHostsFiles: [sshd.knownHosts],
    configFile: "/dev/null",
    agentSocket: "",
    ...more,
  });
}

function target(more: Partial<Target> = {}): Target {
  return { name: "web1", host: "127.0.0.1", port: sshd.port, user: account.name, sudo: false, ...more };
}

async function whoami(to: Target, more: Partial<TransportOptions> = {}): Promise<string> {
  const session = await transport(more).connect(to, { deadline: 10_000 });
  if (!session.ok) throw Object.assign(new Error("refused"), { failure: session.error });
  const { stdout } = await ask(session.value, "id -un");
  await session.value.close();
  return textOf(stdout).trim();
}

describe("login", () => {
  it("works with a password, and tries a wrong one once", async () => {
    expect(await whoami(target({ password: account.password }))).toBe(account.name);
    const session = await transport().connect(target({ password: "wrong" }), { deadline: 10_000 });
    expect(session).toMatchObject({
      ok: false,
      error: { code: "login-refused", detail: expect.stringMatching(/tried: password$/m) },
    });
    expect(JSON.stringify(session)).not.toContain("wrong");
  });

  it("answers the prompts of keyboard-interactive", async () => {
    const asking = await startSshd(["PasswordAuthentication no", "KbdInteractiveAuthentication yes"]);
    try {
      // Without PAM, sshd asks nothing: the failure lists its methods, and the password is not sent.
      const to = target({ port: asking.port, password: account.password });
      const session = await transport({ knownHostsFiles: [asking.knownHosts] }).connect(to, {
        deadline: 10_000,
      });
      expect(session).toMatchObject({
        ok: false,
        error: {
          code: "login-refused",
          detail: "the server accepts: publickey, keyboard-interactive\ntried: keyboard-interactive",
        },
      });
    } finally {
      await asking.stop();
    }
  });

  it.each(["rsa", "ecdsa", "ed25519"])("works with a key of type %s", async (type) => {
    const keyFile = makeKey(join(folder, `id_${type}`), type);
    writeFileSync(join(sshd.folder, "authorized_keys"), readFileSync(`${keyFile}.pub`), { flag: "a" });
    expect(await whoami(target({ keyFile }))).toBe(account.name);
  });

  it("reports user, host, the methods of the server and what was tried", async () => {
    const keyFile = makeKey(join(folder, "stranger"), "ed25519");
    const session = await transport().connect(target({ keyFile }), { deadline: 10_000 });
    expect(session).toMatchObject({ ok: false, error: { code: "login-refused" } });
    const words = session.ok ? "" : `${session.error.message}\n${session.error.detail}`;
    expect(words).toContain(`${account.name}@127.0.0.1 port ${sshd.port}`);
    expect(words).toContain("the server accepts: publickey, password");
    expect(words).toContain(`tried: key ${keyFile}`);
  });

  it("does not send a password to a server that accepts none, and reports it as not tried", async () => {
    const strict = await startSshd(["PasswordAuthentication no", "KbdInteractiveAuthentication no"]);
    try {
      const detail = async (more: Partial<Target>): Promise<string | undefined> => {
        const to = target({ port: strict.port, password: account.password, ...more });
        const way = transport({ knownHostsFiles: [strict.knownHosts] });
        const session = await way.connect(to, { deadline: 10_000 });
        return session.ok ? "logged in" : session.error.detail;
      };
      const untried = "password (the server accepts none)";
      expect(await detail({})).toBe(`the server accepts: publickey\ntried: nothing\nnot tried: ${untried}`);
      const keyFile = makeKey(join(folder, "unknown"), "ed25519");
      expect(await detail({ keyFile })).toBe(
        `the server accepts: publickey\ntried: key ${keyFile}\nnot tried: ${untried}`,
      );
      expect(await detail({ keyFile: strict.keyFile })).toBe("logged in");
    } finally {
      await strict.stop();
    }
  });

  /** The detail of the failure with a key file that the inventory names. */
  async function refusalWith(keyFile: string): Promise<string | undefined> {
    const session = await transport().connect(target({ keyFile }), { deadline: 10_000 });
    return session.ok ? undefined : session.error.detail;
  }

  it("reports a missing or unreadable key file with its absolute path", async () => {
    expect(await refusalWith("/nope/id")).toMatch(
      /^tried: nothing\nnot tried: \/nope\/id \(no such file\)$/m,
    );
    expect(await refusalWith("nope/id")).toContain(`not tried: ${resolve("nope/id")} (no such file)`);
    expect(await refusalWith("~/.ssh/id_nope")).toContain(`${homedir()}/.ssh/id_nope (no such file)`);
    expect(await refusalWith(folder)).toContain(`not tried: ${folder} (cannot be read: it is a folder)`);
  });

  it("does not report missing default keys", async () => {
    const session = await transport().connect(target({ password: "wrong" }), { deadline: 10_000 });
    expect(session.ok ? "" : session.error.detail).not.toContain("no such file");
  });

  it("distinguishes an unreadable key file from a missing one", () => {
    const keyFile = makeKey(join(folder, "private"), "ed25519");
    process.seteuid?.(65534);
    try {
      expect(readKeyFile(keyFile)).toMatchObject({ state: "unreadable", reason: "permission denied" });
    } finally {
      process.seteuid?.(0);
    }
  });

  it("reports an encrypted key, and uses it from the agent", async () => {
    const keyFile = makeKey(join(folder, "locked"), "ed25519", "secret");
    writeFileSync(join(sshd.folder, "authorized_keys"), readFileSync(`${keyFile}.pub`), { flag: "a" });
    const refused = await transport().connect(target({ keyFile }), { deadline: 10_000 });
    expect(refused).toMatchObject({
      ok: false,
      error: {
        code: "login-refused",
        hint: `unlock the key first: ssh-add ${keyFile}`,
        detail: expect.stringContaining("encrypted"),
      },
    });
    const socket = join(folder, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
    try {
      await eventually("the agent listens", () => lists(socket));
      // More keys than MaxAuthTries, to see that the named one is tried first.
      for (let n = 0; n < 5; n++)
        execFileSync("ssh-add", ["-q", makeKey(join(folder, `more${n}`), "ed25519")], {
          env: { SSH_AUTH_SOCK: socket },
        });
      execFileSync(
        "sh",
        [
          "-c",
          'printf "#!/bin/sh\necho secret\n" >"$1/ask"; chmod +x "$1/ask"; SSH_ASKPASS="$1/ask" SSH_ASKPASS_REQUIRE=force ssh-add -q "$2"',
          "sh",
          folder,
          keyFile,
        ],
        {
          env: { ...process.env, SSH_AUTH_SOCK: socket },
          stdio: "ignore",
        },
      );
      expect(await whoami(target({ keyFile }), { agentSocket: socket })).toBe(account.name);
      const many = await transport({ agentSocket: socket }).connect(
        target({ keyFile: join(folder, "missing") }),
        { deadline: 10_000 },
      );
      expect(many).toMatchObject({
        ok: false,
        error: { code: "login-refused", detail: expect.stringContaining("Too many authentication failures") },
      });
    } finally {
      agent.kill();
    }
  });

  it("uses the ssh options of the inventory", async () => {
    const sshArgs = [
      "-o",
      `UserKnownHostsFile=${sshd.knownHosts}`,
      "-o",
      `IdentityFile=${sshd.keyFile}`,
      "-p",
      String(sshd.port),
    ];
    const bare = { name: "web1", host: "127.0.0.1", user: account.name, sudo: false, sshArgs };
    const session = await open({
      transport: openTransport({
        kind: "auto",
        acceptNewHostKeys: false,
        configFile: "/dev/null",
        agentSocket: "",
      }),
      target: bare,
    });
    expect(textOf((await ask(session, "id -un")).stdout).trim()).toBe(account.name);
    await session.close();
  });

  it("uses OpenSSH for ProxyCommand", async () => {
    const proxy = join(folder, "proxy.mjs");
    writeFileSync(
      proxy,
      'import net from "node:net"; const s = net.connect(process.argv[2], "127.0.0.1"); process.stdin.pipe(s).pipe(process.stdout);',
    );
    const sshArgs = ["-o", `ProxyCommand=${process.execPath} ${proxy} %p`];
    const refused = await transport().connect(target({ keyFile: sshd.keyFile, sshArgs }), {
      deadline: 10_000,
    });
    expect(refused).toMatchObject({ ok: false, error: { message: expect.stringContaining("ProxyCommand") } });
    expect(await whoami(target({ keyFile: sshd.keyFile, sshArgs }), { kind: "auto" })).toBe(account.name);
  });
});

function lists(socket: string): boolean {
  try {
    execFileSync("ssh-add", ["-l"], { env: { SSH_AUTH_SOCK: socket }, stdio: "ignore" });
    return true;
  } catch (error) {
    return error instanceof Error && "status" in error && error.status === 1;
  }
}

/** A server that calls `behave` with each connection and its number, from 1. */
function listen(
  behave: (count: number, socket: import("node:net").Socket) => void,
): Promise<{ readonly server: Server; readonly port: number }> {
  let count = 0;
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      behave(++count, socket);
    }).listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({ server, port: typeof address === "object" && address !== null ? address.port : 0 });
    });
  });
}

describe("a connection that fails", () => {
  it.each([
    ["ECONNRESET", true],
    ["EPIPE", true],
    ["EHOSTUNREACH", false],
    ["ENETUNREACH", false],
    ["ECONNREFUSED", false],
    ["ETIMEDOUT", false],
    ["ENOTFOUND", false],
    ["EAI_AGAIN", false],
    [undefined, false],
  ])("with %s is tried again: %s", (code, again) => {
    expect(isTransient(code)).toBe(again);
  });

  it("is tried again when the server drops the connection before the login", async () => {
    const { connect } = await import("node:net");
    let seen = 0;
    const { server, port } = await listen((count, socket) => {
      seen = count;
      if (count < 3) socket.resetAndDestroy();
      else socket.pipe(connect(sshd.port, "127.0.0.1")).pipe(socket);
    });
    const known = join(folder, "known-failing");
    writeFileSync(known, readFileSync(sshd.knownHosts, "utf8").replace(`:${sshd.port}`, `:${port}`));
    expect(await whoami(target({ port, keyFile: sshd.keyFile }), { knownHostsFiles: [known] })).toBe(
      account.name,
    );
    expect(seen).toBe(3);
    server.close();
  });

  it("is not tried again after three attempts or after the deadline", async () => {
    let dropped = 0;
    const dropping = await listen((count, socket) => {
      dropped = count;
      socket.end();
    });
    const silent = await listen(() => {});
    const failed = await transport().connect(target({ port: dropping.port, keyFile: sshd.keyFile }), {
      deadline: 10_000,
    });
    expect([failed.ok ? "" : failed.error.code, dropped]).toEqual(["unreachable", 3]);
    const late = await transport().connect(target({ port: silent.port, keyFile: sshd.keyFile }), {
      deadline: 300,
    });
    expect(late).toMatchObject({
      ok: false,
      error: { code: "unreachable", message: expect.stringContaining("0.3 s") },
    });
    dropping.server.close();
    silent.server.close();
  });
});

describe("jump hosts", () => {
  it("are connected one through another, with one checked login each", async () => {
    const [first, second] = await Promise.all([startSshd(), startSshd()]);
    try {
      const known = join(folder, "known-jumps");
      writeFileSync(
        known,
        [sshd, first, second].map((each) => readFileSync(each.knownHosts, "utf8")).join(""),
      );
      const config = join(folder, "jump-config");
      // Only the ssh config of the second jump host names the first one.
      writeFileSync(
        config,
        `Host jump1\n HostName 127.0.0.1\n Port ${first.port}\n User root\n IdentityFile ${first.keyFile}\n` +
          `Host jump2\n HostName 127.0.0.1\n Port ${second.port}\n User root\n IdentityFile ${second.keyFile}\n ProxyJump jump1\n`,
      );
      const way = transport({ configFile: config, knownHostsFiles: [known] });
      const to = target({ keyFile: sshd.keyFile, sshArgs: ["-J", "jump2"] });
      const sessions = await Promise.all(
        Array.from({ length: 12 }, () => open({ transport: way, target: to })),
      );
      const answers = await Promise.all(sessions.map((session) => ask(session, "echo $SSH_CONNECTION")));
      expect(answers.every((answer) => textOf(answer.stdout).startsWith("127.0.0.1 "))).toBe(true);
      const monitors = (server: Sshd): number =>
        server
          .sessions()
          .filter((pid) => readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[3] === String(server.pid))
          .length;
      expect([monitors(first), monitors(second), monitors(sshd)]).toEqual([1, 1, 12]);
      await Promise.all(sessions.map((session) => session.close()));
      await eventually(
        "the jump hosts are left",
        () => first.sessions().length + second.sessions().length === 0,
      );

      writeFileSync(known, [sshd, first].map((each) => readFileSync(each.knownHosts, "utf8")).join(""));
      const refused = await way.connect(to, { deadline: 10_000 });
      expect(refused).toMatchObject({
        ok: false,
        error: { code: "host-key-unknown", message: expect.stringContaining("jump host jump2") },
      });
      await eventually("the first jump host is left", () => first.sessions().length === 0);
    } finally {
      await Promise.all([first.stop(), second.stop()]);
    }
  });

  it("that cannot connect are named in the failure", async () => {
    const jump = await startSshd();
    try {
      const config = join(folder, "jump-config2");
      writeFileSync(
        config,
        `Host jump\n HostName 127.0.0.1\n Port ${jump.port}\n User root\n IdentityFile ${jump.keyFile}\n`,
      );
      const way = transport({ configFile: config, knownHostsFiles: [jump.knownHosts] });
      const session = await way.connect(target({ port: 1, sshArgs: ["-J", "jump"] }), { deadline: 10_000 });
      expect(session).toMatchObject({
        ok: false,
        error: { code: "unreachable", message: expect.stringContaining("jump host") },
      });
      expect(
        await way.connect(target({ sshArgs: ["-J", "127.0.0.1:1"] }), { deadline: 5_000 }),
      ).toMatchObject({
        ok: false,
        error: { code: "unreachable", message: expect.stringContaining("jump host 127.0.0.1") },
      });
    } finally {
      await jump.stop();
    }
  });
});

it("an error after the login ends the session, not the process", async () => {
  const session = await open({ transport: transport(), target: target({ keyFile: sshd.keyFile }) });
  for (const pid of sshd.sessions()) process.kill(pid, "SIGKILL");
  const answer = await session.request(raw("echo"), { deadline: 5_000, waitingFor: "nothing" });
  expect(answer).toMatchObject({ ok: false, error: { code: "connection-lost" } });
  await session.close();
});
