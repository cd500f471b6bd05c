import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { firstStep, isLast, memberFact, rankOf } from "../../../roles/etcd/formation.ts";
import { hasData } from "../../../roles/etcd/place.ts";
import { voting } from "../../../roles/etcd/probe.ts";
import { etcd } from "../../../roles/etcd/role.ts";
import type { Json } from "../../../src/model/json.ts";
import { needProgram } from "../daemon.ts";
import { desiredOfAll, desiredOn, facts, type HostSpec, scenarioOf, textAt } from "../scenario.ts";

/** Voters v1, v2… by what they say of themselves; `undefined`: no answer. */
function peers(...said: readonly (string | undefined)[]) {
  const parsed = etcd.vars.safeParse({});
  if (!parsed.success) throw new Error("no defaults");
  return said.map((member, i) => ({
    host: { name: `v${i + 1}`, groups: [], vars: new Map(), source: { file: "", line: 1, col: 1 } },
    address: `10.0.0.${i + 1}`,
    vars: parsed.data,
    facts: member === undefined ? undefined : new Map([["member", member]]),
  }));
}

const steps = (...said: readonly (string | undefined)[]) =>
  said.map((_, i) => firstStep(peers(...said), `v${i + 1}`));
const ranks = (...said: readonly (string | undefined)[]) =>
  said.map((_, i) => rankOf(peers(...said), `v${i + 1}`));

describe("a store", () => {
  it("is founded by the first voter where none has ever had data; the others join it", () => {
    expect(steps("empty", "empty", "empty")).toEqual(["found", "join", "join"]);
    expect(steps("empty")).toEqual(["found"]);
  });

  it("is joined where any voter has data, running or not, also by the first one", () => {
    expect(steps("empty", "stopped", "empty")).toEqual(["join", "join", "join"]);
    expect(steps("lost", "running", "running")).toEqual(["join", "join", "join"]);
    expect(steps("lost", "running", undefined)).toEqual(["join", "join", "join"]);
  });

  it("is not founded while a voter does not answer, since it may have the data", () => {
    expect(() => steps("empty", "empty", undefined)).toThrow("v3 did not answer, and may have its data");
  });

  it("is not founded in the place of one whose data are lost", () => {
    expect(() => steps("lost", "empty", "lost")).toThrow(
      "every voter of the store has lost its data (v1, v3 had it)",
    );
  });

  it("grows by one voter at a time, after those that have data", () => {
    expect(ranks("empty", "empty", "empty")).toEqual([3, 4, 5]);
    expect(ranks("lost", "running", "running")).toEqual([3, 1, 2]);
  });

  it("is changed one voter at a time, but starts together where no majority runs", () => {
    expect(ranks("running", "running", "running")).toEqual([0, 1, 2]);
    expect(ranks("running", "running", undefined)).toEqual([0, 1, 5]);
    expect(ranks("stopped", "stopped", "stopped")).toEqual([0, 0, 0]);
    expect(ranks("running", "stopped", "stopped")).toEqual([0, 0, 0]);
  });

  it("is cleared of former voters by the last one that answers", () => {
    const all = peers("running", "running", undefined);
    expect(all.map(({ host }) => isLast(all, host.name))).toEqual([false, true, false]);
  });
});

/** The same role on hosts v1, v2…, and what more one of them is. */
const stack = (
  size: number,
  vars: Json = {},
  more: Partial<HostSpec> = {},
): Readonly<Record<string, HostSpec>> =>
  Object.fromEntries(
    Array.from({ length: size }, (_, i) => [
      `v${i + 1}`,
      {
        address: `10.0.0.${i + 1}`,
        roles: { etcd: vars, ...more.roles },
        ...(i === 0 ? { facts: more.facts ?? {} } : {}),
      },
    ]),
  );

const env = (specs: Readonly<Record<string, HostSpec>>, name = "v1"): string =>
  textAt("/etc/etcd/etcd.env", desiredOn(name, specs));

describe("the settings of etcd", () => {
  it("name the own URLs, no other voter, and never let it found a store by itself", () => {
    const text = env(stack(3));
    expect(text).toContain("ETCD_LISTEN_PEER_URLS=https://10.0.0.1:2380\n");
    expect(text).toContain("ETCD_LISTEN_CLIENT_URLS=https://10.0.0.1:2379,https://127.0.0.1:2379\n");
    expect(text).toContain("ETCD_INITIAL_CLUSTER_STATE=existing\n");
    expect(text).toContain("ETCD_PRE_VOTE=true\n");
    expect(text).not.toContain("10.0.0.2");
    // So a voter more or less restarts nobody.
    expect(env(stack(5))).toBe(text);
  });

  it("listen on all addresses of a host that is reached by another one", () => {
    const other = { addresses: [{ interface: "eth0", address: "192.168.0.7", prefix: 24 }] };
    const text = env(stack(3, {}, { facts: other }));
    expect(text).toContain("ETCD_LISTEN_CLIENT_URLS=https://0.0.0.0:2379\n");
    expect(text).toContain("ETCD_ADVERTISE_CLIENT_URLS=https://10.0.0.1:2379\n");
  });

  it("are those of the inventory, with IPv6 in brackets", () => {
    const vars = { clientPort: 12379, peerPort: 12380, heartbeat: 300, election: 3000, quota: 64 };
    const spec = { v1: { address: "fd77::1", roles: { etcd: vars } } };
    const text = env(spec);
    expect(text).toContain("ETCD_INITIAL_ADVERTISE_PEER_URLS=https://[fd77::1]:12380\n");
    expect(text).toContain("ETCD_HEARTBEAT_INTERVAL=300\nETCD_ELECTION_TIMEOUT=3000\n");
    expect(text).toContain("ETCD_QUOTA_BACKEND_BYTES=67108864\n");
  });
});

