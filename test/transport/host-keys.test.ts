import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Failure } from "../../src/model/failure.ts";
import { raw } from "../../src/script/script.ts";
import { openTransport, type TransportOptions } from "../../src/transport/connect.ts";
import { makeKey, type Sshd, startSshd } from "./sshd.ts";

let sshd: Sshd;
let folder: string;
let other: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "provision-keys-"));
  other = makeKey(join(folder, "other"), "ed25519");
  sshd = await startSshd();
});
afterAll(async () => {
  await sshd?.stop();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
function knownHosts(text: string): string {
  const path = join(folder, `known${count++}`);
  writeFileSync(path, text);
  return path;
}

const publicKey = (path: string): string =>
  readFileSync(`${path}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
const hostKey = (type: string): string => publicKey(join(sshd.folder, `host_${type}`));
const print = (path: string): string =>
  execFileSync("ssh-keygen", ["-l", "-f", `${path}.pub`], { encoding: "utf8" }).split(" ")[1] ?? "";
const name = (): string => `[127.0.0.1]:${sshd.port}`;

/** The result of a login with these known_hosts files: the failure, or "in". */
async function attempt(
  kind: TransportOptions["kind"],
  files: readonly string[],
  acceptNewHostKeys = false,
): Promise<Failure | "in"> {
  const transport = openTransport({
    kind,
    acceptNewHostKeys,
    knownHostsFiles: files,
    configFile: "/dev/null",
    agentSocket: "",
  });
  const target = {
    name: "web1",
    host: "127.0.0.1",
    port: sshd.port,
    user: "root",
    keyFile: sshd.keyFile,
    sudo: false,
  };
  const session = await transport.connect(target, { deadline: 10_000 });
  if (!session.ok) return session.error;
  const answer = await session.value.request(raw("true"), { deadline: 10_000, waitingFor: "a login" });
  await session.value.close();
  return answer.ok ? "in" : answer.error;
}

describe.each(["ssh", "openssh"] as const)("host keys over %s", (kind) => {
  it("refuses an unknown key, and shows the fingerprint", async () => {
    const failure = await attempt(kind, [knownHosts("")]);
    expect(failure).toMatchObject({
      code: "host-key-unknown",
      hint: expect.stringContaining("--accept-new-host-keys"),
    });
    if (kind === "ssh") expect(JSON.stringify(failure)).toContain(print(join(sshd.folder, "host_ed25519")));
  });

  it("refuses a changed key, and shows both fingerprints, the line and the command", async () => {
    const file = knownHosts(`# mine\n${name()} ${publicKey(other)}\n`);
    // --accept-new-host-keys does not accept a changed key.
    for (const accept of [false, true]) {
      const failure = await attempt(kind, [file], accept);
      expect(failure).toMatchObject({ code: "host-key-changed", message: expect.stringContaining("web1") });
      const words = JSON.stringify(failure);
      expect(words).toContain(print(other));
      expect(words).toContain(print(join(sshd.folder, "host_ed25519")));
      expect(words).toContain(`${file}:2`);
      expect(words).toContain(`ssh-keygen -f ${file} -R '${name()}'`);
    }
    expect(readFileSync(file, "utf8")).toBe(`# mine\n${name()} ${publicKey(other)}\n`);
  });

  it("refuses a revoked key", async () => {
    const file = knownHosts(`${name()} ${hostKey("ed25519")}\n@revoked * ${hostKey("ed25519")}\n`);
    expect(await attempt(kind, [file])).toMatchObject({ code: "host-key-revoked" });
  });

  it("adds an unknown key with --accept-new-host-keys, and accepts it the next time", async () => {
    const file = join(folder, `${kind}-new`, "known_hosts");
    // OpenSSH does not create the folder.
    if (kind === "openssh") mkdirSync(dirname(file));
    expect(await attempt(kind, [file], true)).toBe("in");
    if (kind === "ssh")
      expect([statSync(file).mode & 0o777, statSync(dirname(file)).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(await attempt(kind, [file])).toBe("in");
    expect(readFileSync(file, "utf8")).toContain(hostKey("ed25519"));
  });

  it("requests the type of the known key", async () => {
    for (const type of ["rsa", "ecdsa", "ed25519"]) {
      expect(await attempt(kind, [knownHosts(`${name()} ${hostKey(type)}\n`)])).toBe("in");
    }
  });

  it("reads several files, bad lines and hashed names", async () => {
    const file = knownHosts(`${name()} ${hostKey("ed25519")}\n`);
    execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "ignore" });
    const hashed = knownHosts(`what is this\n${readFileSync(file, "utf8")}`);
    expect(readFileSync(hashed, "utf8")).toContain("|1|");
    expect(await attempt(kind, [knownHosts(""), join(folder, "missing"), hashed])).toBe("in");
  });
});

