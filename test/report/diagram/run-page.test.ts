import { describe, expect, it } from "vitest";
import type { Event } from "../../../src/model/event.ts";
import { newRecorder } from "../../../src/report/diagram/recorder.ts";
import type { RunRecord } from "../../../src/report/diagram/run-record.ts";
import { runSection } from "../../../src/report/diagram/run-section.ts";
import { endingOf } from "../../../src/report/diagram/run-words.ts";
import { timeline } from "../../../src/report/diagram/timeline.ts";
import { canary, type Script } from "../build.ts";
import { scripts } from "../scripts.ts";
import { bytes, secretScript, sum } from "../secret-script.ts";

/** The record of a run, from the events up to `until`. */
function recorded({ steps }: Script, until: (e: Event) => boolean = () => false): RunRecord {
  let clock = 1000;
  const recorder = newRecorder(() => clock, new Date("2026-11-24T01:02:03.456Z"));
  for (const [at, event] of steps) {
    if (until(event)) break;
    clock = 1000 + at;
    recorder.event(event);
  }
  return recorder.record();
}

const named = (name: string): Script => {
  const script = scripts.find((one) => one.name === name);
  if (script === undefined) throw new Error(`no run is called ${name}`);
  return script;
};
const html = (run: RunRecord): string => runSection(run).html;
const ends = ({ hosts }: RunRecord): unknown =>
  Object.fromEntries(hosts.map((host) => [host.name, endingOf(host)]));
/** The part of the section for one host, without markup. */
const told = (run: RunRecord, host: string): string =>
  (html(run).split(`<div id="run-host-${host}">`)[1]?.split("</details>")[0] ?? "")
    .replace(/<\/(td|p|h4|li|caption)>/g, "\n")
    .replace(/<[^>]+>/g, "");

describe("the record of a run", () => {
  it("has the steps of each host, with begin and end", () => {
    const { hosts, stages, ms } = recorded(named("converged"));
    expect(ms).toBe(13_100);
    expect(stages.map(({ name, from, to }) => [name, from, to])).toEqual([
      ["packages", 800, 9810],
      ["nginx", 9820, 12_200],
      ["haproxy, keepalived", 12_210, 13_010],
    ]);
    const web1 = hosts.find(({ name }) => name === "web1");
    expect(web1?.steps.map(({ kind, name, from, to }) => [kind, name, from, to])).toEqual([
      ["connect", "connect to 10.0.0.2", 10, 310],
      ["observe", "observe the resources", 310, 510],
      ["change", "create package:nginx-light", 810, 9810],
      ["change", "update file:/etc/nginx/nginx.conf", 9830, 10_030],
      ["change", "create file:/etc/nginx/tls/site.key", 10_030, 10_130],
      ["reload", "reload unit:nginx.service", 10_130, 10_330],
      ["gate", "http is healthy", 10_330, 10_930],
    ]);
  });

  it("knows how every host ended", () => {
    expect(ends(recorded(named("converged")))).toEqual({
      lb1: "converged",
      web1: "converged",
      web2: "converged",
    });
    expect(ends(recorded(named("unreachable")))).toEqual({ web1: "converged", web2: "unreachable" });
    expect(ends(recorded(named("failures")))).toEqual({ lb1: "failed", web1: "failed", web2: "failed" });
    expect(ends(recorded(named("interrupted")))).toEqual({
      lb1: "not begun",
      web1: "interrupted",
      web2: "interrupted",
    });
  });

  it("says that a run was cut short, and shows the steps that were running", () => {
    const run = recorded(named("converged"), (e) => e.type === "change-done");
    expect(ends(run)).toEqual({ lb1: "not begun", web1: "cut short", web2: "cut short" });
    expect(html(run)).toContain("The run did not finish");
    expect(told(run, "web1")).toContain("create package:nginx-light\nnot ended");
  });
});

