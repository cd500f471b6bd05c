import { afterEach, expect, test } from "vitest";
import { switchOver } from "../../src/cluster/switchover.ts";
import { at, cluster, is, removeCluster } from "./file-cluster.ts";

afterEach(removeCluster);

test("a planned switchover: closed, caught up, promoted, followed by all", async () => {
  const three = await cluster({
    a: { role: "primary", lines: 5 },
    b: { role: "replica", lines: 3, of: "a" },
    c: { role: "replica", lines: 4, of: "a" },
  });
  const moved = await switchOver(three, undefined);
  expect(moved).toMatchObject({ ok: true, value: { from: "a", to: "c", left: [], alone: false } });
  expect([is("a"), is("b"), is("c")]).toEqual(["replica", "replica", "primary"]);
  expect(is("a", "source")).toBe(at("c"));
  expect(three.steps.slice(0, 4)).toEqual([
    "c catches up with a, which still takes writes",
    "a takes no more writes",
    "c has all that was written",
    "c takes writes",
  ]);
  expect(three.steps.slice(4).sort()).toEqual(["a follows c", "b follows c"]);
});

test("a candidate that cannot catch up is not asked to: the primary never closes", async () => {
  const two = await cluster(
    {
      a: { role: "primary", lines: 5 },
      b: { role: "replica", lines: 3, of: "a", on: { "catch-up": "echo stuck; exit 1" } },
    },
    300,
  );
  const moved = await switchOver(two, "b");
  expect(moved).toMatchObject({
    ok: false,
    error: { hint: "nothing was changed: the primary never closed" },
  });
  expect([is("a"), is("b")]).toEqual(["primary", "replica"]);
  expect(two.steps).toEqual(["b catches up with a, which still takes writes: failed"]);
});

test("the candidate must come near to what the primary has now, not to what it had", async () => {
  const slow =
    'n=$(cat tries 2>/dev/null || echo 0); echo $((n + 1)) >tries; [ "$n" -ge 2 ] || { echo row >>"$(cat source)/log"; exit 1; }';
  const two = await cluster({
    a: { role: "primary", lines: 5 },
    b: { role: "replica", lines: 3, of: "a", on: { "catch-up": slow } },
  });
  expect(await switchOver(two, "b")).toMatchObject({ ok: true });
  expect(is("b", "log")?.split("\n")).toHaveLength(7);
});

test("a primary that tells no position is not left", async () => {
  const two = await cluster({
    a: { role: "primary", lines: 5, on: { state: "rm -f log" } },
    b: { role: "replica", lines: 3, of: "a" },
  });
  const moved = await switchOver(two, "b");
  expect(moved.ok ? "" : moved.error.message).toContain("tells no position");
  expect(is("a")).toBe("primary");
});

test("a candidate that will not be promoted follows again, and the old primary takes writes again", async () => {
  const two = await cluster({
    a: { role: "primary", lines: 5 },
    b: { role: "replica", lines: 5, of: "a", on: { promote: "printf closed >role; rm source; exit 1" } },
  });
  const moved = await switchOver(two, undefined);
  expect(moved).toMatchObject({ ok: false, error: { hint: "a is the primary again; nothing was lost" } });
  expect([is("a"), is("b"), is("b", "source")]).toEqual(["primary", "replica", at("a")]);
});

test.each([
  ["promoted all the same", "printf primary >role; rm source", true, ["replica", "primary"]],
  ["not promoted", ":", false, ["primary", "replica"]],
])("the connection to the candidate ends while it is promoted: %s", async (_, before, ok, roles) => {
  const two = await cluster({
    a: { role: "primary", lines: 5 },
    b: { role: "replica", lines: 5, of: "a", on: { promote: `${before}; echo LOST; exit` } },
  });
  expect(await switchOver(two, undefined)).toMatchObject({ ok });
  expect([is("a"), is("b")]).toEqual(roles);
});

test("a candidate that cannot be asked for a while after it was promoted is asked again", async () => {
  const two = await cluster({
    a: { role: "primary", lines: 5 },
    b: {
      role: "replica",
      lines: 5,
      of: "a",
      on: { promote: "printf primary >role; rm source; echo LOST; exit" },
    },
  });
  let tries = 0;
  const reconnect: typeof two.reconnect = async (member) => {
    tries += 1;
    return tries < 3 ? undefined : two.reconnect?.(member);
  };
  expect(await switchOver({ ...two, reconnect }, undefined)).toMatchObject({ ok: true, value: { to: "b" } });
  expect([is("a"), is("b")]).toEqual(["replica", "primary"]);
});