describe("host keys", () => {
  it("are added at the end, by several logins at the same time, and hashed with HashKnownHosts", async () => {
    const file = knownHosts("# no line end");
    const configFile = knownHosts("HashKnownHosts yes\n");
    const transport = openTransport({
      kind: "ssh",
      acceptNewHostKeys: true,
      knownHostsFiles: [file],
      configFile,
      agentSocket: "",
    });
    const names = ["127.0.0.1", "localhost", "ip6-localhost.invalid"];
    const target = (host: string) => ({
      name: host,
      host,
      port: sshd.port,
      user: "root",
      keyFile: sshd.keyFile,
      sudo: false,
    });
    const sessions = await Promise.all(
      names.slice(0, 2).map((host) => transport.connect(target(host), { deadline: 10_000 })),
    );
    await Promise.all(sessions.map((session) => session.ok && session.value.close()));
    const lines = readFileSync(file, "utf8").split("\n");
    expect([lines[0], lines.length]).toEqual(["# no line end", 4]);
    expect(lines.slice(1, 3).every((line) => line.startsWith("|1|"))).toBe(true);
    for (const host of names.slice(0, 2)) {
      expect(
        execFileSync("ssh-keygen", ["-F", `[${host}]:${sshd.port}`, "-f", file], { encoding: "utf8" }),
      ).toContain("found");
    }
  });

  it("signed by an authority are checked by OpenSSH, which auto chooses", async () => {
    const authority = makeKey(join(folder, "ca"), "ed25519");
    const certify = (keys: string): Buffer =>
      execFileSync("ssh-keygen", [
        "-q",
        "-s",
        authority,
        "-h",
        "-I",
        "web1",
        "-n",
        "127.0.0.1",
        `${keys}/host_ed25519.pub`,
      ]);
    const own = await startSshd(["HostCertificate %FOLDER%/host_ed25519-cert.pub"], certify);
    try {
      const file = knownHosts(`@cert-authority * ${publicKey(authority)}\n`);
      const target = {
        name: "web1",
        host: "127.0.0.1",
        port: own.port,
        user: "root",
        keyFile: own.keyFile,
        sudo: false,
      };
      const result = async (kind: TransportOptions["kind"]): Promise<unknown> => {
        const transport = openTransport({
          kind,
          acceptNewHostKeys: true,
          knownHostsFiles: [file],
          configFile: "/dev/null",
          agentSocket: "",
        });
        const session = await transport.connect(target, { deadline: 10_000 });
        if (!session.ok) return session.error.message;
        const answer = await session.value.request(raw("true"), { deadline: 10_000, waitingFor: "a login" });
        await session.value.close();
        return answer.ok ? answer.value.code : answer.error;
      };
      expect(await result("ssh")).toContain("only OpenSSH");
      expect(await result("auto")).toBe(0);
      expect(readFileSync(file, "utf8").split("\n").length).toBe(2);
    } finally {
      await own.stop();
    }
  });
});
