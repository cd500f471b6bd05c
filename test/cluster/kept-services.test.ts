import { expect, it } from "vitest";
import { keptServices } from "../../src/cluster/keepers.ts";
import { topologyOf } from "../topology/stack.ts";

const kept = (hosts: string) =>
  keptServices(topologyOf(`all: {hosts: {${hosts}}}`)).map(({ service, keepers }) => [
    service.name,
    Object.fromEntries(keepers),
  ]);

it("a service with a leader and copies has keepers, each asked on its own host", () => {
  expect(kept("db1: {roles: [mysql]}, db2: {roles: [mysql]}, cache1: {roles: [memcached]}")).toEqual([
    ["sql", { db1: "http://127.0.0.1:9200", db2: "http://127.0.0.1:9200" }],
  ]);
});

it("one with a single member has nobody to hand over to, and other services have no leader", () => {
  expect(kept("db1: {roles: [mysql]}, cache1: {roles: [memcached]}")).toEqual([]);
});