test("a candidate whose daemon is gone after a failed promotion is made sure to stay closed first", async () => {
  const two = await cluster({
    a: { role: "primary", lines: 5 },
    b: { role: "replica", lines: 5, of: "a", on: { promote: "printf gone >role; exit 1" } },
  });
  expect(await switchOver(two, undefined)).toMatchObject({ ok: false });
  expect([is("a"), is("b", "retired")]).toEqual(["primary", ""]);
});

test("the connection to the primary ends while it is closed: it is opened again over a new one", async () => {
  const two = await cluster({
    a: { role: "primary", lines: 5, on: { close: "printf closed >role; echo LOST" } },
    b: { role: "replica", lines: 5, of: "a" },
  });
  const moved = await switchOver(two, undefined);
  expect(moved).toMatchObject({ ok: false, error: { hint: "a is the primary again; nothing was lost" } });
  expect([is("a"), is("b")]).toEqual(["primary", "replica"]);
});

test("a primary that is slow to open again is asked until it does", async () => {
  const slow = "[ -e tried ] || { touch tried; exit 1; }";
  const two = await cluster({
    a: { role: "primary", lines: 5, on: { close: "exit 1", reopen: slow } },
    b: { role: "replica", lines: 5, of: "a" },
  });
  expect(await switchOver(two, undefined)).toMatchObject({
    ok: false,
    error: { hint: "a is the primary again; nothing was lost" },
  });
});

test("what the user stops before the first change is left as it is", async () => {
  const two = await cluster({ a: { role: "primary", lines: 5 }, b: { role: "replica", lines: 5, of: "a" } });
  expect(await switchOver({ ...two, begin: () => false }, undefined)).toMatchObject({
    ok: false,
    error: { code: "interrupted" },
  });
  expect([is("a"), is("b")]).toEqual(["primary", "replica"]);
});

test("writes wait until somebody follows: that counts as the pause, and why one does not follow is told", async () => {
  const three = await cluster({
    a: { role: "primary", lines: 5, on: { follow: "sleep 0.5" } },
    b: { role: "replica", lines: 5, of: "a" },
    c: { role: "replica", lines: 4, of: "a", on: { follow: "echo no room; exit 1" } },
  });
  const moved = await switchOver(three, "b");
  expect(moved).toMatchObject({ ok: true, value: { alone: false, left: [{ host: "c" }] } });
  if (!moved.ok) return;
  expect(moved.value.left[0]?.why).toContain("no room");
  expect(moved.value.pause).toBeGreaterThan(500);
});

test("nobody follows the new primary: that is said", async () => {
  const two = await cluster({
    a: { role: "primary", lines: 5, on: { follow: "exit 1" } },
    b: { role: "replica", lines: 5, of: "a" },
  });
  expect(await switchOver(two, "b")).toMatchObject({ ok: true, value: { alone: true } });
});

test("what cannot be the candidate is refused in words", async () => {
  const four = await cluster({
    a: { role: "primary", lines: 1 },
    b: { role: "replica", lines: 1, of: "a", broken: true },
    c: { role: "closed", lines: 1 },
    e: { role: "replica-open", lines: 1, of: "a" },
  });
  for (const [to, words] of [
    ["a", "a is the primary already"],
    ["b", "b does not follow a (b: replica of"],
    ["d", "d is no member of sql"],
    ["e", "e does not follow a (e: replica that takes writes itself"],
    [undefined, "no replica of sql follows a"],
  ] as const) {
    const moved = await switchOver(four, to);
    expect(moved.ok ? "" : moved.error.message).toContain(words);
  }
  expect(is("a")).toBe("primary");
});

test("two that take writes: nothing is moved", async () => {
  const two = await cluster({ a: { role: "primary", lines: 1 }, b: { role: "primary", lines: 2 } });
  const moved = await switchOver(two, undefined);
  expect(moved.ok ? "" : moved.error.message).toContain("more than one member takes writes");
});

test("one that takes writes though nobody follows it is closed first, and follows in the end", async () => {
  const three = await cluster({
    a: { role: "primary", lines: 3 },
    b: { role: "primary", lines: 5 },
    c: { role: "replica", lines: 5, of: "b" },
  });
  expect(await switchOver(three, undefined)).toMatchObject({ ok: true, value: { from: "b", to: "c" } });
  expect([is("a"), is("b"), is("c"), is("a", "retired")]).toEqual(["replica", "replica", "primary", ""]);
});
