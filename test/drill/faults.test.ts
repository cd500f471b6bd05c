import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { loadProject } from "../../src/cli/project/project.ts";
import { faultsOf } from "../../src/drill/faults.ts";
import { must } from "../lab/support/lab.ts";

const root = resolve(import.meta.dirname, "../..");

const projectOf = (inventory: string, cwd = root) =>
  must(loadProject({ inventory: [inventory], extraVars: [] }, cwd));

const lab = faultsOf(projectOf("inventories/lab.yml"), { beyond: false });
const named = (name: string) => lab.find((fault) => fault.name === name);

describe("the faults of inventories/lab.yml", () => {
  it("follow from the redundancy of each service", () => {
    const of = (service: string): readonly string[] =>
      lab.filter((fault) => fault.service === service).map(({ name }) => name.replace(/^[^:]*: /, ""));
    expect(of("http")).toEqual([
      "member killed",
      "member stopped",
      "member frozen",
      "each killed",
      "member's host off",
      "member's host cut",
      "all restarted",
    ]);
    expect(of("vip")).toEqual([
      "leader killed",
      "leader stopped",
      "leader frozen",
      "leader's host off",
      "leader's host cut",
      "all restarted",
    ]);
    expect(of("sql")).toEqual([
      "leader killed",
      "leader frozen",
      "leader moved",
      "leader paused",
      "leader busy",
      "follower killed",
      "follower frozen",
      "all lossy",
      "leader's host off",
      "leader's host cut",
      "follower's host off",
      "follower's host cut",
      "leader's host cut off with a client",
      "all restarted",
    ]);
    expect(of("sql-state")).toEqual(["leader's keeper killed", "leader's keeper frozen"]);
    expect(of("store")).toEqual([
      "leader killed",
      "leader frozen",
      "leader paused",
      "follower killed",
      "all restarted",
    ]);
  });

  it("have distinct names, and lose a set of hosts only once", () => {
    expect(new Set(lab.map(({ name }) => name)).size).toBe(lab.length);
    const off = lab.filter(({ way, part }) => way === "off" && part !== "follower");
    expect(new Set(off.map(({ hosts }) => hosts.join(" "))).size).toBe(off.length);
  });

  it("hit the balancer that holds the address, as its other service says", () => {
    expect(named("web: leader killed")).toMatchObject({ leaderOf: "vip", part: "leader" });
    expect(named("http: member killed")).toMatchObject({ leaderOf: undefined, part: "member" });
  });

  it("leave out what serves one host only, and ports of the same daemon", () => {
    const services = new Set(lab.map(({ service }) => service));
    for (const name of ["nrpe", "sql-writer", "wsgi-local", "wsgi-alive", "web-redirect", "store-peers"])
      expect(services).not.toContain(name);
  });

  it("promise what the services say of themselves", () => {
    expect(named("sql: leader killed")?.promise).toEqual({
      reads: 2.5,
      writes: 2,
      fails: "writes",
      stays: false,
    });
    expect(named("sql: leader moved")?.promise).toMatchObject({ writes: 1.7, fails: "nothing" });
    expect(named("sql: follower's host cut")?.promise).toMatchObject({ fails: "nothing", stays: true });
    expect(named("web: leader killed")?.promise).toMatchObject({ reads: 0.5, fails: "requests" });
    expect(named("http: member frozen")?.promise).toMatchObject({ reads: 2.5, fails: "writes" });
    expect(named("sql: all lossy")?.promise).toMatchObject({ fails: "nothing", stays: true });
  });
});

describe("monitoring on two hosts", () => {
  it("must tell once of a service, with one of the two off", () => {
    expect(named("nagios: one alert of http with a member's host off")).toMatchObject({
      way: "alerted",
      with: "http",
      hosts: ["mon1", "mon2"],
    });
  });
});

describe("the faults of other stacks", () => {
  it("are none where nothing can be spared, but with `beyond`", () => {
    const single = projectOf("one-member.yml", resolve(root, "test/flaws"));
    expect(faultsOf(single, { beyond: false }).filter(({ service }) => service === "http")).toEqual([]);
    const beyond = faultsOf(single, { beyond: true }).filter(({ service }) => service === "http");
    expect(beyond.map(({ name }) => name)).toEqual(["http: all killed"]);
    expect(beyond[0]?.promise).toMatchObject({ writes: 300, fails: "requests" });
  });

  it("may empty a cache when all its members are lost, and nothing else may", () => {
    const beyond = faultsOf(projectOf("inventories/lab.yml"), { beyond: true });
    expect(beyond.filter(({ promise }) => promise.forgets).map(({ name }) => name)).toEqual([
      "memcached: all killed",
    ]);
  });

  it("include a role of a user's own that says nothing of drills", () => {
    const faults = faultsOf(projectOf("inventory.yml", resolve(root, "examples/varnish")), {
      beyond: false,
    });
    const own = faults.filter(({ role }) => role === "varnish").map(({ name }) => name);
    expect(own).toContain("pages: member frozen");
    expect(own).toContain("pages: member's host off");
  });
});
