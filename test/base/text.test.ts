import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clip, count, duration, hostList, printable, printableLines, widthOf } from "../../src/base/text.ts";

describe("clip", () => {
  it("is never wider than the columns, and does not change a text that fits", () => {
    const text = fc.string({ unit: "grapheme" }).map(printable);
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 60 }), (value, columns) => {
        const cut = clip(value, columns);
        expect(widthOf(cut)).toBeLessThanOrEqual(columns);
        if (widthOf(value) <= columns) expect(cut).toBe(value);
      }),
    );
  });

  it("counts two columns for wide characters", () => {
    expect(widthOf("主机1")).toBe(5);
    expect(clip("主机主机", 5)).toBe("主机…");
    expect(widthOf("主机：ｗｅｂ（１）")).toBe(18);
    expect(widthOf("ﾎｽﾄ e\u0301")).toBe(5);
  });

  it("cuts nothing without a terminal", () => {
    expect(clip("x".repeat(1000), 0)).toHaveLength(1000);
  });
});

describe("printable", () => {
  it("removes characters that move the cursor or ring the bell", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        expect(printable(value)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
  });

  it("shows the last state of a progress display", () => {
    expect(printable("\x1b[1mGet:1\x1b[0m 10%\rGet:1 90%\r")).toBe("Get:1 90%");
  });

  it("removes links and titles entirely", () => {
    expect(printable("\x1b]8;;http://evil\x07click\x1b]8;;\x07 \x1b]0;title\x07")).toBe("click ");
  });

  it("keeps the lines of a text", () => {
    expect(printableLines("one\r\ntwo\n\n")).toEqual(["one", "two"]);
  });
});

it("durations have at most two units", () => {
  expect([0, 49, 950, 12_345, 99_940, 100_000, 125_000, 3_599_600, 3_725_000].map(duration)).toEqual([
    "0.0s",
    "0.0s",
    "0.9s",
    "12.3s",
    "99.9s",
    "1m40s",
    "2m05s",
    "1h00m",
    "1h02m",
  ]);
});

describe("hostList", () => {
  it("names as many hosts as fit, and always their number", () => {
    const hosts = Array.from({ length: 300 }, (_, n) => `web${n}`);
    for (const columns of [20, 40, 80, 120]) {
      const text = hostList(hosts, columns);
      expect(widthOf(text)).toBeLessThanOrEqual(columns);
      expect(text).toMatch(/^web0 .*… \(300 hosts\)$/);
    }
    expect(hostList(hosts, 0)).toContain("web299 (300 hosts)");
    expect(hostList(["web1", "web2"], 80)).toBe("web1 web2 (2 hosts)");
    expect(hostList(["web1"], 80)).toBe("web1");
  });
});

it("count uses singular and plural", () => {
  expect([0, 1, 2].map((n) => count(n, "host"))).toEqual(["0 hosts", "1 host", "2 hosts"]);
});
