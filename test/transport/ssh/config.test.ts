import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveConfig } from "../../../src/transport/ssh/config.ts";
import { linesForHost } from "../../../src/transport/ssh/config-files.ts";
import { parseJump } from "../../../src/transport/ssh/jump-hosts.ts";
import { openSshOnlyOption } from "../../../src/transport/ssh/openssh-only.ts";
import { HARMLESS, methodsOf, parseArgs, parseDump, SUPPORTED } from "../../../src/transport/ssh/options.ts";

/** Keywords that `ssh` applies itself. The name of the host that it prints is the result. */
const APPLIED_BY_SSH =
  "host canonicaldomains canonicalizepermittedcnames canonicalizefallbacklocal canonicalizehostname canonicalizemaxdots".split(
    " ",
  );

/** Keywords without effect here: they concern certificates, forwarding, terminals or packets. */
const WITHOUT_EFFECT = [
  "casignaturealgorithms hostbasedacceptedalgorithms pubkeyacceptedalgorithms pubkeyacceptedkeytypes securitykeyprovider",
  "hostbasedkeytypes enablesshkeysign enableescapecommandline forkafterauthentication gatewayports gssapikexalgorithms",
  "gssapirenewalforcesrekey gssapitrustdns gssapiclientidentity gssapiserveridentity ipqos permitremoteopen proxyusefdpass",
  "rekeylimit sessiontype stdinnull streamlocalbindmask streamlocalbindunlink syslogfacility tunnel tunneldevice tag",
  "clearallforwardings remotecommand localforward remoteforward dynamicforward kbdinteractivedevices channeltimeout",
  "obscurekeystroketiming nohostauthenticationforlocalhost challengeresponseauthentication warnweakcrypto refuseconnection",
].flatMap((line) => line.split(" "));

/** Whether a value of a keyword requires OpenSSH or restricts the login methods. */
const hasEffect = (keyword: string): boolean =>
  ["yes", "no", "4096"].some((value) => {
    const options = new Map([[keyword, [value]]]);
    return openSshOnlyOption(options, false) !== undefined || methodsOf(options) !== undefined;
  });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "provision-config-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function file(text: string): string {
  const path = join(folder, `config${count++}`);
  writeFileSync(path, text);
  return path;
}

describe("whether config files need ssh -G for a host", () => {
  it.each<[what: string, text: string, needsSsh: boolean]>([
    ["nothing", "", false],
    [
      "what Debian puts there",
      "Include /etc/none.d/*.conf\nHost *\n  SendEnv LANG LC_*\n  HashKnownHosts yes\n  GSSAPIAuthentication yes\n",
      false,
    ],
    ["a block for another host", "Host github.com\n  User git\n  IdentityFile ~/.ssh/gh\n", false],
    ["a block for sockets, as systemd puts there", "Host unix/* vsock/*\n  ProxyCommand x %h\n", false],
    ["a block for this host", "Host web*\n  User deploy\n", true],
    ["a block that leaves this host out", "Host web* !web1\n  User deploy\n", false],
    ["a setting for all", "User=deploy\n", true],
    ["multiplexing, which is not used", "Host *\n ControlMaster auto\n ControlPath ~/x\n", false],
    ["host key checking off, which is not obeyed", "Host *\n StrictHostKeyChecking no\n", false],
    ["Match", "Match exec true\n  User x\n", true],
    ["an Include that only ssh can follow", "Include ~/.ssh/more\n", true],
    ["an unknown keyword", "Host *\n RekeyLimit 1G\n", true],
    ["a comment", "# User deploy\n", false],
    ["a block for several hosts in quotes", 'Host "db1" "web1"\n  User deploy\n', true],
  ])("%s", (_what, text, needsSsh) => {
    expect(linesForHost([file(text)], "web1").needsSsh).toBe(needsSsh);
  });

  it("follows plain Includes", () => {
    expect(linesForHost([file(`Include ${file("User x\n")}\n`)], "web1").needsSsh).toBe(true);
    expect(linesForHost([file(`Include ${file("HashKnownHosts yes\n")}\n`)], "web1")).toMatchObject({
      needsSsh: false,
      hashKnownHosts: true,
    });
  });
});

describe("options of ssh in inventories", () => {
  it.each<[args: string[], options: Record<string, string[]>, understood: boolean]>([
    [["-o", "Port=23", "-oUser=x"], { port: ["23"], user: ["x"] }, true],
    [
      ["-p23", "-p", "24", "-l", "x", "-J", "j1,j2"],
      { port: ["23"], user: ["x"], proxyjump: ["j1,j2"] },
      true,
    ],
    [["-i", "a", "-o", "IdentityFile=b"], { identityfile: ["a", "b"] }, true],
    [
      ["-o", 'UserKnownHostsFile="a b"', "-C", "-o", "StrictHostKeyChecking no"],
      { userknownhostsfile: ["a b"], stricthostkeychecking: ["no"] },
      true,
    ],
    [["-4"], { addressfamily: ["inet"] }, true],
    [["-o", "HostKeyAlgorithms=+ssh-rsa"], { hostkeyalgorithms: ["+ssh-rsa"] }, false],
    [["-o", "BindAddress=1.2.3.4"], { bindaddress: ["1.2.3.4"] }, false],
    [["-W", "a:1"], {}, false],
  ])("%j", (args, options, understood) => {
    const parsed = parseArgs(args);
    expect([Object.fromEntries(parsed.options), parsed.understood]).toEqual([options, understood]);
  });

  it.each([
    ["host", { host: "host" }],
    ["me@host:2222", { host: "host", user: "me", port: 2222 }],
    ["ssh://me@[fe80::1]:22", { host: "fe80::1", user: "me", port: 22 }],
  ])("jump host %s", (text, expected) => {
    expect(parseJump(text)).toEqual(expected);
  });
});

