import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openTransport } from "../../../src/transport/connect.ts";
import { sshWords } from "../../../src/transport/openssh/openssh.ts";
import { withoutInteractive } from "../../../src/transport/openssh/options.ts";
import { parseKeyFile } from "../../../src/transport/ssh/keys.ts";
import { ask, open, textOf } from "../contract.ts";
import { eventually, freePort, startSshd } from "../sshd.ts";

const target = {
  name: "web1",
  host: "10.0.0.1",
  port: 2222,
  user: "deploy",
  sudo: true,
  sudoPassword: "s3cret",
  password: "s3cret",
};

it("options of the inventory cannot switch off the check of host keys", () => {
  const sshArgs = ["-o", "StrictHostKeyChecking=no", "-o", "ControlMaster=auto", "-F", "/f"];
  const words = sshWords({ ...target, sshArgs }, { acceptNewHostKeys: false }, 4_200, "LINE");
  const values = (keyword: string): string[] => words.filter((word) => word.startsWith(`${keyword}=`));
  expect(values("StrictHostKeyChecking")).toEqual(["StrictHostKeyChecking=yes", "StrictHostKeyChecking=no"]);
  expect(values("ControlMaster")[0]).toBe("ControlMaster=no");
  expect(values("ConnectTimeout")).toEqual(["ConnectTimeout=5"]);
  expect(words.slice(-3)).toEqual(["--", "10.0.0.1", "LINE"]);
});

it("the arguments of ssh contain no password", () => {
  expect(sshWords(target, { acceptNewHostKeys: true }, 1_000, "LINE").join(" ")).not.toContain("s3cret");
});

it.each<[args: string[], kept: string[]]>([
  [["-A", "-C"], ["-C"]],
  [
    ["-vAtt", "-p22"],
    ["-v", "-p", "22"],
  ],
  [
    ["-L", "1:h:2", "-R1:h:2", "-D", "1080", "-W", "h:1", "-i", "key"],
    ["-i", "key"],
  ],
  [
    ["-N", "-f", "-n", "-M", "-S", "/socket", "-E", "/log", "-q", "-o", "Port=23"],
    ["-o", "Port=23"],
  ],
  [
    ["-oForwardAgent=yes", "-4J", "a,b"],
    ["-o", "ForwardAgent=yes", "-4", "-J", "a,b"],
  ],
])("options for interactive sessions are removed from %j", (args, kept) => {
  expect(withoutInteractive(args)).toEqual(kept);
});

it("options cannot forward an agent, a display or a port, or keep a shared connection", async () => {
  const sshd = await startSshd(["AllowTcpForwarding yes", "AllowAgentForwarding yes", "X11Forwarding yes"]);
  const folder = mkdtempSync(join(tmpdir(), "provision-openssh-"));
  const agent = spawn("ssh-agent", ["-D", "-a", join(folder, "agent")], { stdio: "ignore" });
  const [forwarded] = await Promise.all([
    freePort(),
    eventually("the agent listens", () => existsSync(join(folder, "agent"))),
  ]);
  const before = { ...process.env };
  Object.assign(process.env, { SSH_AUTH_SOCK: join(folder, "agent"), DISPLAY: "127.0.0.1:9" });
  try {
    const personal = "ForwardAgent yes\nForwardX11 yes\nForwardX11Trusted yes\nRequestTTY force\nTunnel no\n";
    const config = join(folder, "config");
    writeFileSync(
      config,
      `${personal}RemoteCommand false\nStdinNull yes\nSessionType none\nForkAfterAuthentication yes\n` +
        `AddKeysToAgent yes\nControlMaster auto\nControlPersist 60\nControlPath ${folder}/master\nPermitLocalCommand yes\n` +
        `LocalCommand touch ${folder}/touched\nLocalForward 127.0.0.1:${forwarded} 127.0.0.1:${sshd.port}\n`,
    );
    const way = openTransport({
      kind: "openssh",
      acceptNewHostKeys: false,
      knownHostsFiles: [sshd.knownHosts],
      configFile: config,
    });
    const { port, keyFile } = sshd;
    const sshArgs = ["-A", "-X", "-tt", "-M", "-S", `${folder}/master`, "-oForwardAgent=yes"];
    const session = await open({
      transport: way,
      target: { name: "web1", host: "127.0.0.1", user: "root", sudo: false, port, keyFile, sshArgs },
    });
    const shown = await ask(session, 'echo "$SSH_AUTH_SOCK|$DISPLAY|$SSH_TTY"');
    expect(textOf(shown.stdout)).toBe("||\n");
    expect(await freePort(forwarded)).toBe(forwarded);
    const listed = spawnSync("ssh-add", ["-l"], { encoding: "utf8" });
    expect(listed.stdout).toContain("no identities");
    await session.close();
    expect(readdirSync(folder).sort()).toEqual(["agent", "config"]);
  } finally {
    process.env = before;
    agent.kill();
    await sshd.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The start of a private key file in OpenSSH's format. */
function keyText(cipher: string, type: string): Buffer {
  const field = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  const text = (word: string): Buffer => field(Buffer.from(word));
  const key = field(Buffer.concat([text(type), text("x")]));
  const data = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    text(cipher),
    text("none"),
    text(""),
    Buffer.from([0, 0, 0, 1]),
    key,
  ]);
  return Buffer.from(
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${data.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----\n`,
  );
}

it.each([
  ["plain", keyText("none", "ssh-ed25519"), "plain"],
  ["with a passphrase", keyText("aes256-ctr", "ssh-ed25519"), "encrypted"],
  ["in a FIDO device", keyText("none", "sk-ssh-ed25519@openssh.com"), "fido"],
  ["PEM", Buffer.from("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"), "plain"],
  [
    "PEM with a passphrase",
    Buffer.from("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"),
    "encrypted",
  ],
  ["PKCS8 with a passphrase", Buffer.from("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n"), "encrypted"],
  ["empty", Buffer.alloc(0), "plain"],
])("a key file: %s", (_what, bytes, state) => {
  expect(parseKeyFile("/k", bytes, "").state).toBe(state);
});
