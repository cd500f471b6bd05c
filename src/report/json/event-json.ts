import { unreachable } from "../../base/result.ts";
import type { Event, PlanReady } from "../../model/event.ts";
import type { Failure } from "../../model/failure.ts";
import type { Change, FieldChange, HostPlan } from "../../model/plan.ts";
import type { Source } from "../../model/source.ts";
import type { HostReport } from "../../model/summary.ts";
import { isSecret } from "../../plan/secret.ts";
import { isHash } from "../change-text.ts";

/** One difference between a host and its desired state. Contents and commands are never in a line. */
interface ChangeJson extends Pick<Change, "id" | "action" | "role" | "cause" | "trigger" | "why"> {
  /** What differs: a list of Field. */
  readonly fields: readonly FieldChange[];
}

type FailureJson = JsonOf<Failure>;
type HostPlanJson = JsonOf<HostPlan>;
type HostReportJson = JsonOf<HostReport>;

/** The same type, with the JSON form of changes and sources in it. */
type JsonOf<T> = T extends Change
  ? ChangeJson
  : T extends Source
    ? Pick<Source, "file" | "line" | "col">
    : T extends readonly (infer Item)[]
      ? readonly JsonOf<Item>[]
      : T extends object
        ? { readonly [K in keyof T]: JsonOf<T[K]> }
        : T;

/** An event as programs read it. */
type EventJson = JsonOf<Exclude<Event, PlanReady>> | JsonOf<Omit<PlanReady, "contents">>;

/**
 * An event with the JSON form of its changes and failures. Payloads and states of resources are left out entirely, so that no
 * content gets out through a forgotten field.
 */
export function eventJson(event: Event): EventJson {
  switch (event.type) {
    case "plan-ready": {
      const { type, stages, rollouts, hosts, stale } = event;
      return { type, stages, rollouts, hosts: hosts.map(hostPlanJson), stale };
    }
    case "change-started":
    case "change-done":
      return { ...event, change: changeJson(event.change) };
    case "change-failed":
      return { ...event, change: changeJson(event.change), failure: failureJson(event.failure) };
    case "gate-failed":
    case "host-failed":
    case "failed":
      return { ...event, failure: failureJson(event.failure) };
    case "run-finished":
      return {
        ...only(event, ["type", "command"]),
        hosts: event.hosts.map(hostReportJson),
        ...only(event, ["ms", "resume"]),
      };
    case "run-started":
    case "stage-started":
    case "stage-finished":
    case "interrupting":
    case "host-connecting":
    case "host-ready":
    case "host-observed":
    case "host-finished":
    case "waiting":
    case "output":
    case "gate-passed":
    case "step":
    case "moved":
      return event;
    default:
      return unreachable(event);
  }
}

function changeJson(change: Change): ChangeJson {
  const rest = only(change, ["id", "action", "role", "cause", "trigger", "why"]);
  return { ...rest, fields: isSecret(change) ? change.fields.map(masked) : change.fields };
}

/** Hides hashes, because a short secret can be found from its hash. */
const masked = (field: FieldChange): FieldChange => ({
  ...field,
  ...(isHash(field.before) ? { before: "[secret]" } : {}),
  ...(isHash(field.after) ? { after: "[secret]" } : {}),
});

const hostPlanJson = ({ host, changes, orphans, unchanged }: HostPlan): HostPlanJson => ({
  host,
  changes: changes.map(changeJson),
  orphans,
  unchanged,
});

function failureJson({ source, ...failure }: Failure): FailureJson {
  return {
    ...only(failure, ["code", "message", "detail", "hint"]),
    ...(source === undefined ? {} : { source: only(source, ["file", "line", "col"]) }),
    ...only(failure, ["stack"]),
  };
}

const hostReportJson = ({ host, outcome, done, left, failure, ms }: HostReport): HostReportJson => ({
  host,
  outcome,
  done,
  left: left.map(changeJson),
  ...(failure === undefined ? {} : { failure: failureJson(failure) }),
  ms,
});

/** Only these fields of a value, if it has them. */
function only<T extends object, K extends keyof T>(value: T, names: readonly K[]): Pick<T, K>;
function only(value: object, names: readonly PropertyKey[]): object {
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(value, name)).map((name) => [name, Reflect.get(value, name)]),
  );
}
