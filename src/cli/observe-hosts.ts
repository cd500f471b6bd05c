import { ok, type Result } from "../base/result.ts";
import { RoleStop } from "../base/role-stop.ts";
import type { Event } from "../model/event.ts";
import type { Facts } from "../model/facts.ts";
import type { HostState } from "../model/picture.ts";
import type { Plan } from "../model/plan.ts";
import type { AnyRole } from "../model/role.ts";
import type { Diagnostic } from "../model/source.ts";
import { idOf } from "../plan/plan.ts";
import { exitCode } from "../report/exit-code.ts";
import { hostStates } from "../report/host-state.ts";
import { newPrinter } from "../report/printable.ts";
import type { FactsCache } from "../run/connect/facts-cache.ts";
import { desiredOf, type RoleInputs, type RoleTopology } from "../run/observe/desired.ts";
import { run } from "../run/run.ts";
import { newRedactor } from "../secrets/redact.ts";
import type { Session } from "../transport/transport.ts";
import type { InventoryOptions, ReachOptions } from "./command.ts";
import { sudoPassword } from "./password.ts";
import type { Project } from "./project/project.ts";
import { secretsOf } from "./project/secrets.ts";
import { onInterrupt } from "./run/interrupt.ts";
import { inputOf } from "./run/run-command.ts";

/** The observed state of all hosts. */
export interface ObservedHosts {
  /** By host, without secrets. */
  readonly states: ReadonlyMap<string, HostState>;
  /** The exit code of `check`. */
  readonly code: number;
}

/**
 * Observes every host with the engine of `check`, and changes nothing. `addresses`: the floating addresses. A host that is
 * not reachable has a failure as its state.
 */
export async function observeHosts(
  project: Project,
  options: InventoryOptions & ReachOptions,
  addresses: readonly string[],
  cwd: string,
): Promise<Result<ObservedHosts, readonly Diagnostic[]>> {
  const secrets = await secretsOf(project, cwd);
  if (!secrets.ok) return secrets;
  const password = await sudoPassword(options);
  if (!password.ok) return password;
  const facts = new Map<string, Facts>();
  let plan: Plan | undefined;
  const emit = (event: Event): void => {
    if (event.type === "plan-ready") plan = event;
  };
  const sessions = new Set<Session>();
  const { stop, release } = onInterrupt(sessions, () => {});
  const request = {
    command: "check" as const,
    options: { ...options, verbose: 0, color: false },
    project: { ...project, roles: withLiveFacts(project.roles) },
    secrets: secrets.value,
    password: password.value,
    saved: undefined,
  };
  const input = inputOf(request, { factsCache: collecting(facts), stop, sessions, emit, resume: () => [] });
  try {
    const summary = await run(input);
    const notes = notesOf(project, facts);
    const resources = resourcesOf(input.wanted, facts);
    const states = hostStates({ summary, plan, facts, notes, resources, addresses });
    const redactor = newRedactor(secrets.value.values);
    const shown = newPrinter().value(redactor.value(states));
    return ok({ states: shown, code: exitCode(summary, plan) });
  } finally {
    release();
  }
}

/** Collects facts without a cache: facts of earlier runs lack those of `live`. */
const collecting = (facts: Map<string, Facts>): FactsCache => ({
  facts: () => undefined,
  put: (host, observed) => void facts.set(host, observed),
});

/** The fact with the output of a role's `live` script. */
const liveFact = (role: string): string => `live/${role}`;

/** The same roles, with the `live` script as a further fact. */
function withLiveFacts(roles: ReadonlyMap<string, AnyRole>): ReadonlyMap<string, AnyRole> {
  return new Map(
    [...roles].map(([name, role]) => [
      name,
      role.live === undefined
        ? role
        : { ...role, facts: { ...role.facts, [liveFact(name)]: role.live.script } },
    ]),
  );
}

function notesOf(
  { topology, roles }: RoleTopology,
  facts: ReadonlyMap<string, Facts>,
): ReadonlyMap<string, readonly string[]> {
  const hostAt = (address: string): string =>
    topology.hosts.find((host) => host.address === address)?.host.name ?? address;
  return new Map(
    topology.hosts.map(({ host, members }) => [
      host.name,
      members.flatMap(({ role }) => {
        const output = facts.get(host.name)?.role.get(liveFact(role));
        return output === undefined ? [] : liveNotes(roles.get(role), output, hostAt);
      }),
    ]),
  );
}

/** A role may reject the output of a host: then the error is the note. */
function liveNotes(
  role: AnyRole | undefined,
  output: string,
  hostAt: (address: string) => string,
): readonly string[] {
  try {
    return role?.live?.notes(output, hostAt) ?? [];
  } catch (error) {
    if (!(error instanceof RoleStop)) throw error;
    return [error.failure.message];
  }
}

/** The desired resources of each host with facts. */
function resourcesOf(
  wanted: RoleInputs,
  facts: ReadonlyMap<string, Facts>,
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    wanted.topology.hosts.flatMap((host) => {
      const { name } = host.host;
      const desired = facts.has(name) ? desiredOf(host, facts, wanted) : undefined;
      if (desired === undefined || !desired.ok) return [];
      return [[name, desired.value.map(({ resource }) => idOf(resource))] as const];
    }),
  );
}