describe("variables that etcd refuses", () => {
  it.each([
    [{ clientPort: 2380 }, "`clientPort` and `peerPort` must differ"],
    [{ heartbeat: 300 }, "must be at least five times `heartbeat`"],
    [{ heartbeat: 10, election: 2000 }, "must be at most a hundred times `heartbeat`"],
  ])("%j", (vars, words) => {
    const parsed = etcd.vars.safeParse(vars);
    expect(parsed.success ? [] : parsed.error.issues.map(({ message }) => message)).toEqual([
      expect.stringContaining(words),
    ]);
  });

  it("are those that differ from voter to voter", () => {
    const specs = { ...stack(2), v3: { address: "10.0.0.3", roles: { etcd: { election: 2000 } } } };
    const built = scenarioOf(specs);
    expect(built.ok ? "" : JSON.stringify(built.error)).toContain("is 2000 on v3, but 1000 on v1");
  });

  it.each([
    ["debian", "11"],
    ["ubuntu", "22.04"],
  ])("the etcd of %s %s cannot do what the role needs", (id, version) => {
    const specs = stack(1, {}, { facts: { os: { id, version, codename: "old" } } });
    const wanted = desiredOfAll(specs).get("v1");
    expect(wanted?.ok === false && wanted.error.message).toContain("which cannot add voters safely");
  });
});

describe("around the store", () => {
  it("its ports are open to the voters, and to nobody else", () => {
    const specs = {
      ...stack(3, {}, { roles: { firewall: {} } }),
      web1: { address: "10.0.0.9", roles: { sidecar: {}, nginx: {}, gunicorn: {} } },
    };
    const rules = desiredOn("v1", specs)
      .flatMap(({ payload }) =>
        payload?.content === undefined ? [] : [new TextDecoder().decode(payload.content.bytes)],
      )
      .filter((text) => text.includes("dport 2379"))
      .join("");
    expect(rules).toMatch(/ip saddr \{ 10\.0\.0\.2, 10\.0\.0\.3 \} tcp dport 2379/);
    expect(rules).toMatch(/ip saddr \{ 10\.0\.0\.2, 10\.0\.0\.3 \} tcp dport 2380/);
    expect(rules).not.toContain("10.0.0.9");
  });

  it("monitoring watches each voter, the spare one, alarms, space and the certificate", () => {
    const text = textAt("/usr/lib/provision/checks", desiredOn("v1", stack(3, {}, { roles: { nrpe: {} } })));
    for (const name of [
      "health-store",
      "health-store-peers",
      "etcd-voters",
      "etcd-alarms",
      "etcd-space",
      "etcd-certificate",
    ])
      expect(text).toContain(`${name})`);
  });

  it("no two voters rewrite their data files at the same time", () => {
    const specs = stack(7);
    const at = Object.keys(specs).map(
      (name) =>
        /OnCalendar=(.*)/.exec(
          textAt("/etc/systemd/system/etcd-defragment.timer", desiredOn(name, specs)),
        )?.[1],
    );
    expect(at.slice(0, 4)).toEqual(["*-*-* 03:00:00", "*-*-* 03:20:00", "*-*-* 03:40:00", "*-*-* 04:00:00"]);
    expect(new Set(at).size).toBe(7);
  });

  it("etcd restarts for its settings and its authority, and not for a new certificate or another voter", () => {
    const daemon = desiredOn("v1", stack(3)).find(({ kind, key }) => kind === "unit" && key === "etcd");
    expect(daemon?.restartOn).toEqual([
      "file:/etc/etcd/ca.pem",
      "file:/etc/etcd/etcd.env",
      "file:/etc/systemd/system/etcd.service.d/provision.conf",
    ]);
  });
});

describe("what the picture says of a voter", () => {
  it.each([
    ["v1\n3 of 3 voters answer, v1 leads", ["leads the store"]],
    ["v2\n3 of 3 voters answer, v1 leads", ["voter"]],
    ["v2\n2 of 3 voters answer, v1 leads; silent: v3; no voter is to spare", ["voter", "2 of 3 voters"]],
    ["v2\nno voter of the store answers with a majority. v1: nothing listens", ["the store has no majority"]],
    ["", []],
  ])("%j", (output, notes) => {
    expect(etcd.live?.notes(output, (address) => address)).toEqual(notes);
  });
});

describe("the role's shell texts", () => {
  it("are good in the eyes of shellcheck", () => {
    needProgram("shellcheck", "shellcheck");
    const voter = { name: "v'1", peer: "https://10.0.0.1:2380" };
    const texts = [
      memberFact,
      hasData,
      voting(2379, voter),
      voting(2379, voter, [voter]),
      etcd.live?.script ?? "",
    ];
    for (const input of texts)
      expect(spawnSync("shellcheck", ["-s", "sh", "-"], { input, encoding: "utf8" }).stdout, input).toBe("");
  });

  it("tell data from none, and a first time from a loss", () => {
    const says = (script: string): string => execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim();
    expect(says(memberFact)).toBe("empty");
    expect(facts.role.has("etcd/member")).toBe(false);
  });
});
