import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Manifest, ManifestEntry } from "../../src/model/plan.ts";
import type { Observed, Resource, ResourceId, State, Trigger } from "../../src/model/resource.ts";
import { emptyManifest, nextManifest } from "../../src/plan/manifest.ts";
import { type Desired, idOf, type PlanInput, planHost } from "../../src/plan/plan.ts";

const conf: Resource = { kind: "file", key: "/etc/x.conf", desired: { sha256: "new", mode: "0644" } };
const service: Resource = {
  kind: "unit",
  key: "x.service",
  desired: { running: true },
  reloadOn: ["file:/etc/x.conf"],
};

interface Given {
  readonly desired?: readonly Resource[];
  readonly observed?: Readonly<Record<string, Observed>>;
  readonly manifest?: readonly Partial<ManifestEntry>[];
  readonly marks?: Readonly<Record<string, Trigger>>;
  readonly prune?: boolean;
  readonly roles?: ReadonlySet<string> | "all";
}

const present = (state: State): Observed => ({ status: "present", state });
const absent: Observed = { status: "absent" };

function given({
  desired = [conf, service],
  observed = {},
  manifest = [],
  marks = {},
  prune = false,
  roles = "all",
}: Given) {
  const wanted = desired.map((resource) => ({ role: "x", also: [], resource }));
  const input: PlanInput = {
    host: "web1",
    desired: wanted,
    everything: wanted,
    observed: new Map(Object.entries(observed)) as ReadonlyMap<ResourceId, Observed>,
    marks: new Map(Object.entries(marks)) as ReadonlyMap<ResourceId, Trigger>,
    manifest: manifestOf(manifest),
    roles,
    orphans: {
      removed: new Map(prune ? manifestOf(manifest).resources.map(({ id }) => [id, gone(id)]) : []),
      kept: new Map(),
    },
  };
  return planHost(input);
}

const gone = (id: ResourceId): Resource => ({
  kind: id.slice(0, id.indexOf(":")),
  key: id.slice(id.indexOf(":") + 1),
  desired: null,
});

function manifestOf(entries: readonly Partial<ManifestEntry>[]): Manifest {
  const full = entries.map((e) => ({
    id: "file:/x" as ResourceId,
    role: "x",
    state: {},
    created: true,
    ...e,
  }));
  return { version: 1, resources: full };
}

const good = {
  "file:/etc/x.conf": present({ sha256: "new", mode: "0644" }),
  "unit:x.service": present({ running: true }),
};

