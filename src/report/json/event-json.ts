import { unreachable } from "../../base/result.ts";
import type { Event, HostReport, Summary } from "../../model/event.ts";
import type { Failure } from "../../model/failure.ts";
import type { Json, JsonObject } from "../../model/json.ts";
import type { Batch, Change, FieldChange, HostPlan, Plan, Stage } from "../../model/plan.ts";
import type { State } from "../../model/resource.ts";
import { isSecret } from "../../plan/secret.ts";
import { isHash } from "../change-text.ts";

/**
 * An event as programs read it; `docs/events.md` says what each field holds. A resource's payload and its states are
 * left out as wholes, so that no content can get out by a field nobody thought of.
 */
export function eventJson(event: Event): JsonObject {
  switch (event.type) {
    case "run-started":
    case "host-connecting":
    case "host-ready":
    case "output":
    case "waiting":
    case "gate-passed":
    case "host-finished":
    case "interrupting":
      return event;
    case "host-observed": {
      const { type, host, plan, ms } = event;
      const [changes, orphans] = [plan.changes.length, plan.orphans.length];
      return { type, host, changes, orphans, unchanged: plan.unchanged, ms };
    }
    case "plan-ready":
      return { type: event.type, ...planJson(event.plan) };
    case "stage-started":
    case "stage-finished":
      return { ...event, stage: stageJson(event.stage) };
    case "change-started":
    case "change-done":
      return { ...event, change: changeJson(event.change) };
    case "change-failed":
      return { ...event, change: changeJson(event.change), failure: failureJson(event.failure) };
    case "gate-failed":
    case "host-failed":
      return { ...event, failure: failureJson(event.failure) };
    case "run-finished":
      return { type: event.type, ...summaryJson(event.summary) };
    default:
      return unreachable(event);
  }
}

/** A change without what it is made of: no content, no command, no state. */
function changeJson(change: Change): JsonObject {
  const { id, action, role, cause, trigger, why } = change;
  const fields = change.fields.map((field) => fieldJson(field, isSecret(change)));
  return { id, action, role, cause, ...given({ trigger, why }), fields };
}

function fieldJson({ field, before, after }: FieldChange, secret: boolean): JsonObject {
  const shown = (value: State[string] | undefined): State[string] | undefined =>
    secret && isHash(value) ? "[secret]" : value;
  return { field, ...given({ before: shown(before), after: shown(after) }) };
}

function planJson(plan: Plan): JsonObject {
  const { stages, rollouts, hosts, stale } = plan;
  return {
    stages: stages.map(stageJson),
    rollouts: rollouts.map(({ stage, batches }) => ({ stage, batches: batches.map(batchJson) })),
    hosts: hosts.map(hostPlanJson),
    stale,
  };
}

function hostPlanJson({ host, changes, orphans, unchanged }: HostPlan): JsonObject {
  return {
    host,
    changes: changes.map(changeJson),
    orphans: orphans.map(({ id, role, why }) => ({ id, role, ...given({ why }) })),
    unchanged,
  };
}

const batchJson = ({ hosts, services, seconds }: Batch): JsonObject => ({
  hosts,
  services: services.map(({ name, members, serving, floor }) => ({ name, members, serving, floor })),
  seconds,
});

const stageJson = ({ name, roles, hosts }: Stage): JsonObject => ({ name, roles, hosts });

/** A failure with all that is known of it. */
function failureJson({ code, message, detail, hint, source, stack }: Failure): JsonObject {
  const place = source === undefined ? undefined : { file: source.file, line: source.line, col: source.col };
  return { code, message, ...given({ detail, hint, source: place, stack }) };
}

function summaryJson({ command, hosts, ms, resume }: Summary): JsonObject {
  return { command, hosts: hosts.map(hostReportJson), ms, ...given({ resume }) };
}

function hostReportJson({ host, outcome, done, left, failure, ms }: HostReport): JsonObject {
  const failed = failure === undefined ? undefined : failureJson(failure);
  return { host, outcome, done, left: left.map(changeJson), ...given({ failure: failed }), ms };
}

/** Without the fields that are not there: an absent field is left out, never null. */
function given(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
