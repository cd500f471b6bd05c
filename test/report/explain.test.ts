import { describe, expect, it } from "vitest";
import { z } from "zod";
import { widthOf } from "../../src/base/text.ts";
import { wrap } from "../../src/base/wrap.ts";
import type { Flaw, RedundancyReport, ServiceReport } from "../../src/model/redundancy.ts";
import { type ExplainView, explainJson, renderExplain } from "../../src/report/explain.ts";

const http: ServiceReport = {
  name: "http",
  port: 80,
  protocol: "tcp",
  redundancy: "balanced",
  hosts: ["web1", "web2", "web3"],
  floor: 1,
  minimum: 1,
  voters: 0,
  spare: 2,
  floating: [],
  access: ["10.0.0.0/8"],
  users: ["haproxy"],
  shape: "All 3 serve all the time.",
  check: "GET /healthz on 80 answers 200",
  loss: "The balancers leave it out within 2 s, and no request fails.",
  times: ["2 s"],
  ways: [],
};

const vip: ServiceReport = {
  ...http,
  name: "vip",
  port: 112,
  protocol: "vrrp",
  redundancy: "standby",
  hosts: ["lb1"],
  spare: 0,
  floating: [{ address: "10.0.0.10", hosts: ["lb1"] }],
  access: "users",
  users: [],
  shape: "Alone on lb1: there is no other member.",
  check: "its daemon runs",
  loss: "Nothing takes over until lb1 is back.",
  times: [],
  ways: [],
};

const flaw: Flaw = {
  kind: "one-member",
  severity: "outage",
  tiers: ["balancer"],
  services: ["vip"],
  hosts: ["lb1"],
  what: "`vip` has one member, lb1",
  why: "when lb1 fails, no host answers at 10.0.0.10",
  remedy: "give the role `keepalived` to a second host",
  source: { file: "prod.yml", line: 4, col: 16 },
};

const report: RedundancyReport = {
  hosts: 4,
  tiers: [
    {
      tier: "balancer",
      parts: [
        { tier: "balancer", role: "keepalived", scope: "stack", hosts: ["lb1"], services: [vip] },
        {
          tier: "balancer",
          role: "dnsproxy",
          scope: "host",
          hosts: ["lb1"],
          services: [
            { ...vip, name: "dns", protocol: "udp", port: 53, floating: [], access: "host", users: ["web"] },
          ],
        },
      ],
    },
    {
      tier: "web",
      parts: [{ tier: "web", role: "nginx", scope: "stack", hosts: http.hosts, services: [http] }],
    },
    { tier: "jobs", parts: [{ tier: "jobs", role: "batch", scope: "stack", hosts: ["web1"], services: [] }] },
  ],
  base: ["common"],
  flaws: [flaw],
  notes: [{ message: "web1 and web2 are both in rack 1", source: { file: "prod.yml", line: 9, col: 1 } }],
  outside: ["DNS"],
};

const view = (more: Partial<ExplainView> = {}): ExplainView => ({
  columns: 0,
  color: false,
  excerpt: ({ line }) => [`  ${line} | roles: [keepalived]`],
  ...more,
});

