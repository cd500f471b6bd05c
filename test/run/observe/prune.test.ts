import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import type { Resource } from "../../../src/model/resource.ts";
import { parseManifest } from "../../../src/plan/manifest-file.ts";
import { directory } from "../../../src/resources/directory.ts";
import { exec } from "../../../src/resources/exec.ts";
import { file } from "../../../src/resources/file.ts";
import { kinds } from "../../../src/resources/kinds.ts";
import { link } from "../../../src/resources/link.ts";
import { orphansOf } from "../../../src/run/observe/orphans.ts";
import { runEngine } from "../../lab/support/engine.ts";
import { type FolderHost, folderHost } from "../folder-host.ts";

let host: FolderHost;
afterEach(() => host?.remove());

const run = (command: "apply" | "plan" | "check", resources: readonly Resource[], prune: boolean) =>
  runEngine({
    command,
    targets: [host.target],
    resources: () => resources,
    wrap: () => host.transport,
    prune,
    input: { policy: { force: true } },
  });
const at = (name: string): string => join(host.folder, "srv", name);
const made = (): readonly Resource[] => [
  directory(at("site")),
  file(at("site/a"), { content: "a" }),
  link(at("site/l"), { target: "a" }),
  exec("ran", { command: ":", unless: ":" }),
];
const ids = (): readonly string[] => parseManifest(host.manifest() ?? "").resources.map(({ id }) => id);

describe("what is pruned is observed like any other resource", () => {
  it("goes, in reverse order, and is forgotten", async () => {
    host = folderHost();
    expect((await run("apply", made(), false)).summary.hosts[0]).toMatchObject({
      outcome: "converged",
      done: 3,
    });
    const planned = await run("plan", [], true);
    expect(planned.summary.hosts[0]?.left.map(({ id }) => id)).toEqual([
      `link:${at("site/l")}`,
      `file:${at("site/a")}`,
      `directory:${at("site")}`,
    ]);
    expect((await run("apply", [], true)).summary.hosts[0]).toMatchObject({
      outcome: "converged",
      done: 3,
      left: [],
    });
    expect([existsSync(at("site")), ids()]).toEqual([false, []]);
    expect((await run("apply", [], true)).summary.hosts[0]).toMatchObject({ outcome: "unchanged", done: 0 });
  });

  it("has failed where it is still there, whatever the exit code was, and is not forgotten", async () => {
    // The removal ends well and removes nothing.
    host = folderHost((text) => text.replaceAll("rm -f -- ", ": "));
    await run("apply", [file(at("a"), { content: "a" })], false);
    const { summary } = await run("apply", [], true);
    expect(summary.hosts[0]).toMatchObject({
      outcome: "failed",
      failure: {
        code: "still-different",
        message: expect.stringContaining(`file:${at("a")} is still different`),
      },
    });
    expect(ids()).toEqual([`file:${at("a")}`]);
    expect((await run("check", [], false)).summary.hosts[0]).toMatchObject({ outcome: "unchanged" });
  });

  it("that somebody removed before needs no change, and is forgotten", async () => {
    host = folderHost();
    await run("apply", [file(at("a"), { content: "a" })], false);
    host.putManifest(host.manifest()?.replaceAll("/a", "/b") ?? "");
    expect((await run("apply", [], true)).summary.hosts[0]).toMatchObject({ outcome: "unchanged", done: 0 });
    expect([existsSync(at("a")), ids()]).toEqual([true, []]);
  });

  it("cannot be told of where something else stands in its place: nothing is done to that", async () => {
    host = folderHost();
    await run("apply", [file(at("a"), { content: "a" })], false);
    host.putManifest(host.manifest()?.replaceAll("/a", "/d") ?? "");
    mkdirSync(at("d"));
    const { summary } = await run("apply", [], true);
    expect(summary.hosts[0]).toMatchObject({ outcome: "failed", failure: { code: "undecided" } });
    expect(existsSync(at("d"))).toBe(true);
  });

  it("is no orphan where another kind has taken its place", async () => {
    host = folderHost();
    await run("apply", [link(at("a"), { target: "b" })], false);
    const now = [file(at("a"), { content: "a" })];
    expect((await run("apply", now, true)).summary.hosts[0]).toMatchObject({
      outcome: "converged",
      left: [],
    });
    expect(ids()).toEqual([`file:${at("a")}`]);
  });
});

describe("a command whose probe has changed in the inventory", () => {
  it("is pending, and no drift of the host", async () => {
    host = folderHost();
    const ran = (unless: string) =>
      exec("mark", { command: `touch ${at("mark")}; touch ${at("other")}`, unless });
    const causes = async (unless: string) =>
      (await run("check", [ran(unless)], false)).summary.hosts[0]?.left.map(({ cause }) => cause);
    await run("apply", [ran(`test -e ${at("mark")}`)], false);
    expect(await causes(`test -e ${at("mark")}`)).toEqual([]);
    expect(await causes(`test -e ${at("missing")}`)).toEqual(["pending"]);
    rmSync(at("mark"));
    expect(await causes(`test -e ${at("mark")}`)).toEqual(["drift"]);
  });
});

