import { describe, expect, it } from "vitest";
import type { HostState } from "../../../src/model/picture.ts";
import { renderHtml } from "../../../src/report/diagram/html.ts";
import { layOut } from "../../../src/report/diagram/layout.ts";
import { renderMermaid } from "../../../src/report/diagram/mermaid.ts";
import { renderSvg } from "../../../src/report/diagram/svg.ts";
import { summary } from "../../../src/report/diagram/words.ts";
import { pictureOf } from "../../../src/topology/picture.ts";
import { redundancyReport } from "../../../src/topology/single-points.ts";
import { flawedTopology } from "../../topology/stack.ts";

const topology = flawedTopology("none.yml");
const names = topology.hosts.map(({ host }) => host.name);
const [first = "", second = "", third = "", fourth = "", fifth = ""] = names;
const converged: HostState = { word: "converged", notes: [] };
const states = new Map<string, HostState>([
  ...names.map((name) => [name, converged] as const),
  [first, { word: "converged", notes: ["holds 192.0.2.10"] }],
  [
    second,
    {
      word: "drifted",
      notes: ["update unit:<x>.service and 1 more"],
      changes: [
        { name: "update unit:<x>.service", notes: ["[active false → true]", "drift: changed on the host"] },
      ],
      resources: [{ kind: "file", names: ["/etc/a", "/etc/b"] }],
    },
  ],
  [third, { word: "unreachable", notes: [], failure: "no answer within 20 s (unreachable)" }],
  [fifth, { word: "pending", notes: ["update file:/etc/motd"] }],
  [fourth, { word: "failed", notes: [], failure: "the login is not root (not-root)" }],
]);
const draw = (seen: ReadonlyMap<string, HostState>) =>
  pictureOf({ topology, report: redundancyReport(topology), states: seen, seen: "2026-01-02 03:04 UTC" });
const picture = draw(states);

describe("a picture of observed hosts", () => {
  it("names in a sentence the hosts that are not as desired", () => {
    expect(summary(picture)).toBe(
      `${names.length} hosts in 7 tiers: no single point of failure. ${names.length - 4} converged, 1 drifted (${second}), 1 pending (${fifth}), 1 unreachable (${third}), 1 failed (${fourth}).`,
    );
    expect(summary(draw(new Map(names.map((name) => [name, converged]))))).toMatch(/ All converged\.$/);
  });

  it("has a sign and a class for each state in SVG", async () => {
    const svg = renderSvg(await layOut(picture, "wide"));
    expect(svg).toMatch(new RegExp(`class="chip converged".*✓ ${first}`));
    expect(svg).toMatch(new RegExp(`class="chip drifted".*≠ ${second}`));
    expect(svg).toMatch(new RegExp(`class="chip pending".*~ ${fifth}`));
    expect(svg).toMatch(new RegExp(`class="chip unreachable".*✗ ${third}`));
    expect(svg).toMatch(new RegExp(`class="chip failed".*! ${fourth}`));
    expect(svg).toContain("holds 192.0.2.10");
    expect(svg).toContain("Seen 2026-01-02 03:04 UTC.");
    expect(svg).toContain('class="t-service outage"');
  });

  it("shows for each host in HTML what differs and why, and its resources", async () => {
    const html = await renderHtml(picture);
    expect(html).toContain(
      "<code>update unit:&lt;x&gt;.service</code> [active false → true]  drift: changed on the host",
    );
    expect(html).toContain('<dl class="resources"><dt>file</dt><dd>/etc/a, /etc/b</dd></dl>');
    expect(html).toContain('<p class="failure">no answer within 20 s (unreachable)</p>');
    expect(html).toContain("The hosts as seen 2026-01-02 03:04 UTC.");
    expect(html).not.toContain("<x>");
    expect(html).toMatch(
      /class="roles legend">.*≠ drifted<\/b>: changed on the host.*~ pending<\/b>: not applied yet/,
    );
    expect(html).toContain('<span class="state pending">pending, update file:/etc/motd</span>');
  });

  it("joins hosts without flaws or notes in Mermaid, and draws the others separately", () => {
    const text = renderMermaid(picture);
    expect(text).toMatch(new RegExp(`"✓ ${first} · holds.192.0.2.10"\\):::hosts`));
    expect(text).toMatch(new RegExp(`"≠ ${second} · update[^"]*"\\):::risk`));
    expect(text).toMatch(new RegExp(`"~ ${fifth} · update[^"]*"\\):::pending`));
    expect(text).toMatch(new RegExp(`"✗ ${third}"\\):::outage`));
    expect(text).toMatch(new RegExp(`"! ${fourth}"\\):::outage`));
    expect(text).toMatch(/_hosts\("✓ \S+ ✓ /);
  });
});