describe("planHost", () => {
  it("plans no change for a host that is as desired", () => {
    expect(given({ observed: good })).toMatchObject({ changes: [], unchanged: 2 });
  });

  it("plans only fields that differ, and ignores fields that are not managed", () => {
    const seen = present({ sha256: "new", mode: "0600", owner: "root" });
    const { changes } = given({ observed: { ...good, "file:/etc/x.conf": seen } });
    expect(changes[0]).toMatchObject({
      action: "update",
      fields: [{ field: "mode", before: "0600", after: "0644" }],
    });
  });

  it("plans a reload of a resource that watches a changed one", () => {
    const { changes } = given({ observed: { ...good, "file:/etc/x.conf": absent } });
    expect(changes.map(({ action, trigger, why }) => [action, trigger, why])).toEqual([
      ["create", undefined, undefined],
      ["reload", "reload", "watches file:/etc/x.conf"],
    ]);
  });

  it("plans a reload that an earlier run did not do, without any other change", () => {
    const { changes } = given({ observed: good, marks: { "unit:x.service": "restart" } });
    expect(changes).toMatchObject([
      { action: "reload", trigger: "restart", why: "due since an earlier change" },
    ]);
  });

  it("does not replace a due restart by a reload", () => {
    const { changes } = given({
      observed: { ...good, "file:/etc/x.conf": absent },
      marks: { "unit:x.service": "restart" },
    });
    expect(changes[1]).toMatchObject({ action: "reload", trigger: "restart" });
  });

  it("plans `undecided` for a resource that could not be observed, and no reload because of it", () => {
    const { changes } = given({
      observed: { ...good, "file:/etc/x.conf": { status: "unknown", reason: "is a directory" } },
    });
    expect(changes).toMatchObject([{ action: "undecided", cause: "unknown", why: "is a directory" }]);
  });

  it("treats a resource without an answer as undecided, never as absent", () => {
    expect(given({}).changes.map(({ action }) => action)).toEqual(["undecided", "undecided"]);
  });

  it("deletes only a resource that must not exist", () => {
    const gone = { ...conf, desired: null };
    expect(given({ desired: [gone], observed: { "file:/etc/x.conf": absent } }).changes).toEqual([]);
    expect(given({ desired: [gone], observed: good }).changes).toMatchObject([{ action: "delete" }]);
  });

  it.each([
    ["new", undefined],
    ["drift", { sha256: "new", mode: "0644" }],
    ["pending", { sha256: "old", mode: "0644" }],
    ["conflict", { sha256: "older", mode: "0644" }],
  ])("tells %s from what was last applied", (cause, state) => {
    const manifest = state === undefined ? [] : [{ id: "file:/etc/x.conf" as ResourceId, state }];
    const seen = present({ sha256: "old", mode: "0644" });
    expect(given({ observed: { ...good, "file:/etc/x.conf": seen }, manifest }).changes[0]?.cause).toBe(
      cause,
    );
  });

  describe("of a resource with a probe", () => {
    const asked = (unless: string, command = "make it so", stdin = ""): Resource => ({
      kind: "exec",
      key: "x",
      desired: { done: true },
      payload: {
        own: { unless, command },
        probed: true,
        content: { bytes: new TextEncoder().encode(stdin), secret: stdin === "secret" },
      },
    });
    const entryOf = (resource: Resource): ManifestEntry => {
      const desired = [{ role: "x", also: [], resource }];
      const base = { desired, done: [], roles: "all", pruned: new Set<never>() } as const;
      const [entry] = nextManifest({
        ...base,
        before: emptyManifest,
        settled: new Set(["exec:x" as const]),
      }).resources;
      if (entry === undefined) throw new Error("no entry");
      return entry;
    };
    const applied = entryOf(asked("test -e /a"));
    const causeNow = (resource: Resource, entry: ManifestEntry) =>
      given({ desired: [resource], observed: { "exec:x": absent }, manifest: [entry] }).changes[0]?.cause;

    it.each([
      ["nothing in the inventory", asked("test -e /a"), "drift"],
      ["the probe", asked("test -e /b"), "pending"],
      ["the command", asked("test -e /a", "make it otherwise"), "pending"],
      ["what the command reads", asked("test -e /a", "make it so", "more"), "pending"],
    ])("%s has changed", (_name, resource, cause) => {
      expect(causeNow(resource, applied)).toBe(cause);
    });

    it("keeps no trace of a secret", () => {
      const secret = entryOf(asked("test -e /a", "make it so", "secret"));
      expect(secret.means).toMatch(/^[0-9a-f]{16}$/);
      expect(secret.means).toBe(
        entryOf({
          ...asked("test -e /a"),
          payload: { own: { unless: "test -e /a", command: "make it so" }, probed: true },
        }).means,
      );
    });

    it("applied by an earlier version: its state alone decides", () => {
      const { means: _, ...earlier } = applied;
      expect(causeNow(asked("test -e /b"), earlier)).toBe("drift");
    });
  });

  it.each([
    [["pending", "drift"], "conflict"],
    [["new", "drift"], "conflict"],
    [["drift", "drift"], "drift"],
    [["pending", "new"], "pending"],
  ] as const)("is due by all that is watched: by %j as a %s", (causes, cause) => {
    const files = causes.map(
      (_, n): Resource => ({ kind: "file", key: `/f${n}`, desired: { mode: "0644" } }),
    );
    const watching = { ...service, reloadOn: causes.map((_, n) => `file:/f${n}` as const) };
    const entries = causes.flatMap((one, n): readonly Partial<ManifestEntry>[] =>
      one === "new" ? [] : [{ id: `file:/f${n}`, state: { mode: one === "drift" ? "0644" : "0600" } }],
    );
    const observed = Object.fromEntries(causes.map((_, n) => [`file:/f${n}`, present({ mode: "0600" })]));
    const { changes } = given({
      desired: [...files, watching],
      observed: { ...observed, "unit:x.service": present({ running: true }) },
      manifest: entries,
    });
    expect(changes.map((one) => one.cause)).toEqual([...causes, cause]);
  });

  it("lists orphans last applied first, removes them only on request, and never a resource that no run created", () => {
    const manifest = [
      { id: "file:/a" as ResourceId },
      { id: "file:/b" as ResourceId },
      { id: "file:/theirs" as ResourceId, created: false },
    ];
    expect(given({ observed: good, manifest }).orphans.map(({ id }) => id)).toEqual(["file:/b", "file:/a"]);
    const seen = { ...good, "file:/a": present({ mode: "0600" }), "file:/b": present({}) };
    const pruned = given({ observed: seen, manifest, prune: true });
    expect(pruned.changes.map(({ id, action, fields }) => [id, action, fields])).toEqual([
      ["file:/b", "delete", []],
      ["file:/a", "delete", []],
    ]);
  });

  it("removes an orphan that exists, ignores one that does not, and plans `undecided` for one that was not observed", () => {
    const manifest = ["/there", "/gone", "/unseen", "/silent"].map((path) => ({
      id: `file:${path}` as const,
    }));
    const observed = {
      ...good,
      "file:/there": present({}),
      "file:/gone": absent,
      "file:/unseen": { status: "unknown", reason: "is a directory" } as const,
    };
    const { changes, orphans } = given({ observed, manifest, prune: true });
    expect(changes.map(({ id, action, why }) => [id, action, why])).toEqual([
      ["file:/silent", "undecided", "not observed"],
      ["file:/unseen", "undecided", "is a directory"],
      ["file:/there", "delete", "no longer in the inventory or its roles"],
    ]);
    expect(orphans).toEqual([]);
  });

  it("does not count a resource as an orphan if another kind now wants its path, and drops its entry", () => {
    const manifest = [{ id: "link:/etc/x.conf" as ResourceId }, { id: "user:x.service" as ResourceId }];
    const { changes, orphans } = given({ observed: good, manifest, prune: true });
    expect([changes.map(({ id }) => id), orphans]).toEqual([["user:x.service"], []]);
    const desired = [conf, service].map((resource) => ({ role: "x", also: [], resource }));
    const base = {
      before: manifestOf(manifest),
      desired,
      done: [],
      roles: "all",
      pruned: new Set<never>(),
    } as const;
    const ids = (settled: readonly ResourceId[]) =>
      nextManifest({ ...base, settled: new Set(settled) }).resources.map(({ id }) => id);
    expect(ids([])).toEqual(["link:/etc/x.conf", "user:x.service"]);
    expect(ids(["file:/etc/x.conf"])).toEqual(["user:x.service", "file:/etc/x.conf"]);
  });

  it("counts no resource of another role as an orphan when only some roles run", () => {
    const manifest = [{ id: "file:/a" as ResourceId, role: "other" }];
    expect(given({ observed: good, manifest, roles: new Set(["x"]) }).orphans).toEqual([]);
  });

  it("does not count a resource as an orphan if another role wants it now, even if that role does not run", () => {
    const other = { role: "other", also: [], resource: { kind: "file", key: "/a", desired: {} } };
    const run = { role: "x", also: [], resource: conf };
    const plan = planHost({
      host: "web1",
      desired: [run],
      everything: [run, other],
      observed: new Map(Object.entries(good)) as ReadonlyMap<ResourceId, Observed>,
      marks: new Map(),
      manifest: manifestOf([{ id: "file:/a" as ResourceId }]),
      roles: new Set(["x"]),
      orphans: { removed: new Map([["file:/a", gone("file:/a")]]), kept: new Map() },
    });
    expect(plan).toMatchObject({ changes: [], orphans: [] });
  });

  it("is empty after all its changes are done, from any observed state", () => {
    const state = fc.dictionary(fc.constantFrom("mode", "owner", "sha256"), fc.string());
    fc.assert(
      fc.property(state, state, (desired, seen) => {
        const resource: Resource = { kind: "file", key: "/p", desired };
        const first = given({ desired: [resource], observed: { "file:/p": present(seen) } });
        const after = { ...seen };
        for (const { field, after: value } of first.changes.flatMap((change) => change.fields)) {
          if (typeof value === "string") after[field] = value;
        }
        expect(given({ desired: [resource], observed: { "file:/p": present(after) } }).changes).toEqual([]);
      }),
    );
  });
});

