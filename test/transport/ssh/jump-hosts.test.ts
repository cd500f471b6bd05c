import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Failure } from "../../../src/model/failure.ts";
import { raw } from "../../../src/script/script.ts";
import { openTransport, type TransportOptions } from "../../../src/transport/connect.ts";
import type { Target } from "../../../src/transport/transport.ts";
import { ask, open, textOf } from "../contract.ts";
import { eventually, type Sshd, startSshd } from "../sshd.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "provision-jumps-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function file(text: string): string {
  const path = join(folder, `file${count++}`);
  writeFileSync(path, text);
  return path;
}

function transport(
  kind: TransportOptions["kind"],
  more: Partial<TransportOptions>,
): ReturnType<typeof openTransport> {
  return openTransport({ kind, acceptNewHostKeys: false, agentSocket: "", ...more });
}

const kinds = ["auto", "ssh", "openssh"] as const;

describe("a loop of jump hosts is refused before any connection", () => {
  async function refusal(
    kind: TransportOptions["kind"],
    config: string,
    more: Partial<Target> = {},
  ): Promise<Failure | undefined> {
    const way = transport(kind, { configFile: file(config) });
    const target = { name: "shop1", host: "192.0.2.11", sudo: false, ...more };
    const session = await way.connect(target, { deadline: 5_000 });
    return session.ok ? undefined : session.error;
  }

  it.each(kinds)("%s: a pattern that also matches the jump host", async (kind) => {
    const config = "Host *\n ProxyJump gate\nHost gate\n HostName 192.0.2.1\n";
    expect(await refusal(kind, config)).toMatchObject({
      code: "unreachable",
      message: "shop1: the jump host gate is its own jump host",
      detail: "192.0.2.11 is reached through gate, gate through gate",
    });
  });

  it.each(kinds)("%s: two that name each other", async (kind) => {
    const config = "Host a\n ProxyJump b\nHost b\n ProxyJump a\nHost 192.0.2.*\n ProxyJump a\n";
    expect(await refusal(kind, config)).toMatchObject({
      message: "shop1: the jump host a is its own jump host",
      detail: "192.0.2.11 is reached through a, a through b, b through a",
    });
  });

  it("two hosts at once, each through the other's jump host", async () => {
    const configFile = file("Host a\n ProxyJump b\nHost b\n ProxyJump a\n");
    const way = transport("ssh", { configFile });
    const through = (jump: string): Target => ({ name: jump, host: "x", sudo: false, sshArgs: ["-J", jump] });
    const both = ["a", "b"].map((jump) => way.connect(through(jump), { deadline: 5_000 }));
    expect((await Promise.all(both)).map(({ ok }) => ok)).toEqual([false, false]);
  });

  it.each<[what: string, config: string, args: string[], name: string]>([
    [
      "three in a ring",
      "Host a\n ProxyJump b\nHost b\n ProxyJump c\nHost c\n ProxyJump a\n",
      ["-J", "a"],
      "a",
    ],
    ["twice in one list", "", ["-J", "gate,gate"], "gate"],
    ["twice in one list, with another between", "", ["-J", "gate,other,gate"], "gate"],
    ["a list, and the config of its first jump host", "Host a\n ProxyJump b\n", ["-J", "a,b"], "b"],
    ["in other letters", "Host gate\n ProxyJump GATE\n", ["-J", "gate"], "GATE"],
    ["as an address of ssh", "Host gate\n ProxyJump ssh://gate:22\n", ["-J", "gate"], "gate"],
    ["in the file that the host's options name", "", ["-F", "FILE"], "gate"],
  ])("%s", async (_what, config, args, name) => {
    const own = file("Host *\n ProxyJump gate\n");
    const sshArgs = args.map((word) => (word === "FILE" ? own : word));
    expect((await refusal("ssh", config, { sshArgs }))?.message).toBe(
      `shop1: the jump host ${name} is its own jump host`,
    );
  });

  it("a host that is its own jump host", async () => {
    const target = { name: "gate", host: "gate", sshArgs: ["-J", "gate"] };
    expect((await refusal("ssh", "", target))?.message).toBe("gate: the host is its own jump host");
  });

  it("names that grow without end", async () => {
    expect((await refusal("ssh", "Host *\n ProxyJump x%n\n"))?.message).toBe(
      "shop1: the route has more than 15 jump hosts",
    );
  });
});