describe("the page of a run", () => {
  it("shows each change with its time, and the gate after it", () => {
    const text = told(recorded(named("converged")), "web1");
    expect(text).toContain("9.8s\nupdate file:/etc/nginx/nginx.conf [mode 0600 → 0644, content]\n0.2s");
    expect(text).toContain("10.1s\nreload unit:nginx.service (watches file:/etc/nginx/nginx.conf)");
    expect(text).toContain("http is healthy\n0.6s");
  });

  it("begins with the result, the failures, and the command that finishes the work", () => {
    const text = html(recorded(named("failures")));
    expect(text).toContain("apply on 3 hosts: 3 failed; 5 changes done, 5 left.");
    expect(text).toContain("Started at 2026-11-24 01:02:03 UTC; it took 72.1s.");
    expect(text).toContain("unknown directive &quot;wrker_processes&quot;");
    expect(text).toContain("<code>inventories/prod.yml:14:9</code>");
    expect(text).toContain("Do: see which template line made it");
    expect(text).toContain("provision apply -i inventories/prod.yml");
    const web2 = told(recorded(named("failures")), "web2");
    expect(web2).toContain("11.5s\nhttp is not healthy failed\n60.5s");
  });

  it("lists hosts with the same failure together, and the others separately", () => {
    const text = html(recorded(named("many")));
    const items = text.split('<ol class="flaws">')[1]?.split("</ol>")[0]?.split("<li").slice(1) ?? [];
    expect(items.map((item) => item.match(/href="#run-host-web\d+"/g)?.length)).toEqual([4, 10]);
    expect(items[0]).toContain("package:nginx-light failed with exit code 100");
  });

  it("shows when the user stopped it, and what is left", () => {
    const run = recorded(named("interrupted"));
    expect(html(run)).toContain("Interrupted by the user after 9.9s.");
    expect(told(run, "lb1")).toContain("Left to do\nupdate file:/etc/haproxy/haproxy.cfg");
  });

  it("of `check` shows what would change, with the causes", () => {
    const run = recorded(named("check-causes"));
    expect(html(run)).toMatch(/check on 2 hosts: 1 with changes, 1 unchanged; \d changes found\./);
    expect(html(run)).toContain("drift: changed on the host");
  });

  it("escapes all text of a run, so that none becomes markup", () => {
    const script = named("unreachable");
    const evil: Script = {
      ...script,
      steps: script.steps.map(([at, e]) => [
        at,
        e.type === "host-failed"
          ? { ...e, failure: { ...e.failure, message: "<script>alert(1)</script>\u001b[31m" } }
          : e.type === "run-finished"
            ? { ...e, hosts: [] }
            : e,
      ]),
    };
    const text = html(recorded(evil));
    expect(text).toContain("&lt;script&gt;");
    expect(text).not.toMatch(/<script|\u001b/);
  });

  it.each(["apply", "plan", "check"] as const)(
    "of %s holds no secret of a payload or a content",
    (command) => {
      const run = recorded(secretScript(command));
      const text = html(run);
      expect(text).toContain("update file:/etc/update.key");
      for (const form of [
        canary,
        Buffer.from(canary).toString("base64"),
        Buffer.from(bytes).toString("base64"),
        sum,
      ])
        expect(text).not.toContain(form);
    },
  );
});

describe("the timeline", () => {
  /** Where bars begin and end, in percent of the run. */
  const bars = (text: string): readonly (readonly [kind: string, x: number, end: number])[] =>
    [
      ...text.matchAll(/class="(?:bar|band|stage) (\w+)" x="([\d.]+)%" (?:y="[\d.]+" )?width="([\d.]+)%"/g),
    ].map(([, kind = "", x, width]) => [kind, Number(x), Number(x) + Number(width)]);

  it.each(scripts.map(({ name }) => name))("of %s stays inside its lanes", (name) => {
    const found = bars(timeline(recorded(named(name)), (host) => host));
    expect(found.length).toBeGreaterThan(0);
    for (const [kind, x, end] of found) {
      expect(x, kind).toBeGreaterThanOrEqual(0);
      expect(end, kind).toBeLessThanOrEqual(100.01);
    }
  });

  it("places a bar at its time", () => {
    const text = timeline(recorded(named("converged")), (host) => host);
    expect(text).toMatch(
      /class="bar change" x="6\.18%" width="68\.7%"[^>]*><title>create package:nginx-light/,
    );
  });

  it("draws failed steps as failed", () => {
    const kinds = bars(timeline(recorded(named("failures")), (host) => host)).map(([kind]) => kind);
    expect(kinds.filter((kind) => kind === "failed")).toHaveLength(2);
  });

  it("also works for a run of 0 ms", () => {
    const { steps, ...rest } = named("unchanged");
    const run = recorded({ ...rest, steps: steps.slice(0, 1) });
    expect(timeline(run, (host) => host)).not.toMatch(/NaN|Infinity/);
  });
});
