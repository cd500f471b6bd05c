import { afterEach, expect, test } from "vitest";
import { failOver } from "../../src/cluster/failover.ts";
import { at, cluster, is, removeCluster } from "./file-cluster.ts";

afterEach(removeCluster);

test("every replica is fenced first, then the one that has most is promoted", async () => {
  const three = await cluster({
    a: { role: "primary", lines: 9, away: true },
    b: { role: "replica", lines: 8, of: "a" },
    c: { role: "replica", lines: 7, of: "a" },
  });
  const moved = await failOver(three, { force: false });
  expect(moved).toMatchObject({ ok: true, value: { from: "a", to: "b", left: [{ host: "a" }], notes: [] } });
  expect([is("b"), is("c"), is("c", "source")]).toEqual(["primary", "replica", at("b")]);
  expect(three.steps.slice(0, 2).sort()).toEqual([
    "b takes nothing more from the old primary",
    "c takes nothing more from the old primary",
  ]);
  expect(three.steps.slice(2)).toEqual(["b applies all it has received", "b takes writes", "c follows b"]);
});

test("refused while the primary lives", async () => {
  const two = await cluster({ a: { role: "primary", lines: 9 }, b: { role: "replica", lines: 9, of: "a" } });
  expect(await failOver(two, { force: true })).toMatchObject({ ok: false, error: { code: "refused" } });
  expect([is("a"), is("b")]).toEqual(["primary", "replica"]);
});

test("a replica that cannot be asked may have the last writes: only with --force", async () => {
  const three = await cluster({
    a: { role: "primary", lines: 9, away: true },
    b: { role: "replica", lines: 5, of: "a" },
    c: { role: "replica", lines: 9, of: "a", away: true },
  });
  const refused = await failOver(three, { force: false });
  expect(refused.ok ? "" : refused.error.message).toContain("c cannot be asked");
  expect([is("b"), is("b", "fenced")]).toEqual(["replica", undefined]);
  expect(await failOver(three, { force: true })).toMatchObject({ ok: true, value: { to: "b" } });
});

test.each([
  ["d", "d is no member"],
  ["c", "c is no sound replica"],
  ["a", "a is no sound replica"],
])("a wrong --to (%s) is refused before anything is touched", async (to, words) => {
  const three = await cluster({
    a: { role: "primary", lines: 9, away: true },
    b: { role: "replica", lines: 9, of: "a" },
    c: { role: "replica", lines: 9, of: "a", broken: true },
  });
  const refused = await failOver(three, { to, force: false });
  expect(refused.ok ? "" : refused.error.message).toContain(words);
  expect([is("b", "fenced"), three.steps]).toEqual([undefined, []]);
});

test("one that gives up lets the replicas receive again: the old primary may live", async () => {
  const three = await cluster({
    a: { role: "primary", lines: 9, away: true },
    b: { role: "replica", lines: 7, of: "a" },
    c: { role: "replica", lines: 9, of: "a" },
  });
  const refused = await failOver(three, { to: "b", force: false });
  expect(refused.ok ? "" : refused.error.message).toContain("b lacks writes");
  expect([is("b", "fenced"), is("c", "fenced"), is("b")]).toEqual([undefined, undefined, "replica"]);
});

test("a replica that cannot apply does not block one that has as much; one that has more does", async () => {
  const three = await cluster({
    a: { role: "primary", lines: 9, away: true },
    b: { role: "replica", lines: 7, of: "a", broken: true },
    c: { role: "replica", lines: 7, of: "a" },
  });
  expect(await failOver(three, { force: false })).toMatchObject({ ok: true, value: { to: "c" } });
  await removeCluster();
  const other = await cluster({
    a: { role: "primary", lines: 9, away: true },
    b: { role: "replica", lines: 8, of: "a", broken: true },
    c: { role: "replica", lines: 7, of: "a" },
  });
  expect(await failOver(other, { force: false })).toMatchObject({ ok: false });
  expect(await failOver(other, { force: true })).toMatchObject({ ok: true, value: { to: "c" } });
});

test("members that follow nobody any more are candidates as well", async () => {
  const two = await cluster({ a: { role: "closed", lines: 8 }, b: { role: "closed", lines: 9 } });
  expect(await failOver(two, { force: false })).toMatchObject({
    ok: true,
    value: { to: "b", alone: false, left: [] },
  });
  expect([is("a"), is("a", "source")]).toEqual(["replica", at("b")]);
});

test("where the next run opens the old primary again, that is the hint", async () => {
  const two = await cluster({
    a: { role: "closed", lines: 9 },
    b: { role: "replica", lines: 9, of: "a", broken: true },
  });
  expect(await failOver(two, { force: false })).toMatchObject({
    ok: false,
    error: { hint: "`provision` opens a again" },
  });
});

test("an old primary that can be reached is made sure to stay closed", async () => {
  const two = await cluster({
    a: { role: "gone", lines: 9 },
    b: { role: "replica", lines: 9, of: "a" },
  });
  expect(await failOver(two, { force: false })).toMatchObject({ ok: true, value: { to: "b", alone: true } });
  expect(is("a", "retired")).toBe("");
});

test("one that cannot be closed stops the failover only where it could acknowledge writes all the same", async () => {
  const hangs = { role: "gone", lines: 9, on: { retire: "exit 1" } };
  const two = await cluster({ a: hangs, b: { role: "replica", lines: 9, of: "a" } });
  expect(await failOver(two, { force: false })).toMatchObject({ ok: false });
  expect([is("b"), is("b", "fenced")]).toEqual(["replica", undefined]);
  await removeCluster();
  const endless = await cluster({ a: hangs, b: { role: "replica", lines: 9, of: "a", endless: true } });
  const moved = await failOver(endless, { force: false });
  expect(moved).toMatchObject({ ok: true, value: { to: "b" } });
  expect(moved.ok ? moved.value.notes.join() : "").toContain("a could not be closed");
});

test("a member that takes writes though it follows is no candidate, and is named", async () => {
  const three = await cluster({
    a: { role: "primary", lines: 9, away: true },
    b: { role: "replica", lines: 9, of: "a" },
    c: { role: "replica-open", lines: 9, of: "a" },
  });
  const refused = await failOver(three, { force: false });
  expect(refused.ok ? "" : refused.error.message).toContain("c: replica that takes writes itself");
});
