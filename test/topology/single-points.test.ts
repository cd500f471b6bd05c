import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Flaw } from "../../src/model/redundancy.ts";
import type { Topology } from "../../src/model/topology.ts";
import { redundancyReport } from "../../src/topology/single-points.ts";
import { expectedFlaws, flawedTopology, flawsFolder, topologyOf } from "./stack.ts";

const singlePoints = (topology: Topology): readonly Flaw[] => redundancyReport(topology).flaws;
const inventories = readdirSync(flawsFolder).sort();

describe("inventories with one kind of flaw each", () => {
  it("there is one for every kind", () => {
    const kinds = new Set(inventories.flatMap(expectedFlaws).map((one) => one.replace(/@.*/, "")));
    expect([...kinds].sort()).toEqual([
      "fixed-address",
      "floor",
      "no-endpoint",
      "no-floating-address",
      "one-member",
      "one-place",
      "unchecked",
      "voters",
    ]);
  });

  it("docs/explain.md describes each", () => {
    const page = readFileSync(join(import.meta.dirname, "../../docs/explain.md"), "utf8");
    const told = [...page.matchAll(/^\| `([a-z-]+)` \| (?:outage|risk)/gm)].map((found) => found[1]);
    const kinds = new Set(inventories.flatMap(expectedFlaws).map((one) => one.replace(/@.*/, "")));
    expect(told.toSorted()).toEqual([...kinds].toSorted());
  });

  it.each(inventories)("%s: that flaw, on that line, and no other", (name) => {
    const found = singlePoints(flawedTopology(name)).map(({ kind, source }) => `${kind}@${source.line}`);
    expect(found).toEqual(expectedFlaws(name));
  });
});

/** A stack in which these hosts are all there is, watched by two servers. */
const watched = (hosts: string): string => `all:
  children:
    monitoring:
      vars: { roles: [nrpe, nagios] }
      hosts: { mon1: {}, mon2: {} }
    rest:
      vars: { roles: [nrpe, memcached] }
      hosts:
${hosts.replace(/^/gm, "        ")}
`;

const sentences = (text: string): readonly string[] => singlePoints(topologyOf(text)).map(({ what }) => what);

describe("hosts that carry several tiers", () => {
  it("are no flaw, as long as every tier is on more than one", () => {
    const text = `all:
  children:
    balancers: { hosts: { a: {}, b: {} } }
    front: { hosts: { a: {}, b: {} } }
    back: { hosts: { c: {}, d: {} } }
  hosts:
    a: { roles: [nrpe, haproxy, keepalived, nginx, nagios], keepalived: &vip { addresses: [10.0.0.10] } }
    b: { roles: [nrpe, haproxy, keepalived, nginx, mysql], keepalived: *vip }
    c: { roles: [nrpe, gunicorn, sidecar, memcached, mysql] }
    d: { roles: [nrpe, gunicorn, sidecar, memcached, mysql, nagios] }
`;
    expect(sentences(text)).toEqual([]);
    expect(sentences(text.replace("memcached, mysql, nagios", "mysql, nagios"))).toEqual([
      "`memcached` has one member, c",
    ]);
  });
});

