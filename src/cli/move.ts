import { formatDiagnostic } from "../inventory/diagnostic.ts";
import type { Failure } from "../model/failure.ts";
import type { Moved, MoveStep, PrimaryMoves } from "../model/primary.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { Diagnostic } from "../model/source.ts";
import type { Service } from "../model/topology.ts";
import { renderFailure } from "../report/failure.ts";
import { movedText, moveLine } from "../report/move.ts";
import type { Cluster } from "../run/cluster.ts";
import { type Reaching, reachMembers } from "../run/members.ts";
import { failOver, switchOver } from "../run/switchover.ts";
import { openTransport } from "../transport/connect.ts";
import type { Session } from "../transport/transport.ts";
import type { MoveOptions } from "./options.ts";
import { loadProject, type Project } from "./project.ts";
import { holderName, targetsOf } from "./reaching.ts";

/** Exit code for bad input: nothing was contacted. */
const badInput = 3;

/**
 * `provision switchover WHAT [--to HOST]`, `provision failover WHAT`: moves the primary of a replicated service. `what` names
 * the service, its role, its tier, or the inventory's group of its hosts. Exit codes: 0 moved · 1 not moved · 3 bad input.
 */
export async function moveCommand(
  kind: "switchover" | "failover",
  what: string,
  options: MoveOptions,
): Promise<number> {
  const project = await loadProject({ ...options }, process.cwd());
  if (!project.ok) return refuseInput(project.error);
  const chosen = chooseService(project.value, what);
  if (!chosen.ok) return refuseInput([chosen.error]);
  const { service, moves } = chosen.value;
  const unknown = unknownHost(service, options.to);
  if (unknown !== undefined) return refuseInput([unknown]);
  const sessions = new Set<Session>();
  const reaching: Reaching = {
    targets: targetsOf(project.value),
    transport: openTransport({ kind: options.transport, acceptNewHostKeys: false }),
    connectDeadline: options.timeout * 1000,
    holder: `${holderName()} (${kind})`,
    sessions,
  };
  try {
    const moved = await carryOut(kind, service, moves, reaching, options);
    if (moved.ok) return done(service, moved.value, options);
    process.stderr.write(renderFailure(service.name, moved.error, { color: false, columns: 100 }));
    return 1;
  } finally {
    for (const session of sessions) void session.close();
  }
}

async function carryOut(
  kind: "switchover" | "failover",
  service: Service,
  moves: PrimaryMoves,
  reaching: Reaching,
  { to, force, output }: MoveOptions,
): Promise<Result<Moved, Failure>> {
  const begun = performance.now();
  const members = await reachMembers(service, reaching);
  if (!members.ok) return members;
  const tell = (step: MoveStep): void => {
    const since = performance.now() - begun;
    process.stdout.write(
      output === "json"
        ? `${JSON.stringify({ type: "step", ...step, since: Math.round(since) })}\n`
        : `${moveLine(step, since)}\n`,
    );
  };
  const cluster: Cluster = {
    service: service.name,
    moves,
    members: members.value,
    now: () => performance.now(),
    tell,
  };
  if (kind === "switchover") return switchOver(cluster, to);
  return failOver(cluster, { force: force === true, ...(to === undefined ? {} : { to }) });
}

function done(service: Service, moved: Moved, { output }: MoveOptions): number {
  process.stdout.write(
    output === "json"
      ? `${JSON.stringify({ type: "moved", service: service.name, ...moved })}\n`
      : movedText(service.name, moved),
  );
  return 0;
}

interface Chosen {
  readonly service: Service;
  readonly moves: PrimaryMoves;
}

function chooseService({ topology, roles, inventory }: Project, what: string): Result<Chosen, Diagnostic> {
  const movable = [...topology.services.values()].flatMap((service) => {
    const moves = roles.get(service.role)?.primary;
    return moves?.service === service.name ? [{ service, moves }] : [];
  });
  const group = inventory.groups.has(what) ? what : undefined;
  const named = movable.filter(({ service: { name, role, endpoints } }) => {
    if ([name, role, topology.tiers.get(role)].includes(what)) return true;
    const inGroup = (host: string): boolean =>
      inventory.hosts.get(host)?.groups.some((one) => one === group) === true;
    return group !== undefined && endpoints.every(({ host }) => inGroup(host));
  });
  const [chosen, ...more] = named;
  if (chosen !== undefined && more.length === 0) return ok(chosen);
  const names = movable.map(({ service: { name, role } }) => `${name} (role ${role})`);
  return err({
    severity: "error",
    message:
      more.length > 0
        ? `\`${what}\` holds more than one service with a primary`
        : `\`${what}\` is no service with a primary, and no role, tier or group of one`,
    hint: names.length === 0 ? "no service of this inventory has a primary" : `there is: ${names.join(", ")}`,
  });
}

function unknownHost({ name, endpoints }: Service, to: string | undefined): Diagnostic | undefined {
  if (to === undefined || endpoints.some(({ host }) => host === to)) return undefined;
  const members = endpoints.map(({ host }) => host).join(", ");
  return {
    severity: "error",
    message: `--to: ${to} is no member of ${name}`,
    hint: `its members are ${members}`,
  };
}

function refuseInput(problems: readonly Diagnostic[]): number {
  for (const problem of problems) process.stderr.write(`${formatDiagnostic(problem)}\n`);
  return badInput;
}
