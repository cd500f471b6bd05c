import { expect, test } from "vitest";
import type { Change, Manifest } from "../../src/model/plan.ts";
import { nextManifest } from "../../src/plan/manifest.ts";
import { idOf } from "../../src/plan/plan.ts";
import { account, accountKind } from "../../src/resources/sql/account.ts";
import { database, databaseKind } from "../../src/resources/sql/database.ts";

const resources = [account("notes@%", { plugin: "unix_socket", grants: {} }), database("notes")];
const shared = new Set([accountKind, databaseKind].flatMap((kind) => (kind.shared ? [kind.name] : [])));
const all = {
  settled: new Set(resources.map(idOf)),
  pruned: new Set<never>(),
  roles: "all" as const,
  shared,
};

test("a resource that reaches the peers by replication is not marked as created, so that no host removes it for all", () => {
  const desired = resources.map((resource) => ({ role: "mysql", also: [], resource }));
  const done = resources.map(
    (resource): Change => ({
      id: idOf(resource),
      role: "mysql",
      resource,
      action: "create",
      fields: [],
      observed: { status: "absent" },
      cause: "new",
    }),
  );
  const before: Manifest = { version: 1, resources: [] };
  const next = nextManifest({ ...all, before, desired, done });
  expect(next.resources.map(({ created }) => created)).toEqual([false, false]);
});

test("an older manifest that marked it as created loses the entry", () => {
  const before: Manifest = {
    version: 1,
    resources: resources.map((resource) => ({
      id: idOf(resource),
      role: "mysql",
      state: resource.desired,
      created: true,
    })),
  };
  expect(nextManifest({ ...all, before, desired: [], done: [] }).resources).toEqual([]);
});
