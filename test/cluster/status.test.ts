import { describe, expect, it } from "vitest";
import { parseStatus } from "../../src/cluster/status.ts";

/** As `status.py` of the keeper writes it; Patroni's has some of the same fields. */
const document = {
  state: "running",
  role: "primary",
  received: "0-1-9",
  source: null,
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
      waitsFor: "",
      reason: "",
    });
    const replica = { ...document, role: "replica", source: "db1", reason: "no copy of db1" };
    expect(parseStatus(JSON.stringify(replica))).toMatchObject({
      role: "replica",
      source: "db1",
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
      received: {},
      source: 1,
    };
    expect(parseStatus(JSON.stringify(odd))).toEqual({
      role: "replica",
      state: "unknown",
      source: undefined,
      position: "",
      waitsFor: "",
      reason: "",
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