describe("the explanation for people", () => {
  it("shows the tiers, then the times, then the flaws with their places, then the notes", () => {
    expect(renderExplain(report, view())).toBe(`4 hosts in 3 tiers: 1 single point of failure, listed below

BALANCER
  keepalived on lb1: vip (VRRP)
    Alone on lb1: there is no other member.
    Users connect to 10.0.0.10, which can be on lb1 only.
    When it dies: Nothing takes over until lb1 is back.
  dnsproxy on lb1: dns (UDP port 53)
    Alone on lb1: there is no other member.
    Failover: Nothing takes over until lb1 is back.
    Used by web.

WEB
  nginx on web1, web2 and web3: http (port 80)
    All 3 serve all the time. 2 may be lost at a time.
    Changed 2 at a time: at least 1 of 3 stay healthy.
    When a member dies: The balancers leave it out within 2 s, and no request fails.
    Used by haproxy and 10.0.0.0/8.

JOBS
  batch on web1
    Runs on one host. No other role uses it.

common is of the tier \`base\`: it serves its own host only.

MEMBERS AND TIMES
  Must stay: while others are changed. Time: until users are served again, as described above.
  service  members  must stay  may be lost  time  healthy when
  vip      1        1          0            –     its daemon runs
  dns      1        own host   –            –     its daemon runs
  http     3        1          2            2 s   GET /healthz on 80 answers 200

SINGLE POINTS OF FAILURE, AND RISKS
 1. outage: \`vip\` has one member, lb1
    Why: when lb1 fails, no host answers at 10.0.0.10.
    Do:  give the role \`keepalived\` to a second host.
    prod.yml:4:16
      4 | roles: [keepalived]

NOTES ON THE INVENTORY
  - web1 and web2 are both in rack 1 (prod.yml:9)

OUTSIDE OF THE INVENTORY, SHARED BY ALL
  - DNS
`);
  });

  it.each([40, 60, 100])("keeps to %i columns", (columns) => {
    const lines = renderExplain(report, view({ columns, excerpt: () => [] })).split("\n");
    // The table has a least width. A narrower terminal breaks its lines.
    const text = columns < 60 ? lines.filter((line) => !/^ {2}(service|vip|dns|http) /.test(line)) : lines;
    expect(Math.max(...text.map(widthOf))).toBeLessThanOrEqual(columns);
    expect(text.length).toBeGreaterThan(30);
  });

  it("has colours only on request", () => {
    const start = "\u001b[";
    expect(renderExplain(report, view())).not.toContain(start);
    expect(renderExplain(report, view({ color: true }))).toContain(`${start}31moutage${start}39m`);
  });

  it.each([
    [[], "no single point of failure"],
    [[flaw, { ...flaw, severity: "risk" as const }], "1 single point of failure and 1 risk, listed below"],
    [[flaw, flaw], "2 single points of failure, listed below"],
    [[{ ...flaw, severity: "risk" as const }], "1 risk, listed below"],
  ])("counts what is wrong: %#", (flaws, words) => {
    expect(renderExplain({ ...report, flaws }, view()).split("\n")[0]).toBe(`4 hosts in 3 tiers: ${words}`);
  });

  it("shows services separately if their losses differ", () => {
    const other = { ...http, name: "status", loss: "It is gone.", times: [] };
    const part = {
      tier: "web",
      role: "nginx",
      scope: "stack",
      hosts: http.hosts,
      services: [http, other],
    } as const;
    const text = renderExplain({ ...report, tiers: [{ tier: "web", parts: [part] }] }, view());
    expect(text).toContain("When a member dies (status): It is gone.");
  });

  it("has no characters that control a terminal", () => {
    const text = renderExplain(
      { ...report, notes: [{ message: "a\u001b[2Jb\u202e" }] },
      view({ columns: 80 }),
    );
    expect(text).toContain("  - ab\n");
  });
});

describe("the explanation for programs", () => {
  const at = { file: z.string(), line: z.int(), col: z.int() };

  it("is one document, with the places of flaws and notes", () => {
    const document: unknown = JSON.parse(explainJson(report));
    const shape = z.object({
      version: z.literal(1),
      hosts: z.literal(4),
      tiers: z.array(z.object({ tier: z.string(), parts: z.array(z.looseObject({ role: z.string() })) })),
      base: z.tuple([z.literal("common")]),
      flaws: z.tuple([z.strictObject({ ...flawShape, ...at })]),
      notes: z.tuple([z.strictObject({ message: z.string(), ...at })]),
      outside: z.tuple([z.literal("DNS")]),
    });
    expect(shape.parse(document).flaws[0]).toMatchObject({ file: "prod.yml", line: 4, col: 16 });
  });
});

const flawShape = {
  kind: z.literal("one-member"),
  severity: z.literal("outage"),
  tiers: z.array(z.string()),
  services: z.array(z.string()),
  hosts: z.array(z.string()),
  what: z.string(),
  why: z.string(),
  remedy: z.string(),
};

describe("wrap", () => {
  it("breaks between words, and leaves a long word whole", () => {
    expect(wrap("one two three", 8, "- ", "  ")).toEqual(["- one", "  two", "  three"]);
    expect(wrap("one two three", 9, "- ", "  ")).toEqual(["- one two", "  three"]);
    expect(wrap("incomprehensible", 8, "- ")).toEqual(["- incomprehensible"]);
    expect(wrap("one two", 0, "- ")).toEqual(["- one two"]);
  });
});
