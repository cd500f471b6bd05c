import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** An sshd on loopback for one test. */
export interface Sshd {
  readonly port: number;
  readonly folder: string;
  /** An authorized key. */
  readonly keyFile: string;
  /** A file with the host key of this server. */
  readonly knownHosts: string;
  readonly pid: number;
  /** The processes that this server forked for its connections. */
  sessions(): readonly number[];
  stop(): Promise<void>;
}

/** An account of this machine for one test. */
export interface Account {
  readonly name: string;
  readonly password: string;
  remove(): void;
}

/** Fails if the tests cannot run on this machine. */
export function needRoot(): void {
  if (process.getuid?.() !== 0) throw new Error("these tests start sshd and make accounts: run them as root");
  for (const program of ["/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/sudo", "/usr/sbin/useradd"]) {
    if (!existsSync(program)) throw new Error(`these tests need ${program}`);
  }
}

/** A free port: `wanted` if it is free. */
export function freePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/**
 * Starts sshd with new host keys and waits until it listens. `settings`: further lines of sshd_config; %FOLDER% is the folder
 * of its keys. `prepare` is called with this folder before the start.
 */
export async function startSshd(
  settings: readonly string[] = [],
  prepare: (folder: string) => unknown = () => {},
): Promise<Sshd> {
  needRoot();
  const folder = mkdtempSync(join(tmpdir(), "provision-sshd-"));
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const keyFile = makeKey(join(folder, "id"), "ed25519");
  for (const type of ["ed25519", "rsa", "ecdsa"]) makeKey(join(folder, `host_${type}`), type);
  writeFileSync(join(folder, "authorized_keys"), readFileSync(`${keyFile}.pub`));
  const port = await freePort();
  writeFileSync(join(folder, "sshd_config"), configText(folder, port, settings));
  execFileSync("chmod", ["-R", "go+rX", folder]);
  execFileSync("chmod", [
    "600",
    keyFile,
    ...["ed25519", "rsa", "ecdsa"].map((type) => join(folder, `host_${type}`)),
  ]);
  const knownHosts = join(folder, "known_hosts");
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${readFileSync(join(folder, "host_ed25519.pub"), "utf8")}`);
  prepare(folder);
  const child = spawn("/usr/sbin/sshd", ["-D", "-e", "-f", join(folder, "sshd_config")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await listening(child);
  const pid = child.pid ?? 0;
  return {
    port,
    folder,
    keyFile,
    knownHosts,
    pid,
    sessions: () => childrenOf(pid),
    stop: () => stop(child, folder),
  };
}

function configText(folder: string, port: number, settings: readonly string[]): string {
  return [
    ...settings.map((line) => line.replaceAll("%FOLDER%", folder)),
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    "PidFile none",
    "UsePAM no",
    "StrictModes no",
    "LogLevel VERBOSE",
    "MaxStartups 200",
    "PrintMotd no",
    "PermitRootLogin yes",
    ...["ed25519", "rsa", "ecdsa"].map((type) => `HostKey ${folder}/host_${type}`),
    `AuthorizedKeysFile ${folder}/authorized_keys`,
    "",
  ].join("\n");
}

/** Creates a key pair. Returns the path of the private key. */
export function makeKey(path: string, type: string, passphrase = ""): string {
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", "test", "-f", path]);
  return path;
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("Server listening")) resolve();
    });
    child.once("exit", () => reject(new Error(`sshd did not start: ${text}`)));
  });
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  for (const pid of childrenOf(child.pid ?? 0)) signal(pid, "SIGKILL");
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
}

/** Sends a signal. Ignores processes that have ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has already ended.
  }
}

/** The sshd processes below one: for each connection, the monitor and the process without privileges, which has the socket. */
function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    const children = text
      .split(" ")
      .filter((word) => word !== "")
      .map(Number);
    const own = children.filter((child) => readFileSync(`/proc/${child}/comm`, "utf8").startsWith("sshd"));
    return own.flatMap((child) => [child, ...childrenOf(child)]);
  } catch {
    return [];
  }
}

/** True if a process runs and is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Waits until `check` is true. Fails after `within` milliseconds. */
export async function eventually(what: string, check: () => boolean, within = 5_000): Promise<void> {
  const until = Date.now() + within;
  while (!check()) {
    if (Date.now() > until) throw new Error(`not within ${within} ms: ${what}`);
    await delay(20);
  }
}

/** Creates an account with a password. `sudo`: its rule in sudoers, without the name. */
export function makeAccount(shell: string, sudo?: string): Account {
  const name = `pv${process.pid}x${Math.random().toString(36).slice(2, 8)}`;
  const password = `p%a's\\s "${name}`;
  execFileSync("useradd", ["--create-home", "--shell", shell, name]);
  execFileSync("chpasswd", { input: `${name}:${password}\n` });
  if (sudo !== undefined) writeFileSync(`/etc/sudoers.d/${name}`, `${name} ${sudo}\n`, { mode: 0o440 });
  return {
    name,
    password,
    remove() {
      rmSync(`/etc/sudoers.d/${name}`, { force: true });
      execFileSync("userdel", ["--remove", "--force", name], { stdio: "ignore" });
    },
  };
}