describe("a manifest", () => {
  it("with an entry of an unknown kind: the entry is named and left, the others go", async () => {
    host = folderHost();
    writeFileSync(at("a"), "a");
    const entry = { role: "probe", state: {}, created: true };
    const resources = [`file:${at("a")}`, "zfs:tank", "package:-o=x y", "account:x'y@%"].map((id) => ({
      ...entry,
      id,
    }));
    host.putManifest(JSON.stringify({ version: 1, resources }));
    const { summary, events } = await run("apply", [], true);
    expect(summary.hosts[0]).toMatchObject({ outcome: "converged", done: 1, left: [] });
    const plan = events.find((one) => one.type === "plan-ready")?.hosts[0];
    expect(plan?.orphans.find(({ id }) => id === "zfs:tank")).toEqual({
      id: "zfs:tank",
      role: "probe",
      why: "this version of provision does not know the kind `zfs`: remove it by hand, or with the version that made it",
    });
    expect(existsSync(at("a"))).toBe(false);
    expect(ids()).toContain("zfs:tank");
  });

  it.each([
    ["garbage", "{"],
    ["no list", '{"version":1,"resources":{"id":"file:/a"}}'],
    ["another version", '{"version":2,"resources":[]}'],
    ["wrong types", '{"version":1,"resources":[{"id":7,"role":"r","state":null,"created":true}]}'],
    ["no kind", '{"version":1,"resources":[{"id":"/a","role":"r","state":null,"created":true}]}'],
    [
      "a line end in a name",
      '{"version":1,"resources":[{"id":"file:/a\\n/b","role":"r","state":null,"created":true}]}',
    ],
    [
      "an escape in a role",
      '{"version":1,"resources":[{"id":"file:/a","role":"\\u001b[2J","state":null,"created":true}]}',
    ],
    [
      "one name twice",
      `{"version":1,"resources":[${Array(2).fill('{"id":"file:/a","role":"r","state":null,"created":true}')}]}`,
    ],
    [
      "a state inside a state",
      '{"version":1,"resources":[{"id":"file:/a","role":"r","state":{"x":{}},"created":true}]}',
    ],
    [
      "__proto__",
      '{"version":1,"resources":[{"id":"file:/a","__proto__":{"role":"r","state":null,"created":true}}]}',
    ],
    ["too many", `{"version":1,"resources":[${Array(100_001).fill("0")}]}`],
  ])("of %s counts as none", (_name, text) => {
    expect(parseManifest(text)).toEqual({ version: 1, resources: [] });
  });

  it("keeps what a later version adds out, and no more", () => {
    const entry = { id: "file:/a", role: "r", state: { mode: "0644", sizes: ["1"] }, created: true };
    const text = JSON.stringify({ version: 1, more: 1, resources: [{ ...entry, later: 1 }] });
    expect(parseManifest(text)).toEqual({ version: 1, resources: [entry] });
    expect(parseManifest(text.replace('"mode"', '"__proto__":"x","mode"')).resources[0]?.state).toEqual(
      entry.state,
    );
  });

  /** Almost a manifest: each part may be right, hostile or anything at all. */
  const word = fc.oneof(
    fc.constantFrom(
      "file:/a",
      "unit:x",
      "zfs:tank",
      "package:-y",
      "account:a'@%",
      "exec:\u001b]0;x\u0007",
      "__proto__:x",
      ":",
    ),
    fc.string({ unit: "binary" }),
    fc.tuple(fc.constantFrom(...kinds.keys(), "later"), fc.string()).map((parts) => parts.join(":")),
  );
  const entry = fc.record(
    {
      id: fc.oneof(word, fc.jsonValue()),
      role: fc.oneof(fc.constant("r"), word, fc.jsonValue()),
      state: fc.oneof(fc.constant(null), fc.dictionary(word, fc.jsonValue()), fc.jsonValue()),
      created: fc.oneof(fc.boolean(), fc.jsonValue()),
    },
    { requiredKeys: ["id"] },
  );
  const hostile = fc.oneof(
    fc.string(),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc
      .record({ version: fc.oneof(fc.constant(1), fc.jsonValue()), resources: fc.array(entry) })
      .map((value) => JSON.stringify(value)),
  );

  it("is read or counts as none, whatever the host says: nothing throws, and every script can be made", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const manifest = parseManifest(text);
        for (const { id, role } of manifest.resources) {
          expect(id).toMatch(/^[A-Za-z][\w-]*:\P{Cc}+$/u);
          expect(role).toMatch(/^\P{Cc}+$/u);
        }
        const { removed, kept } = orphansOf(
          kinds,
          { onlyRoles: "all", prune: true },
          { everything: [], manifest },
        );
        for (const resource of removed.values()) kinds.get(resource.kind)?.observe([resource]);
        const created = manifest.resources.filter((one) => one.created);
        expect(removed.size + kept.size).toBe(created.length);
      }),
      { numRuns: 2000 },
    );
  });
});
