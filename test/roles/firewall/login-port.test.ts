import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loginPortFact, loginPorts } from "../../../roles/firewall/login-port.ts";
import type { Json } from "../../../src/model/json.ts";
import { openTransport } from "../../../src/transport/connect.ts";
import type { Target } from "../../../src/transport/transport.ts";
import { ask, open, textOf } from "../../transport/contract.ts";
import { type Account, makeAccount, type Sshd, startSshd } from "../../transport/sshd.ts";
import { facts } from "../scenario.ts";

const source = { file: "test", line: 1, col: 1 };
const portsOf = (told: string | undefined, vars: Readonly<Record<string, Json>>): readonly number[] =>
  loginPorts(
    {
      name: "web1",
      groups: ["all"],
      vars: new Map(Object.entries(vars).map(([name, value]) => [name, { value, origin: { source } }])),
      source,
    },
    { ...facts, role: new Map(told === undefined ? [] : [["loginPort", told]]) },
  );

it.each<[told: string | undefined, vars: Record<string, Json>, ports: number[]]>([
  ["2222", { ansible_port: 22 }, [2222]],
  ["22\n2222", {}, [22, 2222]],
  ["", { ansible_port: "2222" }, [2222]],
  [undefined, { ansible_ssh_port: 2222 }, [2222]],
  ["garbage", { ansible_port: null, ansible_ssh_port: 2200 }, [2200]],
  ["99999", {}, [22]],
])("told %j with the variables %j: %j", (told, vars, ports) => {
  expect(portsOf(told, vars)).toEqual(ports);
});

it("the question passes shellcheck", () => {
  execFileSync("shellcheck", ["-s", "sh", "-"], { input: loginPortFact });
});

describe("the port by which a login has come in", () => {
  let sshd: Sshd;
  let gate: Sshd;
  let knownHosts: string;
  const accounts: Account[] = [];
  beforeAll(async () => {
    [sshd, gate] = await Promise.all([startSshd(), startSshd()]);
    accounts.push(
      makeAccount("/bin/bash", "ALL=(ALL) NOPASSWD: ALL"),
      makeAccount("/bin/sh", "ALL=(ALL) ALL"),
    );
    knownHosts = join(sshd.folder, "both");
    writeFileSync(knownHosts, [sshd, gate].map((each) => readFileSync(each.knownHosts, "utf8")).join(""));
  });
  afterAll(async () => {
    await Promise.all([sshd?.stop(), gate?.stop()]);
    for (const account of accounts) account.remove();
  });

  async function seen(kind: "ssh" | "openssh", verb: "look" | undefined, more: Partial<Target>) {
    const transport = openTransport({
      kind,
      acceptNewHostKeys: false,
      knownHostsFiles: [knownHosts],
      configFile: "/dev/null",
      agentSocket: "",
    });
    const { port, keyFile } = sshd;
    const target = { name: "web1", host: "127.0.0.1", port, keyFile, user: "root", sudo: false, ...more };
    const session = await open({ transport, target });
    const answer = await ask(session, loginPortFact, verb === undefined ? {} : { verb });
    await session.close();
    return textOf(answer.stdout);
  }

  const ways: readonly (readonly [string, () => Partial<Target>])[] = [
    ["as root", () => ({})],
    ["through sudo", () => ({ user: accounts[0]?.name ?? "", sudo: true })],
    [
      "through sudo with a password",
      () => ({ user: accounts[1]?.name ?? "", sudo: true, sudoPassword: accounts[1]?.password ?? "" }),
    ],
  ];
  it.each(ways)("is what its sshd says: %s", async (_what, more) => {
    for (const kind of ["ssh", "openssh"] as const)
      for (const verb of ["look", undefined] as const)
        expect(await seen(kind, verb, more())).toBe(`${sshd.port}\n`);
  });

  it("is that of the host, not of its jump host or of a forwarded port", async () => {
    const config = join(sshd.folder, "config");
    writeFileSync(
      config,
      `Host gate\n HostName 127.0.0.1\n Port ${gate.port}\n User root\n IdentityFile ${gate.keyFile}\n`,
    );
    const sshArgs = ["-F", config, "-J", "gate"];
    const sudo = { user: accounts[0]?.name ?? "", sudo: true };
    expect(await seen("ssh", "look", { sshArgs, ...sudo })).toBe(`${sshd.port}\n`);
  });

  it("where there is no login, or none over a network, every port of sshd is told", () => {
    const told = (env: NodeJS.ProcessEnv): string =>
      spawnSync("setsid", ["-f", "-w", "sh", "-c", loginPortFact], { env, encoding: "utf8" }).stdout;
    const path = { PATH: process.env.PATH };
    const every = execFileSync("sh", ["-c", "sshd -T | sed -n 's/^port //p'"], {
      encoding: "utf8",
      env: path,
    });
    expect(told({ ...path, SSH_CONNECTION: "UNKNOWN 65535 UNKNOWN 65535" })).toBe(every);
  });
});
