import { afterEach, describe, expect, it } from "vitest";
import { failOver, switchOver } from "../../src/cluster/move.ts";
import { cluster, following, type Keeper, leading, removeCluster } from "./keepers.ts";

afterEach(removeCluster);

/** A leader that hands over to the named member, or to b. */
function threeMembers() {
  const a: Keeper = { status: leading };
  const b: Keeper = { status: following("a") };
  const c: Keeper = { status: following("a") };
  a.answer = (path, { candidate = "b" }) => {
    if (path !== "/switchover") return { code: 404, text: "no such path" };
    const [next, other] = candidate === "b" ? [b, c] : [c, b];
    next.status = leading;
    other.status = following(String(candidate));
    a.status = following(String(candidate));
    return { code: 200, text: `${String(candidate)} leads now` };
  };
  return { a, b, c };
}

describe("a switchover", () => {
  it("asks the keeper of the leader, and says who leads", async () => {
    const three = await cluster(threeMembers());
    const moved = await switchOver(three, undefined);
    expect(moved).toMatchObject({ ok: true, value: { from: "a", to: "b", left: [], alone: false } });
    expect(three.requests).toEqual(['a /switchover {"leader":"a"}']);
    expect(three.steps).toEqual(["a hands over"]);
  });

  it("names the member that must lead", async () => {
    const three = await cluster(threeMembers());
    expect(await switchOver(three, "c")).toMatchObject({ ok: true, value: { to: "c" } });
    expect(three.requests).toEqual(['a /switchover {"leader":"a","candidate":"c"}']);
  });

  it("shows the keeper's reason when it is refused", async () => {
    const { a, b, c } = threeMembers();
    a.answer = () => ({
      code: 412,
      text: "c is not in the set of members that have every acknowledged write",
    });
    const moved = await switchOver(await cluster({ a, b, c }), "c");
    expect(moved).toMatchObject({ ok: false, error: { code: "refused", hint: "nothing was changed" } });
    expect(moved.ok ? "" : moved.error.message).toBe(
      "a: c is not in the set of members that have every acknowledged write",
    );
  });

  it("changes nothing when nobody leads, and shows what each member is", async () => {
    const two = await cluster({ a: { status: following("b") }, b: undefined });
    const moved = await switchOver(two, undefined);
    expect(moved.ok ? "" : moved.error.message).toBe(
      "sql: no member leads (a: replica, running at 0-1-9 and b: could not be asked)",
    );
    expect(two.requests).toEqual([]);
  });

  it("changes nothing when the user has stopped it", async () => {
    const three = { ...(await cluster(threeMembers())), begin: () => false };
    expect(await switchOver(three, undefined)).toMatchObject({ ok: false, error: { code: "interrupted" } });
    expect(three.requests).toEqual([]);
  });

  it("takes nothing from an answer that is no status", async () => {
    const two = await cluster({ a: { status: '{"role": ["primary"]}' }, b: { status: "garbage" } });
    expect(await switchOver(two, undefined)).toMatchObject({ ok: false, error: { code: "refused" } });
  });
});

describe("a failover", () => {
  it("is refused while a member leads", async () => {
    const moved = await failOver(await cluster(threeMembers()), { force: false });
    expect(moved.ok ? "" : moved.error.message).toContain("a leads and takes writes");
  });

  const waiting = (): Keeper => ({
    status: { role: "replica", state: "running", received: "0-1-9", waits_for: "a, which led last" },
  });

  it("says whom the keepers wait for, and what can be done", async () => {
    const moved = await failOver(await cluster({ a: undefined, b: waiting() }), { force: false });
    expect(moved.ok ? "" : moved.error.message).toContain("the keepers wait for a, which led last");
    expect(moved.ok ? "" : moved.error.hint).toContain("--force --to HOST");
  });

  it("needs the name of the member that must lead", async () => {
    const moved = await failOver(await cluster({ a: undefined, b: waiting() }), { force: true });
    expect(moved.ok ? "" : moved.error.message).toContain("--force needs the member that must lead");
  });

  it("asks that member to lead without the others", async () => {
    const b = waiting();
    b.answer = () => {
      b.status = leading;
      return { code: 200, text: "b leads now" };
    };
    const two = await cluster({ a: undefined, b });
    const moved = await failOver(two, { force: true, to: "b" });
    expect(moved).toMatchObject({ ok: true, value: { to: "b", alone: true, left: [{ host: "a" }] } });
    expect(two.requests).toEqual(['b /failover {"candidate":"b","force":true}']);
  });
});