describe("what a jump host gets from the host behind it", () => {
  let gate: Sshd;
  let shop: Sshd;
  let known: string;
  beforeAll(async () => {
    [gate, shop] = await Promise.all([startSshd(), startSshd()]);
    known = file([gate, shop].map((each) => readFileSync(each.knownHosts, "utf8")).join(""));
  });
  afterAll(() => Promise.all([gate?.stop(), shop?.stop()]));

  /** An ssh config with the host and its jump host. */
  const config = (more = ""): string =>
    file(
      `Host gate\n HostName 127.0.0.1\n Port ${gate.port}\n User root\n IdentityFile ${gate.keyFile}\n${more}` +
        `Host shop1\n HostName 127.0.0.1\n Port ${shop.port}\n User root\n IdentityFile ${shop.keyFile}\n ProxyJump gate\n`,
    );

  it.each(kinds)("%s: the config file of its options", async (kind) => {
    const target = { name: "shop1", host: "shop1", sudo: false, sshArgs: ["-F", config()] };
    const way = transport(kind, { knownHostsFiles: [known] });
    const session = await open({ transport: way, target });
    expect(textOf((await ask(session, "echo $SSH_CONNECTION")).stdout)).toMatch(
      new RegExp(`127\\.0\\.0\\.1 ${shop.port}$`, "m"),
    );
    expect(gate.sessions().length).toBeGreaterThan(0);
    await session.close();
  });

  it.each(kinds)("%s: the rules for host keys, whatever the user's config says", async (kind) => {
    const lax = "Host *\n StrictHostKeyChecking no\n UserKnownHostsFile /dev/null\n";
    const configFile = file(`${lax}${readFileSync(config(), "utf8")}`);
    const target = { name: "shop1", host: "shop1", sudo: false };
    const onlyShop = file(readFileSync(shop.knownHosts, "utf8"));
    const failed = await failureOf(transport(kind, { configFile, knownHostsFiles: [onlyShop] }), target);
    expect(failed).toMatchObject({ code: "host-key-unknown" });
    const session = await open({
      transport: transport(kind, { configFile, knownHostsFiles: [onlyShop], acceptNewHostKeys: true }),
      target,
    });
    expect((await ask(session, "true")).code).toBe(0);
    await session.close();
    expect(readFileSync(onlyShop, "utf8")).toContain(`[127.0.0.1]:${gate.port} `);
    const otherKey = readFileSync(join(shop.folder, "host_rsa.pub"), "utf8");
    const changed = file(`[127.0.0.1]:${gate.port} ${otherKey}${readFileSync(shop.knownHosts, "utf8")}`);
    const way = transport(kind, { configFile, knownHostsFiles: [changed], acceptNewHostKeys: true });
    expect(await failureOf(way, target)).toMatchObject({ code: "host-key-changed" });
  });

  it("openssh: no options for interactive sessions", async () => {
    const [touched, socket] = [join(folder, "touched"), join(folder, "master-%C")];
    const personal =
      "ControlMaster auto\n ControlPersist 60\n RequestTTY force\n ForwardAgent yes\n PermitLocalCommand yes\n" +
      ` StdinNull yes\n SessionType none\n ControlPath ${socket}\n LocalCommand touch ${touched}\n`;
    const configFile = file(`Host *\n ${personal}\n${readFileSync(config(), "utf8")}`);
    const way = transport("openssh", { configFile, knownHostsFiles: [known] });
    const session = await open({ transport: way, target: { name: "shop1", host: "shop1", sudo: false } });
    expect((await ask(session, "true")).code).toBe(0);
    await session.close();
    expect(readdirSync(folder).filter((name) => /^(touched|master)/.test(name))).toEqual([]);
    await eventually("no master stays on the jump host", () => gate.sessions().length === 0);
  });
});

async function failureOf(
  way: ReturnType<typeof openTransport>,
  target: Target,
): Promise<Failure | undefined> {
  const session = await way.connect(target, { deadline: 10_000 });
  if (!session.ok) return session.error;
  const answer = await session.value.request(raw("true"), { deadline: 10_000, waitingFor: "a refusal" });
  await session.value.close();
  return answer.ok ? undefined : answer.error;
}
