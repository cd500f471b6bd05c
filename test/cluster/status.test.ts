import { describe, expect, it } from "vitest";
import { parseStatus } from "../../src/cluster/status.ts";

/** As `status.py` of the keeper writes it; Patroni's has some of the same fields. */
const document = {
  state: "running",
  role: "primary",
  timeline: 7,
  received: "0-1-9",
  source: null,
  sync: { leader: "db1", term: 7, complete: true, members: ["db2@b2"] },
  pause: false,
  waits_for: "",
  reason: "",
};

describe("the status of a member", () => {
  it("is what its keeper says", () => {
    expect(parseStatus(JSON.stringify(document))).toEqual({
      role: "primary",
      state: "running",
      source: undefined,
      position: "0-1-9",
      leader: "db1",
      term: 7,
      waitsFor: "",
      reason: "",
      paused: false,
    });
    const replica = { ...document, role: "replica", source: "db1", pause: true, reason: "no copy of db1" };
    expect(parseStatus(JSON.stringify(replica))).toMatchObject({
      role: "replica",
      source: "db1",
      paused: true,
      reason: "no copy of db1",
    });
  });

  it("of Patroni's older versions names the leader `master`", () => {
    expect(parseStatus('{"role": "master", "state": "running"}')?.role).toBe("primary");
  });

  it("leaves out what is not as it should be: nobody leads by a fault", () => {
    const odd = {
      role: ["primary"],
      state: 7,
      timeline: "x",
      received: {},
      sync: "x",
      pause: "yes",
      source: 1,
    };
    expect(parseStatus(JSON.stringify(odd))).toEqual({
      role: "replica",
      state: "unknown",
      source: undefined,
      position: "",
      leader: undefined,
      term: 0,
      waitsFor: "",
      reason: "",
      paused: false,
    });
  });

  it("is one line of a bounded length, whatever the host says", () => {
    const reason = parseStatus(
      JSON.stringify({ ...document, reason: `a\nb\tc ${"x".repeat(1000)}` }),
    )?.reason;
    expect(reason).toMatch(/^a b c x+$/);
    expect(reason).toHaveLength(300);
  });

  it.each(["", "garbage", "[", "7", "null", '"primary"'])("is none where %j is said", (text) => {
    expect(parseStatus(text)).toBeUndefined();
  });
});
