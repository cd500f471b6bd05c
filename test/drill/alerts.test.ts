import { describe, expect, it } from "vitest";
import { alertsSince, once, tellsOf } from "../../src/drill/alerts.ts";

const alert = (at: number, words: string) => ({ at, words });

describe("alerts", () => {
  it("that two servers note are one, and two that different servers send are two", () => {
    const noted = [alert(100, "web1 http CRITICAL mon1"), alert(103, "web1 http CRITICAL mon1")];
    expect(once(noted)).toEqual([noted[0]]);
    const twice = [alert(100, "web1 http CRITICAL mon1"), alert(103, "web1 http CRITICAL mon2")];
    expect(once(twice)).toEqual(twice);
  });

  it("that come again later are others", () => {
    const again = [alert(100, "web1 http CRITICAL mon1"), alert(900, "web1 http CRITICAL mon1")];
    expect(once(again)).toEqual(again);
  });

  it("since a moment are those that were not there", () => {
    const before = [alert(100, "a b CRITICAL c")];
    expect(alertsSince(before, [...before, alert(100, "d e CRITICAL f"), alert(120, "a b OK c")])).toEqual([
      alert(100, "d e CRITICAL f"),
      alert(120, "a b OK c"),
    ]);
    expect(alertsSince([], before)).toEqual(before);
  });

  it("tell that a service is not well, not that it is well again", () => {
    expect(tellsOf(alert(1, "web1 http CRITICAL mon1"), "web1", "http")).toBe(true);
    expect(tellsOf(alert(1, "web1 http OK mon1"), "web1", "http")).toBe(false);
    expect(tellsOf(alert(1, "web1 https CRITICAL mon1"), "web1", "http")).toBe(false);
  });
});
