import { describe, expect, it } from "vitest";
import { pictureOf } from "../../src/topology/picture.ts";
import { redundancyReport } from "../../src/topology/single-points.ts";
import { flawedTopology, topologyOf } from "./stack.ts";

const draw = (topology: ReturnType<typeof topologyOf>) =>
  pictureOf({ topology, report: redundancyReport(topology) });

describe("pictureOf", () => {
  it("orders tiers from the user inwards, the base last", () => {
    const { tiers } = draw(flawedTopology("none.yml"));
    expect(tiers.map(({ tier }) => tier)).toEqual([
      "balancer",
      "web",
      "app",
      "database",
      "store",
      "cache",
      "monitoring",
      "base",
    ]);
  });

  it("shows a host in the base only where it stands nowhere else", () => {
    const { tiers } = draw(
      topologyOf("all: {hosts: {a: {roles: [common]}, b: {roles: [common, memcached]}}}"),
    );
    expect(tiers.map(({ tier, hosts }) => [tier, hosts.map(({ name }) => name)])).toEqual([
      ["cache", ["b"]],
      ["base", ["a"]],
    ]);
  });

  it("numbers flaws in the order of the report, and marks their hosts and services", () => {
    const picture = draw(topologyOf("all: {hosts: {a: {roles: [nginx, gunicorn]}}}"));
    expect(picture.flaws.map(({ number }) => number)).toEqual(picture.flaws.map((_, i) => i + 1));
    expect(picture.hosts[0]?.mark).toBe("outage");
    expect(picture.tiers[0]?.mark).toBe("outage");
  });

  it("has no mark where all is well", () => {
    const { flaws, hosts, tiers } = draw(flawedTopology("none.yml"));
    expect(flaws).toEqual([]);
    expect([...hosts, ...tiers].flatMap(({ mark }) => mark ?? [])).toEqual([]);
  });
});
