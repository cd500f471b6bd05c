import { err, ok, type Result } from "../../base/result.ts";
import { type Cluster, stopped } from "../../cluster/cluster.ts";
import { failOver } from "../../cluster/failover.ts";
import { switchOver } from "../../cluster/switchover.ts";
import { diagnostic, formatDiagnostic } from "../../inventory/diagnostic.ts";
import type { Failure } from "../../model/failure.ts";
import type { Moved, MoveStep } from "../../model/primary.ts";
import type { Diagnostic } from "../../model/source.ts";
import { renderFailure } from "../../report/failure.ts";
import { movedText, moveLine } from "../../report/move.ts";
import { jsonText } from "../../report/printable.ts";
import { type Reaching, reachAgain, reachMembers } from "../../run/connect/members.ts";
import { newRedactor } from "../../secrets/redact.ts";
import { openTransport } from "../../transport/connect.ts";
import type { Session } from "../../transport/transport.ts";
import type { InventoryOptions, ReachOptions } from "../command.ts";
import { sudoPassword } from "../password.ts";
import { loadProject, type Project } from "../project/project.ts";
import { refuse } from "../refusal.ts";
import { holderName, targetsOf } from "../targets.ts";
import { type MoveInterrupt, onMoveInterrupt } from "./interrupt.ts";
import { type Movable, movableNamed, unknownHost } from "./leader-service.ts";

type MoveName = "switchover" | "failover";

/** Options of switchover and failover. */
interface MoveOptions
  extends InventoryOptions,
    Pick<ReachOptions, "askBecomePass" | "transport" | "timeout"> {
  /** The member that shall be the primary. */
  readonly to?: string;
  /** failover: though writes that were acknowledged may be lost. */
  readonly force?: boolean;
  readonly output?: "plain" | "json";
}

/**
 * `provision switchover WHAT [--to HOST]`, `provision failover WHAT`: moves the primary of a replicated service. `what` names
 * the service, its role, its tier, or the inventory's group of its hosts. Exit codes: 0 moved · 1 not moved, or nobody
 * follows the new primary though others could · 3 bad input.
 */
export async function moveCommand(kind: MoveName, what: string, options: MoveOptions): Promise<number> {
  const prepared = prepare(kind, what, options);
  if (!prepared.ok) return refuse(prepared.error, options);
  const { project, chosen } = prepared.value;
  for (const warning of project.warnings) process.stderr.write(`${formatDiagnostic(warning)}\n`);
  const asked = await sudoPassword(options);
  if (!asked.ok) return refuse(asked.error, options);
  const password = asked.value;
  const sessions = new Set<Session>();
  const reaching: Reaching = {
    targets: targetsOf(project, password),
    transport: openTransport({ kind: options.transport, acceptNewHostKeys: false }),
    connectDeadline: options.timeout * 1000,
    holder: `${holderName()} (${kind})`,
    sessions,
    hurried: kind === "failover",
  };
  const redact = newRedactor([...project.unlocked, ...(password === undefined ? [] : [password])]);
  const interrupt = onMoveInterrupt(() => process.stderr.write("provision: finishing the move first\n"));
  try {
    const work = carryOut(kind, chosen, reaching, interrupt, options);
    const moved = redact.value(await Promise.race([work, interrupt.stopped.then(() => err(stopped))]));
    return moved.ok ? done(chosen, moved.value, options) : failed(chosen, moved.error, options);
  } finally {
    interrupt.release();
    for (const session of sessions) void session.close();
  }
}

interface Prepared {
  readonly project: Project;
  readonly chosen: Movable;
}

function prepare(
  kind: MoveName,
  what: string,
  options: MoveOptions,
): Result<Prepared, readonly Diagnostic[]> {
  if (options.limit !== undefined) {
    const message = `a primary moves among all its members: ${kind} takes no --limit`;
    return err([diagnostic("error", message, undefined, "leave out -l; the new primary is named by --to")]);
  }
  const project = loadProject({ ...options }, process.cwd());
  if (!project.ok) return project;
  const chosen = movableNamed(project.value, what);
  if (!chosen.ok) return err([chosen.error]);
  const unknown = unknownHost(chosen.value.service, options.to);
  return unknown === undefined ? ok({ project: project.value, chosen: chosen.value }) : err([unknown]);
}

async function carryOut(
  kind: MoveName,
  { service, moves }: Movable,
  reaching: Reaching,
  { begin }: MoveInterrupt,
  { to, force, output }: MoveOptions,
): Promise<Result<Moved, Failure>> {
  const begun = performance.now();
  const members = await reachMembers(service, reaching);
  if (!members.ok) return members;
  const tell = (step: MoveStep): void => {
    const since = performance.now() - begun;
    write(
      output === "json"
        ? `${jsonText({ type: "step", ...step, since: Math.round(since) })}\n`
        : `${moveLine(step, since)}\n`,
    );
  };
  const cluster: Cluster = {
    service: service.name,
    moves,
    members: members.value,
    now: () => performance.now(),
    tell,
    reconnect: ({ host }) => reachAgain(host, reaching),
    begin,
  };
  if (kind === "switchover") return switchOver(cluster, to);
  return failOver(cluster, { force: force === true, ...(to === undefined ? {} : { to }) });
}

function write(text: string): void {
  if (process.stdout.writable) process.stdout.write(text);
}

function done({ service }: Movable, moved: Moved, { output }: MoveOptions): number {
  write(
    output === "json"
      ? `${jsonText({ type: "moved", service: service.name, ...moved })}\n`
      : movedText(service.name, moved),
  );
  return moved.alone && moved.left.some(({ host }) => host !== moved.from) ? 1 : 0;
}

function failed({ service }: Movable, failure: Failure, { output }: MoveOptions): number {
  if (output === "json") write(`${jsonText({ type: "failed", service: service.name, failure })}\n`);
  process.stderr.write(renderFailure(service.name, failure, { color: false, columns: 100 }));
  return 1;
}