describe("voters that decide together", () => {
  const voters = (...racks: readonly string[]): string =>
    watched(racks.map((rack, i) => `v${i + 1}: { roles: [nrpe, store], rack: ${rack} }`).join("\n"));
  const flawsOf = (...racks: readonly string[]) =>
    singlePoints(topologyOf(voters(...racks))).map(({ kind, severity, what, why, remedy }) => ({
      told: `${kind}, ${severity}: ${what}`,
      why,
      remedy,
    }));

  it("are well as three and five, each in a rack of its own", () => {
    expect(flawsOf("r1", "r2", "r3")).toEqual([]);
    expect(flawsOf("r1", "r2", "r3", "r4", "r5")).toEqual([]);
  });

  it("are a single point of failure where there is one", () => {
    expect(flawsOf("r1")).toMatchObject([
      {
        told: "one-member, outage: `store` has one member, v1",
        remedy: "give the role `store` to two more hosts: only three or more voters can lose one",
      },
    ]);
  });

  it("are worse than one where there are two, and that is told once", () => {
    expect(flawsOf("r1", "r2")).toMatchObject([
      {
        told: "voters, outage: `store` has two voters, v1 and v2",
        why: expect.stringContaining("nothing is decided. Two fail more often than one alone"),
        remedy: "give the role `store` to one more host",
      },
    ]);
  });

  it("gain nothing by a fourth", () => {
    expect(flawsOf("r1", "r2", "r3", "r4")).toMatchObject([
      { told: "voters, risk: `store` has 4 voters, v1, v2, v3 and v4" },
    ]);
  });

  it("have no majority without the rack of two of three, or of three of five", () => {
    const told = "without it, no majority is left of `store`";
    expect(flawsOf("r1", "r1", "r2")).toMatchObject([{ told: expect.stringContaining(told) }]);
    expect(flawsOf("r1", "r1", "r1", "r2", "r3")).toMatchObject([{ told: expect.stringContaining(told) }]);
    expect(flawsOf("r1", "r1", "r2", "r2", "r3")).toEqual([]);
  });
});

describe("a flaw", () => {
  it("names what stops, who has nothing left, and points at the role's name in its list", () => {
    const [proxy, address] = singlePoints(flawedTopology("one-balancer.yml")).toSorted((a, b) =>
      a.source.col < b.source.col ? -1 : 1,
    );
    expect(proxy).toMatchObject({
      severity: "outage",
      tiers: ["balancer"],
      services: ["web", "web-redirect"],
      hosts: ["lb1"],
      what: "`web` and `web-redirect` have one member, lb1",
      why: "when lb1 fails, `keepalived`, `nagios` and users outside can no longer use them",
      remedy: "give the role `haproxy` to a second host",
      source: { file: "one-balancer.yml", line: 6, col: 31, endCol: 38 },
    });
    expect(address?.why).toBe("when lb1 fails, no host answers at 10.0.0.10");
  });

  it("is found in any tier that has one member, whatever the tier", () => {
    const whole = readFileSync(join(flawsFolder, "none.yml"), "utf8");
    for (const second of ["lb2", "web2", "app2", "cache2", "mon2"]) {
      const flaws = singlePoints(topologyOf(whole.replace(new RegExp(`^ +${second}:.*\n`, "m"), "")));
      const first = second.replace("2", "1");
      expect(flaws.map(({ kind, hosts }) => [kind, ...hosts])).toContainEqual(["one-member", first]);
    }
    const lonely = whole.replace(/^ +db[23]:.*\n/gm, "");
    expect(singlePoints(topologyOf(lonely))).toMatchObject([
      {
        kind: "one-member",
        services: ["sql", "sql-state"],
        remedy: expect.stringContaining("two more hosts"),
      },
      { kind: "one-member", services: ["store"], remedy: expect.stringContaining("two more hosts") },
    ]);
  });

  it("is found in a role that provides nothing: its own work is lost", () => {
    const text = watched("m1: {}\nm2: {}\njob: { roles: [nrpe, batch] }");
    expect(sentences(text)).toEqual(["the role `batch` has one member, job"]);
  });

  it("is found in the base where other tiers depend on it", () => {
    const text = watched(
      "a: { roles: [nrpe, timed] }\nb: { roles: [nrpe, timed] }\nc: { roles: [nrpe, clock] }",
    );
    expect(sentences(text)).toEqual(["`time` has one member, c"]);
  });
});

