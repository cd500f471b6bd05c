import { describe, expect, it } from "vitest";
import type { DrillRecord } from "../../../src/model/drill.ts";
import { drillPage } from "../../../src/report/drill/page.ts";
import { drill, madeUp, verdict } from "./made-up.ts";

/** A part of the page, without markup: from a mark to the end of the element. */
const told = (page: string, from: string, end: string): string =>
  (page.split(from)[1]?.split(end)[0] ?? "")
    .replace(/<\/(td|th|p|li|dd|h2|ul)>/g, "\n")
    .replace(/<[^>]+>/g, "")
    .replaceAll("\u00a0", " ");
const header = (record: DrillRecord): string => told(drillPage(record), "<header>", "</header>");
/** What the table says of a fault. */
const row = (record: DrillRecord, number = 1): string =>
  told(drillPage(record), `<tr id="fault-${number}"`, "</tr>");

describe("the page of a drill", () => {
  it("begins with the result, and what it was measured with", () => {
    const page = drillPage(drill());
    expect(page).toContain("<title>drill: 1 fault: all promises kept.</title>");
    expect(header(drill())).toBe("The drill1 fault: all promises kept.\n");
    const known = told(page, '<dl class="resources known">', "</dl>");
    expect(known).toContain("2026-11-24 01:02:03 UTC");
    expect(known).toContain("inventories/lab.yml");
    expect(known).toContain("https://10.77.0.10/notes");
    expect(known).toContain("Seed4711");
    expect(known).toContain("4512 acknowledged, none missing. Their list: /var/tmp/drill-ledger");
    expect(page).not.toContain("What went wrong");
    expect(page).not.toContain("Not tried");
  });

  it("says what was seen of a fault that kept its promises", () => {
    const text = row(drill());
    expect(text).toContain("1. sql: leader killed kepton db1 of tier db, round 1, at 0:08\n");
    expect(text).not.toContain("broken");
    expect(text).toContain("reads 0.05 s of 2.5 s\nwrites 0.75 s of 2.5 s");
    expect(text).toContain("promised: writes may fail\nslowest 0.78 s");
    expect(text).toContain("writes: 3 failed (2 × 502 Bad Gateway, 1 × timeout)");
    expect(text).toContain("nothing lost or stale");
    expect(text).toContain("sql: db1 → db2");
    expect(text).toContain("alert: db1/mariadb CRITICAL: connection refused");
    expect(text).toContain("healed after 12.2 s\nwhole 7.2 s later");
  });

  it("says in words which promises were not kept, in a list and in the row", () => {
    const late = verdict({
      fault: "http: holder stopped",
      promise: { reads: 0.5, writes: 2.5, fails: "nothing", stays: true },
      broken: ["0.68 s without a read, not 0.5"],
    });
    const record = drill({ verdicts: [verdict(), late] });
    expect(header(record)).toContain("2 faults: 1 with a broken promise.");
    const list = told(drillPage(record), '<ol class="flaws">', "</ol>");
    expect(list).toBe("broken: 2. http: holder stopped\n0.68 s without a read, not 0.5\n\n\n");
    expect(row(record, 2)).toContain(
      "promise brokenon db1 of tier db, round 1, at 0:08\n0.68 s without a read, not 0.5\n",
    );
    for (const said of ["reads 0.05 s of 0.5 s", "promised: nothing fails", "promised: nothing moves"])
      expect(row(record, 2)).toContain(said);
    expect(row(record, 1)).not.toContain("broken");
  });

  it("says what is lost, what needs a person, and that all is not whole again", () => {
    const missing = ["db2: 3-17", "db3: 3-17", "db2: 3-18"];
    const bad = verdict({
      missing,
      stale: ["12.31 s: db2: 17 instead of 18"],
      lostKeys: 1,
      whole: undefined,
      left: ["db3: replication stopped"],
      helped: ["db1: started mariadb.service"],
      broken: ["2 acknowledged writes are missing"],
    });
    const record = drill({ verdicts: [bad] });
    expect(drillPage(record)).toContain("<strong>2 missing</strong> on at least one member");
    const text = row(record);
    for (const said of ["3 missing writes", "1 stale read", "1 lost key", "not whole again"])
      expect(text).toContain(said);
    expect(text).toContain("still needs a person: db3: replication stopped");
    expect(text).toContain("needed help: db1: started mariadb.service");
  });

  it("shows the first of many texts, and how many more there are", () => {
    const alerts = Array.from({ length: 100 }, (_, i) => `db${i} CRITICAL`);
    const text = row(drill({ verdicts: [verdict({ alerts })] }));
    expect(text).toContain("alert: db3 CRITICAL\nand 96 more");
    expect(text).not.toContain("db4");
  });

  it("says that reads alone were judged", () => {
    expect(header(drill())).not.toContain("Reads alone");
    const record = drill({ judgesWrites: false });
    expect(header(record)).toContain(
      "Reads alone were judged: the load has no write that can be looked for.",
    );
    expect(drillPage(record)).toContain("4512 acknowledged, not looked for afterwards");
    expect(row(record)).toContain("writes were not looked for");
  });

  it("says why it stopped early", () => {
    expect(header(drill({ stopped: "db2 is not whole" }))).toContain(
      "The drill stopped early: db2 is not whole",
    );
  });

  it("lists the faults that could not be tried, by reason", () => {
    const untried = [
      { fault: "sql: all cut", why: "the drill would lose its way to the hosts" },
      { fault: "nagios: all killed", why: "nobody would send its alert" },
      { fault: "http: all cut", why: "the drill would lose its way to the hosts" },
    ];
    const text = told(drillPage(drill({ untried })), "<h2>Not tried</h2>", "</section>");
    expect(text).toContain("3 faults could not be tried.");
    expect(text).toContain("sql: all cut, http: all cut: the drill would lose its way to the hosts\n");
    expect(text).toContain("nagios: all killed: nobody would send its alert\n");
  });

  it("works without a fault and without load", () => {
    const page = drillPage(drill({ verdicts: [], load: [] }));
    expect(page).toContain("No fault was tried.");
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("escapes all text, so that none becomes markup", () => {
    const evil = '"><script>alert(1)</script>\u001b[31m';
    const bad = verdict({
      ...{
        fault: evil,
        service: evil,
        tier: evil,
        hit: [evil],
        missing: [evil],
        stale: [evil],
        moves: [evil],
      },
      ...{ alerts: [evil], left: [evil], helped: [evil], broken: [evil] },
      kinds: { write: { sent: 1, failed: { [evil]: 1 }, late: 0, interval: 0.05, gap: 1, slowest: 1 } },
    });
    const page = drillPage(
      drill({
        ...{ inventory: [evil], url: evil, ledger: evil, stopped: evil },
        verdicts: [bad],
        untried: [{ fault: evil, why: evil }],
      }),
    );
    expect(page.match(/&quot;&gt;&lt;script&gt;/g)?.length).toBeGreaterThanOrEqual(15);
    expect(page).not.toMatch(/<script|\u001b/);
  });

  it("has no part elsewhere", () => {
    const page = drillPage(madeUp(60));
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\ssrc=|\son\w+=|\sstyle=/);
    expect([...page.matchAll(/href="([^"]*)"/g)].filter(([, to = ""]) => !to.startsWith("#"))).toEqual([]);
  });
});

describe("the timeline of a drill", () => {
  /** Where bars begin and end, in percent of their line. */
  const bars = (page: string): readonly (readonly [kind: string, x: number, end: number])[] =>
    [...page.matchAll(/class="bar (\w+)" x="([\d.]+)%" width="([\d.]+)%"/g)].map(
      ([, kind = "", x, width]) => [kind, Number(x), Number(x) + Number(width)],
    );
  const strips = (page: string): readonly string[] => page.split('<div class="strip">').slice(1);

  it("places a bar at its time, and a lower one until all is whole", () => {
    expect(bars(drillPage(drill()))).toEqual([
      ["mending", 33.67, 45.67],
      ["fault", 13.33, 33.66],
    ]);
  });

  it.each([1, 12, 60])("of %d faults has a lane for each, at most five minutes a line", (count) => {
    const record = madeUp(count);
    const page = drillPage(record);
    expect(strips(page)).toHaveLength(Math.ceil((count * 34 + 12) / 300));
    for (const [kind, x, end] of bars(page)) {
      expect(x, kind).toBeGreaterThanOrEqual(0);
      expect(end, kind).toBeLessThanOrEqual(100.01);
    }
    for (const number of record.verdicts.keys()) expect(page).toContain(`<a href="#fault-${number + 1}">`);
    expect(page).not.toMatch(/NaN|Infinity/);
  });

  it("has a column for each second, with a title", () => {
    const load = [
      { at: 0, answered: 400, failed: 0, slowest: 12 },
      { at: 1, answered: 200, failed: 7, slowest: 740 },
    ];
    const page = drillPage(drill({ load }));
    expect(page).toContain("<title>0:01: 200 answered, 7 failed, slowest 740 ms</title>");
    expect(page).toContain('<rect class="answered" x="1" width="1" y="28" height="28"/>');
    expect(page).toContain('<rect class="failed" x="1" width="1"');
    // In a second of a fault; before it there was no load.
    expect(page).toContain('<title>0:09: 0 answered, 0 failed</title><rect class="silent"');
    expect(page).not.toContain("<title>0:07");
    expect(page).toContain("600 requests answered, 7 failed");
  });

  it("draws a fault with a broken promise in another shape, and says it in words", () => {
    const page = drillPage(drill({ verdicts: [verdict({ broken: ["late"], whole: undefined })] }));
    expect(bars(page).map(([kind]) => kind)).toEqual(["unmended", "failed"]);
    expect(strips(page)[0]).toContain("promise broken");
    expect(strips(page)[0]).toContain(
      "<title>sql: leader killed: from 0:08, healed after 12.2\u00a0s, not whole again",
    );
  });
});
