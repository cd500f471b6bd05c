import { diagnostic } from "../../base/diagnostic.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { type Cluster, stopped } from "../../cluster/cluster.ts";
import type { KeptService } from "../../cluster/keepers.ts";
import { failOver, switchOver } from "../../cluster/move.ts";
import type { MoveEvent } from "../../model/event.ts";
import type { Failure } from "../../model/failure.ts";
import type { Moved } from "../../model/move.ts";
import type { Diagnostic } from "../../model/source.ts";
import { createReport } from "../../report/create.ts";
import { formatDiagnostic } from "../../report/diagnostic.ts";
import { renderFailure } from "../../report/failure.ts";
import { type MemberReach, reachMembers } from "../../run/connect/members.ts";
import { newRedactor } from "../../secrets/redact.ts";
import { openTransport } from "../../transport/connect.ts";
import type { Session } from "../../transport/transport.ts";
import type { InventoryOptions, ReachOptions } from "../command.ts";
import { sudoPassword } from "../password.ts";
import { loadProject, type Project } from "../project/project.ts";
import { refuse } from "../refusal.ts";
import { holderName, targetsOf } from "../targets.ts";
import { type MoveInterrupt, onMoveInterrupt } from "./interrupt.ts";
import { leaderServiceNamed, unknownHost } from "./leader-service.ts";

type MoveName = "switchover" | "failover";

/** Options of switchover and failover. */
interface MoveOptions
  extends InventoryOptions,
    Pick<ReachOptions, "askBecomePass" | "transport" | "timeout"> {
  /** The new leader. */
  readonly to?: string;
  /** failover: even if acknowledged writes may be lost. */
  readonly force?: boolean;
  readonly output?: "plain" | "json";
}

/**
 * `provision switchover WHAT [--to HOST]`, `provision failover WHAT`: moves the leader of a replicated service. `what` is
 * the service, its role, its tier, or the group of its hosts. Exit codes: 0 moved · 1 not moved, or no member follows the
 * new leader although others could · 3 bad input.
 */
export async function moveCommand(kind: MoveName, what: string, options: MoveOptions): Promise<number> {
  const prepared = prepare(kind, what, options);
  if (!prepared.ok) return refuse(prepared.error, options);
  const { project, chosen } = prepared.value;
  for (const warning of project.warnings) process.stderr.write(`${formatDiagnostic(warning)}\n`);
  const passwordResult = await sudoPassword(options);
  if (!passwordResult.ok) return refuse(passwordResult.error, options);
  const password = passwordResult.value;
  const sessions = new Set<Session>();
  const reach: MemberReach = {
    targets: targetsOf(project, password),
    transport: openTransport({ kind: options.transport, acceptNewHostKeys: false }),
    connectDeadline: options.timeout * 1000,
    holder: `${holderName()} (${kind})`,
    sessions,
    failoverMode: kind === "failover",
  };
  const redactor = newRedactor([...project.unlocked, ...(password === undefined ? [] : [password])]);
  const report = await createReport(options.output ?? "plain", { ...plainReport, write });
  const emit = (event: MoveEvent): void => report.event(redactor.value(event));
  const interrupt = onMoveInterrupt(() => process.stderr.write("provision: finishing the move first\n"));
  try {
    const work = carryOut(kind, chosen, { reach, interrupt, options, emit });
    const moved = redactor.value(await Promise.race([work, interrupt.stopped.then(() => err(stopped))]));
    const service = chosen.service.name;
    if (moved.ok) emit({ type: "moved", service, ...moved.value });
    else emit({ type: "failed", service, failure: moved.error });
    await report.end();
    if (moved.ok) return codeOf(moved.value);
    process.stderr.write(renderFailure(service, moved.error, plainReport));
    return 1;
  } finally {
    interrupt.release();
    for (const session of sessions) void session.close();
  }
}

/** Options of a plain report: a line for each event, also on a terminal, because there are few events. */
const plainReport = {
  columns: 100,
  tty: false,
  color: false,
  verbosity: 0,
  diff: false,
  now: () => performance.now(),
} as const;

function write(text: string): void {
  if (process.stdout.writable) process.stdout.write(text);
}

/** 1: no member follows the new leader, although others could. */
const codeOf = ({ alone, left, from }: Moved): number =>
  alone && left.some(({ host }) => host !== from) ? 1 : 0;

interface Prepared {
  readonly project: Project;
  readonly chosen: KeptService;
}

function prepare(
  kind: MoveName,
  what: string,
  options: MoveOptions,
): Result<Prepared, readonly Diagnostic[]> {
  if (options.limit !== undefined) {
    const message = `${kind} takes no --limit: it needs all members of the service`;
    return err([diagnostic("error", message, undefined, "remove -l; name the new leader with --to")]);
  }
  const project = loadProject({ ...options }, process.cwd());
  if (!project.ok) return project;
  const chosen = leaderServiceNamed(project.value, what);
  if (!chosen.ok) return err([chosen.error]);
  const unknown = unknownHost(chosen.value.service, options.to);
  return unknown === undefined ? ok({ project: project.value, chosen: chosen.value }) : err([unknown]);
}

interface Work {
  readonly reach: MemberReach;
  readonly interrupt: MoveInterrupt;
  readonly options: MoveOptions;
  readonly emit: (event: MoveEvent) => void;
}

async function carryOut(
  kind: MoveName,
  { service, keepers }: KeptService,
  { reach, interrupt: { begin }, options: { to, force }, emit }: Work,
): Promise<Result<Moved, Failure>> {
  const startedAt = performance.now();
  const members = await reachMembers(service, keepers, reach);
  if (!members.ok) return members;
  const cluster: Cluster = {
    service: service.name,
    members: members.value,
    now: () => performance.now(),
    begun: startedAt,
    emit,
    begin,
  };
  if (kind === "switchover") return switchOver(cluster, to);
  return failOver(cluster, { force: force === true, ...(to === undefined ? {} : { to }) });
}
