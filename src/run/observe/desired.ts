import { assetKey } from "../../base/asset-key.ts";
import { needsOf } from "../../base/needs.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { RoleStop } from "../../base/role-stop.ts";
import type { Asset } from "../../model/asset.ts";
import type { Facts } from "../../model/facts.ts";
import type { Failure } from "../../model/failure.ts";
import type { Content, Resource, State } from "../../model/resource.ts";
import type { AnyRole, Peer, RoleContext } from "../../model/role.ts";
import type { Secrets } from "../../model/secret.ts";
import type { Endpoint, Member, Topology, TopologyHost } from "../../model/topology.ts";
import { type Desired, idOf } from "../../plan/plan.ts";
import { toolsFor } from "../../resources/health.ts";
import { roleFailure } from "./role-failure.ts";
import { keepSecret } from "./secrecy.ts";

/** Renders a template of a role; a failure is a value. */
export type Renderer = (
  role: string,
  name: string,
  data: Readonly<Record<string, unknown>>,
) => Result<Content, Failure>;

/** Files of the project that roles put on hosts, by `assetKey`. */
export type Assets = ReadonlyMap<string, Asset>;

/** A topology, and its roles by name. */
export interface RoleTopology {
  readonly topology: Topology;
  readonly roles: ReadonlyMap<string, AnyRole>;
}

/** What roles need to return their resources. */
export interface RoleInputs extends RoleTopology {
  readonly render: Renderer;
  readonly assets: Assets;
  readonly secrets: Secrets;
}

/** What the hosts have told in this run, by name; a host that did not answer is not in it. */
export type KnownFacts = ReadonlyMap<string, Facts>;

/** What the roles of a host want of it, in the order of converging. Pure: same inputs, same resources. */
export function desiredOf(
  { host, address, members }: TopologyHost,
  known: KnownFacts,
  inputs: RoleInputs,
): Result<readonly Desired[], Failure> {
  const facts = known.get(host.name);
  if (facts === undefined) throw new Error(`no facts of ${host.name}`);
  const desired: Desired[] = [];
  for (const member of members) {
    const own = askRole({ ...member, address, facts }, known, inputs);
    if (!own.ok) return own;
    desired.push(
      ...checkTools(member, host.name, inputs.topology),
      ...own.value.map((resource) => ({ role: member.role, also: [], resource })),
    );
  }
  const kept = keepSecret(host.name, desired, inputs.secrets);
  return kept.ok ? withoutRepeats(host.name, kept.value) : kept;
}

function askRole(
  member: Member & Pick<RoleContext<unknown>, "address" | "facts">,
  known: KnownFacts,
  inputs: RoleInputs,
): Result<readonly Resource[], Failure> {
  const role = inputs.roles.get(member.role);
  if (role === undefined) throw new Error(`no such role: ${member.role}`);
  const context: RoleContext<unknown> = {
    host: member.host,
    address: member.address,
    facts: member.facts,
    vars: member.vars,
    peers: peersOf(role, inputs.topology, known),
    needs: neededEndpoints(role, member, inputs.topology),
    topology: inputs.topology,
    render: (name, data) => {
      const content = inputs.render(role.name, name, data);
      if (!content.ok) throw new RoleStop(content.error);
      return content.value;
    },
    asset: (request) => {
      const asset = inputs.assets.get(assetKey(request));
      if (asset === undefined) throw new Error(`${JSON.stringify(request)} is not in the role's \`assets\``);
      return asset;
    },
    password: (name) => inputs.secrets.password(name),
    certificate: (name) => inputs.secrets.certificate(name),
  };
  let field: keyof AnyRole = "rank";
  try {
    // Asked for again while batches are made: what it throws fails this host here, before anything is changed.
    role.rank?.(context);
    field = "resources";
    return ok(role.resources(context));
  } catch (error) {
    return err(roleFailure(error, { role: role.name, field, host: member.host }));
  }
}