describe("a host's settings", () => {
  it("are OpenSSH's defaults without a config", async () => {
    expect(await resolveConfig({ host: "web1" }, { configFile: "/dev/null", agentSocket: "/agent" })).toEqual(
      {
        host: "web1",
        port: 22,
        user: userInfo().username,
        family: 0,
        identityFiles: ["rsa", "ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk"].map(
          (type) => `${homedir()}/.ssh/id_${type}`,
        ),
        namedKeys: [],
        identitiesOnly: false,
        agent: "/agent",
        knownHosts: [
          `${homedir()}/.ssh/known_hosts`,
          `${homedir()}/.ssh/known_hosts2`,
          "/etc/ssh/ssh_known_hosts",
          "/etc/ssh/ssh_known_hosts2",
        ],
        hashKnownHosts: false,
        jumps: [],
      },
    );
  });

  it("distinguish named keys from default keys, and have absolute paths", async () => {
    const needsSsh = file("Host web1\n  User deploy\n"); // `ssh -G` prints its default keys
    const sources = { configFile: needsSsh, agentSocket: "" };
    expect((await resolveConfig({ host: "web1" }, sources)).namedKeys).toEqual([]);
    for (const configFile of [needsSsh, "/dev/null"])
      for (const keyFile of ["keys/id", "~/.ssh/id_ed25519"]) {
        const path = keyFile.startsWith("~") ? `${homedir()}/.ssh/id_ed25519` : resolve(keyFile);
        const config = await resolveConfig({ host: "web1", keyFile }, { ...sources, configFile });
        expect(config).toMatchObject({ identityFiles: [path], namedKeys: [path] });
      }
  });

  it("come from the user's config through ssh -G, and the inventory overrides them", async () => {
    const configFile = file(`
Host web1
  HostName 10.0.0.%h
  Port 2200
  User deploy
  ProxyJump a@j1:23,j2
  IdentityFile ~/k1
  IdentityFile /k2-%r
  IdentitiesOnly yes
  IdentityAgent none
  HostKeyAlias web
  UserKnownHostsFile /kh1 /kh2
  GlobalKnownHostsFile none
  Ciphers aes256-ctr
`);
    const config = await resolveConfig(
      { host: "web1", port: 2300, keyFile: "/own" },
      { configFile, agentSocket: "/agent" },
    );
    expect(config).toMatchObject({
      host: "10.0.0.web1",
      port: 2300,
      user: "deploy",
      jumps: ["a@j1:23", "j2"],
      identityFiles: ["/own", `${homedir()}/k1`, "/k2-deploy"],
      namedKeys: ["/own", `${homedir()}/k1`, "/k2-deploy"],
      identitiesOnly: true,
      hostKeyAlias: "web",
      knownHosts: ["/kh1", "/kh2"],
      allowed: { cipher: ["aes256-ctr"] },
    });
    expect(config.agent).toBeUndefined();
    expect(config.openSshOnly).toBeUndefined();
  });

  it("are the same with and without ssh -G", async () => {
    const args = [
      "-o",
      "UserKnownHostsFile=/kh",
      "-o",
      "IdentityFile=/k",
      "-p",
      "2222",
      "-l",
      "me",
      "-J",
      "j",
    ];
    const sources = { configFile: "/dev/null" };
    const here = await resolveConfig({ host: "web1", args }, sources);
    // With an unknown option, ssh -G works out all of them.
    const { allowed, ...there } = await resolveConfig(
      { host: "web1", args: [...args, "-o", "RekeyLimit=1G"] },
      sources,
    );
    expect(allowed?.kex.length).toBeGreaterThan(3);
    expect(there).toEqual(here);
  });

  it.each([
    ["-o", "ProxyCommand=nc %h %p"],
    ["-o", "CertificateFile=/c"],
    ["-o", "PKCS11Provider=/lib.so"],
    ["-o", "GSSAPIAuthentication=yes"],
    ["-o", "KnownHostsCommand=/bin/echo"],
    ["-o", "BindAddress=127.0.0.1"],
    ["-b", "127.0.0.1"],
    ["-o", "BindInterface=lo"],
    ["-B", "lo"],
    ["-o", "RevokedHostKeys=/krl"],
    ["-o", "VerifyHostKeyDNS=yes"],
    ["-o", "HostbasedAuthentication=yes"],
    ["-o", "RequiredRSASize=4096"],
  ])("%s %s needs OpenSSH", async (...args) => {
    expect((await resolveConfig({ host: "web1", args }, { configFile: "/dev/null" })).openSshOnly).toBeTypeOf(
      "string",
    );
  });

  it.each([
    ["BindAddress 127.0.0.1", "BindAddress"],
    ["KnownHostsCommand /bin/echo", "KnownHostsCommand"],
    ["BindInterface lo", "BindInterface"],
    ["BindAddress none", undefined],
    ["VerifyHostKeyDNS no", undefined],
  ])("%s in a config file: %s", async (line, option) => {
    const configFile = file(`Host *\n ${line}\n`);
    expect((await resolveConfig({ host: "web1" }, { configFile })).openSshOnly).toBe(option);
  });

  it.each([
    [
      ["-o", "PubkeyAuthentication=no"],
      ["password", "keyboard-interactive"],
    ],
    [
      ["-o", "PreferredAuthentications=password,publickey"],
      ["password", "publickey"],
    ],
    [["-o", "PreferredAuthentications=password,publickey", "-o", "PasswordAuthentication=no"], ["publickey"]],
    [[], undefined],
  ])("%j allows the methods %j", async (args, methods) => {
    expect((await resolveConfig({ host: "web1", args }, { configFile: "/dev/null" })).methods).toEqual(
      methods,
    );
  });

  it("expand tokens and variables in paths", async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is ssh_config
    const configFile = file("Host *\n IdentityFile ${HOME}/k-%i-%n\n UserKnownHostsFile /known/%h\n");
    const found = await resolveConfig({ host: "web1" }, { configFile });
    expect(found.identityFiles).toEqual([`${process.env.HOME}/k-${userInfo().uid}-web1`]);
    expect(found.knownHosts[0]).toBe("/known/web1");
  });

  it("that ssh refuses are reported", async () => {
    const configFile = file("Host *\n Prot 2222\n");
    expect((await resolveConfig({ host: "web1" }, { configFile })).refused).toMatch(
      /Bad configuration option/,
    );
  });

  const hosts = ["web1", "web2", "Web1", "db1", "bastion", "10.0.0.7"];

  it.each([
    ["the same for all", "Host *\n User deploy\n ProxyJump bastion\n IdentityFile ~/.ssh/deploy\n", 2],
    ["by patterns", "Host web*\n User w\nHost db* !db2\n Port 2200\nHost *\n ForwardAgent yes\n", 2],
    ["in quotes", 'Host "web1" "web2"\n Port 77\n', 6],
    ["with a comment", "Host web1 # web2\n Port 77\n", 6],
    ["in capital letters", "Host web2 Web*\n User upper\nHost *\n Port 2201\n", 2],
    ["with the name in it", "Host *\n IdentityFile /keys/%n\n", 6],
    ["with other names", "Host web*\n HostName 10.9.%h\n Port 2202\n", 2],
    ["by Match", "Match host web2\n User m\n", 6],
  ])("%s are OpenSSH's, with few processes", async (_what, text, most) => {
    const configFile = file(text);
    const log = file("");
    const bin = join(folder, `bin${basename(log)}`);
    mkdirSync(bin);
    const real = execFileSync("sh", ["-c", "command -v ssh"], { encoding: "utf8" }).trim();
    writeFileSync(join(bin, "ssh"), `#!/bin/sh\necho >> ${log}\nexec ${real} "$@"\n`, { mode: 0o755 });
    const path = process.env.PATH;
    process.env.PATH = `${bin}:${path}`;
    const found = await Promise.all(hosts.map((host) => resolveConfig({ host }, { configFile })));
    process.env.PATH = path;
    for (const [index, host] of hosts.entries()) {
      const { stdout, status } = spawnSync(real, ["-G", "-F", configFile, "--", host], { encoding: "utf8" });
      const said = parseDump(stdout);
      const { refused, host: name, user, port, jumps } = found[index] ?? {};
      if (status !== 0) expect(refused, host).toContain("loop");
      else
        expect([name?.toLowerCase(), user, String(port), jumps?.join(",") || undefined], host).toEqual(
          ["hostname", "user", "port", "proxyjump"].map((keyword) => said.get(keyword)?.[0]),
        );
    }
    expect(readFileSync(log, "utf8").length).toBeLessThanOrEqual(most);
  });

  it("every keyword of ssh -G is supported, harmless, left to OpenSSH, or without effect here", () => {
    const dump = parseDump(execFileSync("ssh", ["-G", "-F", "/dev/null", "web1"], { encoding: "utf8" }));
    const known = new Set([...SUPPORTED, ...HARMLESS, ...APPLIED_BY_SSH, ...WITHOUT_EFFECT]);
    expect([...dump.keys()].filter((keyword) => !known.has(keyword) && !hasEffect(keyword))).toEqual([]);
  });
});