describe("voters", () => {
  const databases = (hosts: string): string => `all:
  children:
    monitoring:
      vars: { roles: [nrpe, nagios] }
      hosts: { mon1: {}, mon2: {} }
    db:
      vars: { roles: [nrpe, mysql] }
      hosts: ${hosts}
`;

  it("a tie-breaker of the same tier counts", () => {
    const arbiters =
      "{ db1: {roles: [nrpe, mysql, arbiter]}, db2: {roles: [nrpe, mysql, arbiter]}, db3: {} }";
    expect(sentences(databases(arbiters.replace("db3: {}", "tie: {roles: [nrpe, arbiter]}")))).toEqual([]);
  });

  it("an even number of voters survives the same losses as one voter less", () => {
    const four = ["a", "b", "c", "d"].map((name) => `${name}: {roles: [nrpe, arbiter]}`).join(", ");
    const [flaw] = singlePoints(topologyOf(databases(`{ ${four} }`)));
    expect(flaw).toMatchObject({
      kind: "voters",
      what: "`sql-vote` has 4 voters, a, b, c and d",
      why: "if the network splits them into halves, neither half can decide; they can lose 1, no more than 3 voters can",
    });
  });
});

describe("places", () => {
  it("one place from one line is one flaw for all its services", () => {
    const whole = readFileSync(join(flawsFolder, "none.yml"), "utf8");
    const text = whole.replace("all:\n", "all:\n  vars: { rack: r1 }\n");
    expect(singlePoints(topologyOf(text))).toMatchObject([
      {
        kind: "one-place",
        severity: "outage",
        tiers: ["balancer", "web", "app", "database", "store", "cache", "monitoring"],
        what: expect.stringMatching(
          /^lb1, lb2, web1, web2, app1 and 8 more are all in rack r1: without it, nothing is left of `vip`, `web`/,
        ),
        source: { line: 3 },
      },
    ]);
  });

  it("enough remaining members are a note, and hosts without a place are another", () => {
    const text = watched("m1: {rack: 1}\nm2: {rack: 1}\nm3: {}");
    expect(sentences(text)).toEqual([]);
    expect(redundancyReport(topologyOf(text)).notes.map(({ message }) => message)).toEqual([
      "m1 and m2 are both in rack 1; without it, enough members of `memcached` are left",
      "mon1, mon2 and m3 have no variable `rack`, but other hosts have it: members may share one",
      "no role in this inventory uses `memcached`. Users outside it must know more than one of m1, m2 and m3",
    ]);
  });

  it("fewer than the floor left is a flaw, if no outage", () => {
    const text = `all:
  vars: { roles: [nrpe, nginx, gunicorn, nagios], nginx: { floor: 2 } }
  hosts: { a: {rack: 1}, b: {rack: 1}, c: {rack: 2} }
`;
    expect(singlePoints(topologyOf(text))).toMatchObject([
      { kind: "one-place", severity: "risk", services: ["http"], hosts: ["a", "b"] },
    ]);
  });
});

describe("watching", () => {
  it("hosts that have their roles from one line are one flaw, others have their own", () => {
    const text = watched("m1: {}\nm2: {}\nm3: {roles: [memcached]}").replace(
      "roles: [nrpe, memcached]",
      "roles: [memcached]",
    );
    expect(singlePoints(topologyOf(text))).toMatchObject([
      {
        kind: "unchecked",
        hosts: ["m1", "m2"],
        what: "nothing checks `memcached` on m1 and m2",
        source: { line: 7 },
      },
      { kind: "unchecked", hosts: ["m3"], source: { line: 11 } },
    ]);
  });

  it("hosts of base roles only have nothing to check", () => {
    expect(sentences(watched("m1: {}\nm2: {}\nbare: {roles: [common]}"))).toEqual([]);
  });

  it("an agent may be in the tier monitoring: it uses no other service", () => {
    const text = `all:
  hosts: { m1: {roles: [prometheus, exporter]}, m2: {roles: [prometheus, exporter]}, a: {roles: [batch]}, b: {roles: [batch]} }
`;
    expect(singlePoints(topologyOf(text))).toMatchObject([
      { kind: "unchecked", hosts: ["a"], remedy: "add `exporter` to the roles of a" },
      { kind: "unchecked", hosts: ["b"] },
    ]);
  });
});