describe("nextManifest", () => {
  const desired: readonly Desired[] = [{ role: "x", also: [], resource: conf }];
  const base = {
    before: emptyManifest,
    desired,
    settled: new Set([idOf(conf)]),
    done: [],
    pruned: new Set<ResourceId>(),
    roles: "all" as const,
  };

  it("marks as created what the run created, but not what existed before", () => {
    const [change] = given({ desired: [conf], observed: { "file:/etc/x.conf": absent } }).changes;
    expect(change).toBeDefined();
    expect(nextManifest({ ...base, done: change === undefined ? [] : [change] }).resources).toMatchObject([
      { created: true },
    ]);
    expect(nextManifest(base).resources).toMatchObject([{ created: false }]);
  });

  it("keeps the old entry of a resource that is not as desired, so that it shows as pending and not as drift", () => {
    const before = manifestOf([{ id: "file:/etc/x.conf", state: { sha256: "old" } }]);
    expect(nextManifest({ ...base, before, settled: new Set() }).resources).toEqual(before.resources);
  });

  it("keeps orphans until they are pruned, and the entries of roles that were not run", () => {
    const before = manifestOf([{ id: "file:/a" }, { id: "file:/b", role: "other", created: false }]);
    const ids = (next: Manifest) => next.resources.map(({ id }) => id);
    expect(ids(nextManifest({ ...base, before }))).toEqual(["file:/a", "file:/etc/x.conf"]);
    expect(ids(nextManifest({ ...base, before, pruned: new Set(["file:/a" as ResourceId]) }))).toEqual([
      "file:/etc/x.conf",
    ]);
    expect(ids(nextManifest({ ...base, before, roles: new Set(["x"]) }))).toEqual([
      "file:/a",
      "file:/b",
      "file:/etc/x.conf",
    ]);
  });
});
