import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sameAddress } from "../../../roles/keepalived/address.ts";
import { keepalived } from "../../../roles/keepalived/role.ts";
import { servicesOf } from "../../../src/base/provided.ts";
import type { Address } from "../../../src/model/facts.ts";
import type { Json } from "../../../src/model/json.ts";
import type { Peer } from "../../../src/model/role.ts";
import { Daemons, needProgram } from "../daemon.ts";
import { shellcheck } from "../haproxy/balancer.ts";
import { desiredOn, type HostSpec, scenarioOf, textAt } from "../scenario.ts";

const daemons = new Daemons();
beforeAll(() => needProgram("keepalived", "keepalived"));
afterAll(() => daemons.end());

const path = "/etc/keepalived/keepalived.conf";
const on = (name: string, address: string, prefix = 24): Address => ({ interface: name, address, prefix });

/** A balancer, or any host of the role. */
const host = (address: string, vars: Json, more: Partial<HostSpec> = {}): HostSpec => ({
  address,
  roles: { haproxy: {}, keepalived: vars },
  facts: { addresses: [on("lo", "127.0.0.1", 8), on("eth0", address)] },
  ...more,
});

function pair(vars: Json, more: Readonly<Record<string, HostSpec>> = {}): Readonly<Record<string, HostSpec>> {
  return {
    lb1: host("10.0.0.11", vars),
    lb2: host("10.0.0.12", vars),
    web1: { address: "10.0.0.21", roles: { sidecar: {}, nginx: {} } },
    app1: { address: "10.0.0.31", roles: { gunicorn: {} } },
    ...more,
  };
}

const configOf = (name: string, specs: Readonly<Record<string, HostSpec>>): string =>
  textAt(path, desiredOn(name, specs));
