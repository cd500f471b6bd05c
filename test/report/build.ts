import type { Event } from "../../src/model/event.ts";
import type { Failure } from "../../src/model/failure.ts";
import type { Action, Cause, Change, FieldChange, HostPlan, Stage } from "../../src/model/plan.ts";
import type { Payload, ResourceId, Trigger } from "../../src/model/resource.ts";
import type { HostReport, Outcome } from "../../src/model/summary.ts";

/** An event, and when it happens: milliseconds from the start of the run. */
export type Step = readonly [at: number, event: Event];

/** The events of a test run, and the expected exit code. */
export interface Script {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly exit: number;
  readonly diff?: boolean;
}

/** A secret in payloads and contents. It must be in no output. */
export const canary = "canary-4f1d9c-hunter2";
/** A sha256 as states hold it. */
export const hash = (letter: string): string => letter.repeat(64);

export interface ChangeExtra {
  readonly fields?: readonly FieldChange[];
  readonly cause?: Cause;
  readonly why?: string;
  readonly trigger?: Trigger;
  readonly role?: string;
  readonly payload?: Payload;
}

export function change(action: Action, id: ResourceId, extra: ChangeExtra = {}): Change {
  const colon = id.indexOf(":");
  const { payload, role = "nginx", fields = [], cause = "new", ...rest } = extra;
  const resource = {
    kind: id.slice(0, colon),
    key: id.slice(colon + 1),
    desired: action === "delete" ? null : { mode: "0644" },
  };
  return {
    id,
    action,
    role,
    fields,
    cause,
    resource: payload === undefined ? resource : { ...resource, payload },
    observed:
      action === "undecided"
        ? { status: "unknown", reason: "its package is not installed" }
        : { status: "absent" },
    ...rest,
  };
}

/** A file with a secret, in the payload, in the output of the checker, and in the command. */
export const secretPayload: Payload = {
  content: { bytes: new TextEncoder().encode(`password = ${canary}\n`), secret: true },
  own: { command: `mysql --init ${canary}-command` },
};

export function hostPlan(host: string, changes: readonly Change[], rest: Partial<HostPlan> = {}): HostPlan {
  return { host, changes, orphans: [], unchanged: 10, ...rest };
}

export function stage(name: string, roles: readonly string[], hosts: readonly string[]): Stage {
  return { name, roles, hosts };
}

export function hostReport(
  host: string,
  outcome: Outcome,
  done: number,
  rest: Partial<HostReport> = {},
): HostReport {
  return { host, outcome, done, left: [], ms: 1000, ...rest };
}

/** The plan is known. */
export const planned = (at: number, stages: readonly Stage[], hosts: readonly HostPlan[]): Step => [
  at,
  { type: "plan-ready", stages, hosts, stale: [], rollouts: [] },
];

/** Connecting and observing, for hosts that answer. */
export function arrivals(plans: readonly HostPlan[]): readonly Step[] {
  return plans.flatMap((plan, index): readonly Step[] => {
    const { host } = plan;
    const at = 10 * index;
    return [
      [at, { type: "host-connecting", host, address: `10.0.0.${index + 1}` }],
      [at + 300, { type: "host-ready", host, os: "debian 12", ms: 300 }],
      [
        at + 500,
        {
          type: "host-observed",
          host,
          changes: plan.changes.length,
          orphans: plan.orphans.length,
          unchanged: plan.unchanged,
          ms: 500,
        },
      ],
    ];
  });
}

/** One change from start to end. */
export function doing(
  host: string,
  what: Change,
  from: number,
  to: number,
  lines: readonly string[] = [],
): readonly Step[] {
  const spoken = lines.map(
    (line, index): Step => [
      from + ((to - from) * (index + 1)) / (lines.length + 1),
      { type: "output", host, id: what.id, line },
    ],
  );
  return [
    [from, { type: "change-started", host, change: what }],
    ...spoken,
    [to, { type: "change-done", host, change: what, ms: to - from }],
  ];
}

export function failing(
  host: string,
  what: Change,
  from: number,
  to: number,
  failure: Failure,
): readonly Step[] {
  return [
    [from, { type: "change-started", host, change: what }],
    [to, { type: "change-failed", host, change: what, failure }],
    [to, { type: "host-failed", host, failure }],
  ];
}

/** Sorted by time. Events of the same time keep their order. */
export function inOrder(steps: readonly Step[]): readonly Step[] {
  return [...steps].sort(([a], [b]) => a - b);
}