/** What a role uses. A service that is for its own host only is seen there only. */
function neededEndpoints(
  role: AnyRole,
  { host: { name: host }, vars }: Member,
  topology: Topology,
): Readonly<Record<string, readonly Endpoint[]>> {
  return Object.fromEntries(
    Object.entries<string>({ ...needsOf(role, vars), ...role.wants }).map(([name, service]) => {
      const endpoints = topology.services.get(service)?.endpoints ?? [];
      return [name, endpoints.filter((endpoint) => endpoint.access !== "host" || endpoint.host === host)];
    }),
  );
}

/** The members of a role, with what they told of what they decide from together. */
export function peersOf(role: AnyRole, topology: Topology, known: KnownFacts): readonly Peer[] {
  const names = Object.keys(role.peerFacts ?? {});
  return topology.hosts.flatMap(({ host, address, members }) =>
    members
      .filter((member) => member.role === role.name)
      .map(({ vars }) => ({ host, address, vars, facts: toldTo(role.name, names, known.get(host.name)) })),
  );
}

/** Under this name a fact of a role's members stands among the facts of a host. */
export const peerFactName = (role: string, name: string): string => `${role}/${name}`;

function toldTo(
  role: string,
  names: readonly string[],
  facts: Facts | undefined,
): ReadonlyMap<string, string> | undefined {
  if (facts === undefined) return undefined;
  return new Map(names.map((name) => [name, facts.role.get(peerFactName(role, name)) ?? ""]));
}

/** What the health checks of a member need on its own host. */
function checkTools(member: Member, host: string, topology: Topology): readonly Desired[] {
  const endpoints = [...topology.services.values()].flatMap((service) => service.endpoints);
  const own = endpoints.filter((one) => one.host === host && one.role === member.role);
  return toolsFor(own).map((resource) => ({ role: member.role, also: [], resource }));
}

/** Two roles may want the same thing, but not two different things of it. */
function withoutRepeats(host: string, desired: readonly Desired[]): Result<readonly Desired[], Failure> {
  const seen = new Map<string, Desired>();
  for (const one of desired) {
    const id = idOf(one.resource);
    const other = seen.get(id);
    if (
      other !== undefined &&
      JSON.stringify(other.resource.desired) !== JSON.stringify(one.resource.desired)
    ) {
      const roles =
        other.role === one.role ? `role \`${one.role}\`` : `roles \`${other.role}\` and \`${one.role}\``;
      return err({ code: "role-failed", message: `${host}: ${roles} want different things of ${id}` });
    }
    const also = [
      ...(other?.also ?? []),
      ...(other === undefined || other.role === one.role ? [] : [one.role]),
    ];
    seen.set(
      id,
      other === undefined ? one : { ...other, also, resource: merged(other.resource, one.resource) },
    );
  }
  return ok([...seen.values()]);
}

/** One resource of two equal ones: it watches, and holds back, what either of them does. */
function merged(first: Resource, second: Resource): Resource {
  const own = joined(first.payload?.own, second.payload?.own);
  const reloadOn = union(first.reloadOn, second.reloadOn);
  const restartOn = union(first.restartOn, second.restartOn);
  return {
    ...first,
    ...(own === undefined ? {} : { payload: { ...first.payload, own } }),
    ...(reloadOn.length === 0 ? {} : { reloadOn }),
    ...(restartOn.length === 0 ? {} : { restartOn }),
  };
}

const union = <T>(a: readonly T[] = [], b: readonly T[] = []): readonly T[] => [...new Set([...a, ...b])];

/** Lists of both; of anything else, that of the first. */
function joined(first: State | undefined, second: State | undefined): State | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const all = Object.entries({ ...second, ...first });
  return Object.fromEntries(
    all.map(([name, value]) => {
      const other = second[name];
      return [name, Array.isArray(value) && Array.isArray(other) ? union(value, other) : value];
    }),
  );
}