const valuesOf = (word: string, text: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^ +${word} (.+)$`, "gm"))].map(([, value = ""]) => value);

/** What is wrong before any host is contacted, else what the host's own interfaces do not allow. */
function problemOf(name: string, specs: Readonly<Record<string, HostSpec>>): string {
  const built = scenarioOf(specs);
  if (!built.ok) return built.error.map(({ message, hint }) => `${message}; ${hint}`).join("\n");
  const result = built.value.get(name)?.();
  return result?.ok === false ? result.error.message : "none";
}

/** keepalived looks whether there is such an interface, and takes no loopback. */
function realInterface(): string {
  const found = Object.entries(networkInterfaces()).find(([, all = []]) =>
    all.some(({ internal }) => !internal),
  );
  if (found === undefined) throw new Error("this machine has no network interface beside its loopback");
  return found[0];
}

const single = { addresses: ["10.0.0.10/24"] };
const two = { instances: { a: { addresses: ["10.0.0.9/24"] }, b: { addresses: ["10.0.0.10/24"] } } };

describe("the rendered keepalived.conf", () => {
  it.each<[string, Json]>([
    ["active-passive", single],
    ["active-active", two],
    [
      "with both families, and every other variable",
      {
        addresses: ["10.0.0.10/24", "fd00::10/64"],
        routerId: 7,
        advertInterval: 1,
        follow: ["haproxy", "other@a.service"],
        onChange: 'logger "$instance is $state"',
      },
    ],
  ])("%s is good in the eyes of keepalived", (_name, vars) => {
    const here = Object.entries(
      pair({ interface: realInterface(), ...(typeof vars === "object" ? vars : {}) }),
    );
    const text = configOf("lb1", Object.fromEntries(here));
    const notify = join(daemons.folder, "notify");
    writeFileSync(notify, textAt("/etc/keepalived/notify", desiredOn("lb1", Object.fromEntries(here))), {
      mode: 0o755,
    });
    expect(spawnSync("sh", ["-n", notify]).status).toBe(0);
    const file = join(daemons.folder, "keepalived.conf");
    const answers = join(daemons.folder, "answers");
    cpSync(resolve(import.meta.dirname, "../../../roles/keepalived/files/keepalived-answers"), answers);
    chmodSync(answers, 0o755);
    const programs = { "/etc/keepalived/notify": notify, "/usr/lib/provision/keepalived-answers": answers };
    writeFileSync(
      file,
      Object.entries(programs).reduce((all, [there, own]) => all.replaceAll(there, own), text),
    );
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
    const { status, stderr } = spawnSync("keepalived", ["--config-test", "-f", file], {
      encoding: "utf8",
      env,
    });
    expect([status, stderr]).toEqual([0, ""]);
  });

  it("never sends from a floating IPv6 address: of two in a network the kernel would take the younger one", () => {
    const vars = { addresses: ["10.0.0.10/24", "fd00::10/64"] };
    const text = configOf("lb1", pair(vars));
    expect(text).toContain("virtual_ipaddress {\n        10.0.0.10/24\n    }");
    expect(text).toContain("virtual_ipaddress_excluded {\n        fd00::10/64 preferred_lft 0\n    }");
  });

  it("lets one address stay where it is, and gives two their own hosts", () => {
    const [first, second] = [configOf("lb1", pair(single)), configOf("lb2", pair(single))];
    expect([valuesOf("priority", first), valuesOf("priority", second)]).toEqual([["250"], ["240"]]);
    expect(first).toContain("    nopreempt\n");
    const [left, right] = [configOf("lb1", pair(two)), configOf("lb2", pair(two))];
    expect([valuesOf("priority", left), valuesOf("priority", right)]).toEqual([
      ["250", "240"],
      ["240", "250"],
    ]);
    expect([left.includes("nopreempt"), valuesOf("preempt_delay", left)]).toEqual([false, ["60", "60"]]);
  });

  it("gives the addresses of `preferred` to that host", () => {
    const vars = { instances: { a: { addresses: ["10.0.0.9/24"], preferred: "lb2" } } };
    expect(valuesOf("priority", configOf("lb2", pair(vars)))).toEqual(["250"]);
    const wrong = { instances: { a: { addresses: ["10.0.0.9/24"], preferred: "web1" } } };
    expect(problemOf("lb1", pair(wrong))).toMatch(
      /`keepalived\.instances\.a\.preferred` is web1, which does not have the address 10\.0\.0\.9/,
    );
  });

  it("speaks to the hosts that share the address, and to no others", () => {
    const other = { addresses: ["10.0.0.20/24"] };
    const specs = pair(single, { lb3: host("10.0.0.13", other), lb4: host("10.0.0.14", other) });
    expect(configOf("lb1", specs)).toContain("unicast_peer {\n        10.0.0.12\n    }");
    expect(configOf("lb4", specs)).toContain("unicast_peer {\n        10.0.0.13\n    }");
    expect(valuesOf("priority", configOf("lb3", specs))).toEqual(["250"]);
  });

  it("lets go where the service that provides `web` on the same host ends", () => {
    const wanted = desiredOn("lb1", pair(single));
    expect(configOf("lb1", pair(single))).toContain(
      "    file /run/keepalived/haproxy.follow\n    weight 0\n",
    );
    expect(textAt("/etc/systemd/system/haproxy.service.d/keepalived.conf", wanted)).toContain(
      "ExecStopPost=-+/bin/sh -c 'mkdir -p /run/keepalived && echo 1 >/run/keepalived/haproxy.follow'",
    );
    const alone = { lb1: { ...host("10.0.0.11", single), roles: { keepalived: single } } };
    expect(configOf("lb1", alone)).not.toContain("track_file");
  });

  it("asks the service of its host, and those of the others: a frozen one runs, but does not answer", () => {
    expect(configOf("lb1", pair(single))).toContain(
      `    script "/usr/lib/provision/keepalived-answers /etc/keepalived/answers-haproxy"\n`,
    );
    expect(textAt("/etc/keepalived/answers-haproxy", desiredOn("lb1", pair(single)))).toBe(
      "200\nhttps://10.0.0.11:443/haproxy-alive\nhttps://10.0.0.12:443/haproxy-alive\n",
    );
    expect(configOf("lb1", pair(single))).toContain("    track_script {\n        answers-haproxy\n    }\n");
    expect(configOf("lb1", pair({ ...single, follow: ["haproxy"] }))).not.toContain("vrrp_script");
  });

  it("reloads for the configuration, restarts for what systemd reads of it", () => {
    const unit = desiredOn("lb1", pair(single)).find(
      ({ kind, key }) => kind === "unit" && key === "keepalived",
    );
    expect(unit?.reloadOn).toEqual([`file:${path}`]);
    expect(unit?.restartOn).toEqual([
      "file:/etc/systemd/system/keepalived.service.d/provision.conf",
      "file:/etc/systemd/system/haproxy.service.d/keepalived.conf",
    ]);
  });
});

describe("the interface", () => {
  const interfaceOn = (addresses: readonly Address[], vars: Json = single) =>
    valuesOf(
      "interface",
      configOf("lb1", pair(single, { lb1: host("10.0.0.11", vars, { facts: { addresses } }) })),
    );

  it("is the one where the peers are; the address is on that of its own network, which is watched too", () => {
    const [inner, outer] = [on("eth0", "10.0.0.11"), on("eth1", "203.0.113.11", 28)];
    expect(interfaceOn([inner, outer])).toEqual(["eth0"]);
    expect(interfaceOn([outer, inner], { addresses: ["198.51.100.9/32"] })).toEqual(["eth0"]);
    const specs = {
      lb1: host("10.0.0.11", { addresses: ["203.0.113.9/28"] }, { facts: { addresses: [inner, outer] } }),
    };
    const config = configOf("lb1", pair({ addresses: ["203.0.113.9/28"] }, specs));
    expect(valuesOf("interface", config)).toEqual(["eth0"]);
    expect(config).toContain("203.0.113.9/28 dev eth1");
    expect(config).toMatch(/track_interface \{\s+eth1\s+\}/);
  });

  it("is the same whoever holds the address, and so is the whole configuration", () => {
    const own = [on("eth1", "10.0.0.11", 32), on("eth0", "10.0.0.5")];
    const config = (addresses: readonly Address[]) =>
      configOf("lb1", pair(single, { lb1: host("10.0.0.11", single, { facts: { addresses } }) }));
    expect(config([on("eth9", "10.0.0.10"), ...own])).toBe(config(own));
  });

  it("that cannot be found is asked for, with what the host has", () => {
    const specs = pair(single, {
      lb1: host("10.0.0.11", single, { facts: { addresses: [on("eth0", "192.168.1.2")] } }),
    });
    expect(problemOf("lb1", specs)).toMatch(
      /no interface of lb1 is in the network of 10\.0\.0\.10 or has 10\.0\.0\.11 \(it has: eth0 192\.168\.1\.2\/24\)\. Set `interface`/,
    );
  });

  it("needs hosts that are known by address", () => {
    const named: HostSpec = {
      ...host("balancer.example.org", single),
      facts: { addresses: [on("eth0", "10.0.0.12")] },
    };
    expect(problemOf("lb1", pair(single, { lb2: named }))).toMatch(
      /other hosts reach lb2 as balancer\.example\.org/,
    );
  });
});

describe("addresses that two hosts would both hold", () => {
  const among = (more: Readonly<Record<string, HostSpec>>): string => problemOf("lb1", pair(single, more));

  it.each<[string, Readonly<Record<string, HostSpec>>]>([
    [
      "of groups that are not the same",
      { lb3: host("10.0.0.13", { addresses: ["10.0.0.20/24", "10.0.0.10/24"] }) },
    ],
    ["with others beside them", { lb3: host("10.0.0.13", { addresses: ["10.0.0.10/24", "10.0.0.20/24"] }) }],
    [
      "in an instance",
      { lb3: host("10.0.0.13", { instances: { a: { addresses: ["10.0.0.20", "10.0.0.10"] } } }) },
    ],
    ["with another router id", { lb3: host("10.0.0.13", { addresses: ["10.0.0.10/24"], routerId: 3 }) }],
  ])("%s", (_, more) => {
    expect(among(more)).toMatch(/lb1 and lb3 have 10\.0\.0\.10 with different .*, and would both hold it/);
  });

  it("however they are written", () => {
    const six = (...addresses: readonly string[]): Json => ({ addresses: [...addresses] });
    const written = {
      lb1: host("2001:db8::b", six("2001:db8::10/64")),
      lb2: host("2001:db8::c", six("2001:DB8:0::10/64")),
    };
    expect(problemOf("lb1", { ...pair(single), ...written })).not.toContain("would both hold");
    const apart = { ...written, lb2: host("2001:db8::c", six("2001:db8::20/64", "2001:DB8:0::10/64")) };
    expect(problemOf("lb1", { ...pair(single), ...apart })).toContain("would both hold");
    const twice = problemOf("lb1", {
      ...pair(single),
      ...written,
      lb1: host("2001:db8::b", six("2001:db8::10", "2001:DB8:0::10")),
    });
    expect(twice).toContain("has 2001:db8::10 twice");
  });

  it("because a host has one by itself", () => {
    expect(problemOf("lb1", pair({ addresses: ["10.0.0.21/24"] }))).toContain(
      "10.0.0.21 is the own address of web1; choose a floating address that no host has as its own",
    );
  });
});

describe("router ids", () => {
  const idOf = (address: string) =>
    valuesOf("virtual_router_id", configOf("lb1", pair({ addresses: [address] })))[0];

  it("depend on the address alone, are valid, and differ between neighbours", () => {
    const ids = Array.from({ length: 40 }, (_, n) => Number(idOf(`10.0.0.${n + 100}/24`)));
    expect(idOf("10.0.0.100/24")).toBe(idOf("10.0.0.100"));
    expect(ids.every((id) => id >= 1 && id <= 255)).toBe(true);
    expect(new Set(ids).size).toBeGreaterThan(35);
  });

  it("are no matter between hosts of one address, also where its end is written as that of IPv4", () => {
    const specs = {
      lb1: host("2001:db8::11", { addresses: ["::ffff:10.0.0.10/128"] }),
      lb2: host("2001:db8::12", { addresses: ["::ffff:a00:a/128"] }),
      web1: { address: "2001:db8::21", roles: { sidecar: {}, nginx: {} } },
      app1: { address: "2001:db8::31", roles: { gunicorn: {} } },
    };
    expect(problemOf("lb1", specs)).toBe("none");
    expect(sameAddress("::ffff:10.0.0.10", "::FFFF:A00:A")).toBe(true);
    expect(configOf("lb1", specs)).toContain("2001:db8::12");
  });

  it("that two addresses of the inventory share are refused", () => {
    const other = { addresses: ["10.0.0.20/24"], routerId: Number(idOf("10.0.0.10/24")) };
    const specs = pair(single, { lb3: host("10.0.0.13", other) });
    expect(problemOf("lb1", specs)).toMatch(
      /10\.0\.0\.10 \(lb1\) and 10\.0\.0\.20 \(lb3\) have the same VRRP router id \d+; give one of them another `routerId`/,
    );
  });
});

describe("the order of changes", () => {
  const parsed = keepalived.vars.safeParse(single);
  if (!parsed.success) throw new Error("not valid");
  const vars = parsed.data;
  const source = { file: "", line: 1, col: 1 };
  const peers: readonly Peer<typeof vars>[] = [
    ["lb1", "10.0.0.11/24\n10.0.0.10/24\n"],
    ["lb2", "10.0.0.12/24\n10.0.0.100/24\n"],
  ].map(([name = "", vip = ""]) => ({
    host: { name, groups: [], vars: new Map(), source },
    address: "",
    vars,
    facts: new Map([["vip", vip]]),
  }));

  it("leaves the holder to the last", () => {
    expect(peers.map((peer) => keepalived.rank?.({ ...peer, peers }))).toEqual([1, 0]);
  });

  it("knows no holder where nobody answered", () => {
    const silent = peers.map((peer) => ({ ...peer, facts: undefined }));
    expect(silent.map((peer) => keepalived.rank?.({ ...peer, peers: silent }))).toEqual([0, 0]);
  });

  it("is told by a fact that does not change by itself", () => {
    const run = () => spawnSync("sh", ["-c", keepalived.peerFacts?.vip ?? "exit 1"], { encoding: "utf8" });
    expect(run().status).toBe(0);
    expect(run().stdout).toBe(run().stdout);
    expect(run().stdout).toMatch(/^([\da-f.:]+\/\d+\n)*$/);
  });
});

describe("what others are told", () => {
  it("is the addresses, the protocol, and that exactly one host holds each", () => {
    const parsed = keepalived.vars.safeParse(two);
    if (!parsed.success) throw new Error("not valid");
    const member = {
      host: { name: "lb1", groups: [], vars: new Map(), source: { file: "", line: 1, col: 1 } },
      address: "10.0.0.11",
      vars: parsed.data,
    };
    expect(servicesOf(keepalived.provides?.(member) ?? {})).toMatchObject([
      ["vip", { port: 112, protocol: "vrrp", floating: ["10.0.0.9", "10.0.0.10"] }],
    ]);
    const checks = keepalived.checks?.(member) ?? [];
    expect(checks.map(({ name, exactly }) => [name, exactly])).toEqual([
      ["holder-of-10-0-0-9", 1],
      ["holder-of-10-0-0-10", 1],
      ["watches", undefined],
    ]);
    const lo = { ...member, address: "", vars: { ...parsed.data, instances: {}, addresses: ["127.0.0.1"] } };
    const codes = [lo, { ...lo, vars: { ...lo.vars, addresses: ["127.0.0.0"] } }].map(
      (one) => spawnSync("sh", ["-c", keepalived.checks?.(one)[0]?.command ?? ""]).status,
    );
    expect(codes).toEqual([0, 2]);
  });

  it("is said in shell that shellcheck finds nothing wrong with", () => {
    const parsed = keepalived.vars.safeParse(two);
    if (!parsed.success) throw new Error("not valid");
    const source = { file: "", line: 1, col: 1 };
    const host = { name: "lb1", groups: [], vars: new Map(), source };
    const member = { host, address: "", vars: parsed.data };
    const vip = new Map(servicesOf(keepalived.provides?.(member) ?? {})).get("vip");
    const texts = [
      ...(keepalived.checks?.(member) ?? []).map(({ command }) => command),
      vip?.health.type === "command" ? vip.health.command : "exit 1",
      textAt("/etc/keepalived/notify", desiredOn("lb1", pair(two))).replace("#!/bin/sh", ""),
    ];
    for (const text of texts) expect(shellcheck(text)).toBe("");
  });

  it("refuses two ways at once, and asks for an address where there is none", () => {
    expect(keepalived.vars.safeParse({ ...single, ...two }).success).toBe(false);
    expect(problemOf("lb1", pair({}))).toMatch(
      /has no floating address; add one, as in `keepalived: \{addresses: \[/,
    );
  });
});
