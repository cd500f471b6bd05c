import { eachOf, onHost } from "../../base/concurrency.ts";
import { listed } from "../../base/listed.ts";
import { askAll, type Cluster } from "../../cluster/cluster.ts";
import { type KeptService, keptServices } from "../../cluster/keepers.ts";
import { switchOver } from "../../cluster/move.ts";
import type { Failure } from "../../model/failure.ts";
import type { Service, Topology, TopologyHost } from "../../model/topology.ts";
import { askFacts } from "../connect/connect.ts";
import { peerSession } from "../connect/peer-session.ts";
import { fail } from "../failed-host.ts";
import { desiredFrom, ownPeers } from "../observe/cached-desired.ts";
import { type OpenHost, observeHost } from "../observe/host.ts";
import type { Run } from "../state.ts";

/** Seconds that a host waits at most for the leader to move away. */
const moveSeconds = 120;

/**
 * Before a host with the leader of a service is changed, its keeper hands over to a member that is not changed now. What the
 * roles want of the members is asked again afterwards, because it may depend on who leads.
 */
export async function moveLeaderAway(
  run: Run,
  host: OpenHost,
  roles: ReadonlySet<string>,
): Promise<Failure | undefined> {
  for (const kept of keptServices(run.input.wanted.topology)) {
    if (!roles.has(kept.service.role) || !kept.keepers.has(host.name)) continue;
    const failure = await moveLeaderOf(run, host, kept);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

async function moveLeaderOf(run: Run, host: OpenHost, kept: KeptService): Promise<Failure | undefined> {
  const { caller } = run.input;
  const { service } = kept;
  const cluster = await clusterOf(run, kept);
  const known = await askAll(cluster);
  const leader = known.find(({ status }) => status?.role === "primary");
  const followers = known.filter(({ status }) => status?.source === host.name);
  // Without a follower nobody can take over: writes stop for the moment of the change.
  if (leader?.member.host !== host.name || followers.length === 0) return undefined;
  const what = `the leader of ${service.name} to move away`;
  caller.emit({ type: "waiting", host: host.name, what, until: moveSeconds * 1000 });
  const moved = await switchOver(cluster, undefined);
  if (!moved.ok) {
    const message = `${host.name}: skipped. The leader of \`${service.name}\` could not move away: ${moved.error.message}`;
    return { ...moved.error, message };
  }
  caller.emit({ type: "moved", service: service.name, ...moved.value });
  if (moved.value.alone) {
    const message = `${host.name}: skipped. No member follows ${moved.value.to}, which leads \`${service.name}\` now`;
    return { code: "dependency-failed", message, hint: "run `provision` again when the others follow" };
  }
  return askAnew(run, host.name, service);
}

async function clusterOf(run: Run, { service, keepers }: KeptService): Promise<Cluster> {
  const { caller } = run.input;
  const members = await eachOf(service.endpoints, service.endpoints.length, async ({ host }) => {
    const session = await peerSession(run, host);
    return { host, url: keepers.get(host) ?? "", session: session.ok ? session.value : undefined };
  });
  return { service: service.name, members, now: caller.now, begun: caller.now(), emit: caller.emit };
}

/**
 * Facts, desired state and plans of the members, as they are now. What goes wrong is the failure of the member that it happens to;
 * `disturbed`, the host that is changed next, is skipped where it happens to another.
 */
async function askAnew(run: Run, disturbed: string, service: Service): Promise<Failure | undefined> {
  const { wanted, reach } = run.input;
  const names = service.endpoints.map((endpoint) => endpoint.host);
  const members = names.flatMap((name) => run.open.get(name) ?? []);
  await eachOf(names, reach.forks, (name) =>
    onHost(
      name,
      async () => {
        const session = await peerSession(run, name);
        const facts = session.ok
          ? await askFacts(wanted, placeOf(wanted.topology, name), session.value)
          : undefined;
        if (facts === undefined) return;
        run.known.set(name, facts);
        reach.factsCache.put(name, facts);
      },
      (failure) => fail(run, name, failure),
    ),
  );
  await eachOf(members, reach.forks, async (member) => {
    const failure = await onHost(
      member.name,
      () => planAnew(run, member),
      (thrown) => thrown,
    );
    if (failure !== undefined) fail(run, member.name, failure);
  });
  const own = run.failures.get(disturbed);
  const lost = members.filter(({ name }) => run.failures.has(name)).map(({ name }) => name);
  if (own !== undefined || lost.length === 0) return own;
  const message = `${disturbed}: skipped. The leader of \`${service.name}\` has moved, and then ${listed(lost)} failed`;
  return { code: "dependency-failed", message, hint: `mend ${listed(lost)} first, then run again` };
}

async function planAnew(
  { input, known }: Pick<Run, "input" | "known">,
  member: OpenHost,
): Promise<Failure | undefined> {
  const host = placeOf(input.wanted.topology, member.name);
  const now = desiredFrom(known, input, host);
  if (!now.ok) return now.error;
  member.desired = now.value.desired;
  member.everything = now.value.everything;
  member.peers = ownPeers(input.wanted, host, known);
  return observeHost(input, member);
}

function placeOf(topology: Topology, name: string): TopologyHost {
  const place = topology.hosts.find(({ host }) => host.name === name);
  if (place === undefined) throw new Error(`no host ${name}`);
  return place;
}
