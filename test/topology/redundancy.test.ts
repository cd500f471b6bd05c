import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Topology } from "../../src/model/topology.ts";
import { baseRoles, redundancyOf } from "../../src/topology/redundancy.ts";
import { timesIn } from "../../src/topology/redundancy-words.ts";
import { flawedTopology, flawsFolder, topologyOf } from "./stack.ts";

const whole = redundancyOf(flawedTopology("none.yml"));
const parts = whole.flatMap((tier) => tier.parts);
const services = parts.flatMap((part) => part.services);
const service = (name: string) => services.find((one) => one.name === name);

describe("redundancyOf", () => {
  it("goes from the user inwards, tiers of one's own at the end, without the base", () => {
    const text = "all: {hosts: {a: {roles: [common, batch, nrpe, nagios, memcached, nginx, gunicorn]}}}";
    expect(redundancyOf(topologyOf(text)).map(({ tier }) => tier)).toEqual([
      "web",
      "app",
      "cache",
      "monitoring",
      "jobs",
    ]);
    expect(baseRoles(topologyOf(text)).toSorted()).toEqual(["common", "nrpe"]);
  });

  it("describes every service: members, floor, spare members, users", () => {
    expect(service("http")).toEqual({
      name: "http",
      port: 80,
      protocol: "tcp",
      redundancy: "balanced",
      hosts: ["web1", "web2"],
      floor: 1,
      minimum: 1,
      voters: 0,
      spare: 1,
      floating: [],
      access: "users",
      users: ["haproxy"],
      shape: "Both serve all the time.",
      check: "port 80 takes connections",
      loss: "The others continue to serve, and users stop using it as soon as their own checks fail.",
      times: [],
      ways: [],
    });
    expect(service("sql")).toMatchObject({ voters: 3, spare: 1, users: ["gunicorn", "mysql"] });
    expect(service("vip")?.floating).toEqual([{ address: "10.0.0.10", hosts: ["lb1", "lb2"] }]);
  });

  it("takes a role's own words, also for its services of which it says nothing, and the times in them", () => {
    const words = "The other balancer has the address within 0.6 s; open connections break.";
    expect(service("web")).toMatchObject({ loss: words, times: ["0.6 s"] });
    expect(service("web-redirect")).toMatchObject({ loss: words });
    expect(service("sql-state")?.loss).toBe(service("sql")?.loss);
  });

  it("does not believe them where no other member is left", () => {
    const [balancer] = redundancyOf(flawedTopology("one-balancer.yml"));
    const told = balancer?.parts.flatMap((part) => part.services.map(({ loss }) => loss));
    expect(new Set(told)).toEqual(new Set(["No host takes over until lb1 is back."]));
  });

  it("distinguishes services for the own host from services for others", () => {
    const scopes = new Map(parts.map(({ role, scope }) => [role, scope]));
    expect(scopes.has("sidecar")).toBe(false);
    expect(scopes.get("nagios")).toBe("stack");
    const text = "all: {hosts: {a: {roles: [exporter, prometheus]}}}";
    expect(redundancyOf(topologyOf(text)).flatMap((tier) => tier.parts)).toMatchObject([
      { role: "prometheus", scope: "stack" },
      { role: "exporter", scope: "agent" },
    ]);
  });

  it("has no spare member below the floor or the majority", () => {
    const spare = (topology: Topology, name: string) =>
      redundancyOf(topology)
        .flatMap((tier) => tier.parts.flatMap((part) => part.services))
        .find((one) => one.name === name)?.spare;
    expect(spare(flawedTopology("floor.yml"), "http")).toBe(0);
    const copies = topologyOf("all: {hosts: {db1: {roles: [mysql]}, db2: {roles: [mysql]}}}");
    expect(spare(copies, "sql")).toBe(0);
    expect(spare(copies, "sql-state")).toBe(1);
  });

  it("says what is held where there are several floating addresses, which any of the hosts can carry", () => {
    const text = readFileSync(join(flawsFolder, "none.yml"), "utf8").replace(
      "10.0.0.10/24",
      "10.0.0.10/24, 10.0.0.9/24",
    );
    const [balancer] = redundancyOf(topologyOf(text));
    expect(balancer?.parts[0]?.services[0]).toMatchObject({
      shape: "Each address is on one host at a time.",
      floating: [
        { address: "10.0.0.10", hosts: ["lb1", "lb2"] },
        { address: "10.0.0.9", hosts: ["lb1", "lb2"] },
      ],
    });
  });

  it("has nothing to say of a host without roles", () => {
    const text = readFileSync(join(flawsFolder, "none.yml"), "utf8");
    const bare = text.replace("  children:", "  hosts: { bare: {roles: []} }\n  children:");
    expect(redundancyOf(topologyOf(bare))).toEqual(whole);
  });
});

describe("timesIn", () => {
  it.each([
    ["within 0.6 s, or 2–3 seconds when frozen", ["0.6 s", "2–3 seconds"]],
    ["after 200ms", ["200ms"]],
    ["1 to 2 minutes; then 5 members", ["1 to 2 minutes"]],
    ["3 servers; 10.0.0.1 stays", []],
    ["at once; a new primary takes seconds", ["at once", "seconds"]],
    ["0.6 s here, 0.6 s there", ["0.6 s"]],
  ])("%s", (sentence, times) => {
    expect(timesIn(sentence)).toEqual(times);
  });
});
