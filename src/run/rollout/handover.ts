import { eachOf, onHost } from "../../base/concurrency.ts";
import { listed } from "../../base/listed.ts";
import { type Cluster, standings } from "../../cluster/cluster.ts";
import { switchOver } from "../../cluster/switchover.ts";
import type { Failure } from "../../model/failure.ts";
import type { PrimaryMoves } from "../../model/primary.ts";
import type { Service, TopologyHost } from "../../model/topology.ts";
import { askFacts } from "../connect/connect.ts";
import { peerSession } from "../connect/peer-session.ts";
import { ownPeers, wishesOf } from "../observe/cached-desired.ts";
import { type OpenHost, observeHost } from "../observe/host.ts";
import { fail, type Run } from "../state.ts";

/** Seconds that a host waits for its primary to move away at most: a replica comes near, then the primary closes and it opens. */
const moveSeconds = 120;

/**
 * Before a host is disturbed that holds the primary of a service, the primary moves to a member that is not. What the roles
 * want of the members is asked anew afterwards: who is the primary decides it.
 */
export async function handOver(
  state: Run,
  host: OpenHost,
  roles: ReadonlySet<string>,
): Promise<Failure | undefined> {
  for (const service of state.input.topology.services.values()) {
    const moves = state.input.roles.get(service.role)?.primary;
    if (moves?.service !== service.name || !roles.has(service.role)) continue;
    if (!service.endpoints.some((endpoint) => endpoint.host === host.name)) continue;
    const failure = await handOverService(state, host, service, moves);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

async function handOverService(
  state: Run,
  host: OpenHost,
  service: Service,
  moves: PrimaryMoves,
): Promise<Failure | undefined> {
  const { input } = state;
  const cluster = await clusterOf(state, service, moves);
  const known = await standings(cluster);
  const own = known.find(({ member }) => member.host === host.name);
  const replicas = known.filter((one) => one.state?.role === "replica" && one.state.broken === undefined);
  // Without a replica there is nobody to hand over to: the service stands still for the moment of the change.
  if (own?.state?.role !== "primary" || replicas.length === 0) return undefined;
  const what = `the primary of ${service.name} to move away`;
  input.emit({ type: "waiting", host: host.name, what, until: moveSeconds * 1000 });
  const moved = await switchOver(cluster, undefined);
  if (!moved.ok) {
    const message = `${host.name}: skipped. The primary of \`${service.name}\` could not move away: ${moved.error.message}`;
    return { ...moved.error, message };
  }
  input.emit({ type: "moved", service: service.name, ...moved.value });
  if (moved.value.alone) {
    const message = `${host.name}: skipped. No replica follows ${moved.value.to}, which is the primary of \`${service.name}\` now`;
    return { code: "dependency-failed", message, hint: "run `provision` again: it makes the others follow" };
  }
  return askAnew(state, host.name, service);
}

async function clusterOf(state: Run, service: Service, moves: PrimaryMoves): Promise<Cluster> {
  const { input } = state;
  const members = await eachOf(service.endpoints, service.endpoints.length, async (endpoint) => {
    const session = await peerSession(state, endpoint.host);
    return {
      host: endpoint.host,
      address: endpoint.address,
      session: session.ok ? session.value : undefined,
    };
  });
  return {
    service: service.name,
    moves,
    members,
    now: input.now,
    begun: input.now(),
    emit: input.emit,
  };
}

/**
 * Facts, wishes and plans of the members, as they are now. What goes wrong is the failure of the member that it happens to;
 * `disturbed`, the host that is changed next, is skipped where it happens to another.
 */
async function askAnew(state: Run, disturbed: string, service: Service): Promise<Failure | undefined> {
  const { input, known } = state;
  const names = service.endpoints.map((endpoint) => endpoint.host);
  const members = names.flatMap((name) => state.open.get(name) ?? []);
  await eachOf(names, input.forks, (name) =>
    onHost(
      name,
      async () => {
        const session = await peerSession(state, name);
        const facts = session.ok ? await askFacts(input, placeOf(state, name), session.value) : undefined;
        if (facts === undefined) return;
        known.set(name, facts);
        input.recall.remember(name, facts);
      },
      (failure) => fail(state, name, failure),
    ),
  );
  await eachOf(members, input.forks, async (member) => {
    const failure = await onHost(
      member.name,
      () => planAnew(state, member),
      (thrown) => thrown,
    );
    if (failure !== undefined) fail(state, member.name, failure);
  });
  const own = state.failures.get(disturbed);
  const lost = members.filter(({ name }) => state.failures.has(name)).map(({ name }) => name);
  if (own !== undefined || lost.length === 0) return own;
  const message = `${disturbed}: skipped. The primary of \`${service.name}\` has moved, and then ${listed(lost)} failed`;
  return { code: "dependency-failed", message, hint: `mend ${listed(lost)} first, then run again` };
}

async function planAnew(state: Run, member: OpenHost): Promise<Failure | undefined> {
  const { input, known } = state;
  const host = placeOf(state, member.name);
  const wishes = wishesOf(input, host, known);
  if (!wishes.ok) return wishes.error;
  member.desired = wishes.value.desired;
  member.everything = wishes.value.everything;
  member.peers = ownPeers(input, host, known);
  return observeHost(input, member);
}

function placeOf({ input }: Run, name: string): TopologyHost {
  const place = input.topology.hosts.find(({ host }) => host.name === name);
  if (place === undefined) throw new Error(`no host ${name}`);
  return place;
}
