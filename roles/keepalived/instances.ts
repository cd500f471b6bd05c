import { canonicalAddress, type MemberContext, type Peer, Refusal, type RoleContext } from "provision";
import { bare, findInterface, isIpv6, sameAddress } from "./address.ts";
import type { Vars } from "./vars.ts";

/** Addresses that move together, from the inventory. */
export interface Group {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly routerId: number;
  readonly preferred: string | undefined;
  readonly interface: string | undefined;
}

/** One group in keepalived's configuration on one host. */
interface Instance {
  readonly name: string;
  /** The interface towards the peers. */
  readonly interface: string;
  /** The interface of the addresses, if it is another one. */
  readonly tracked: string;
  readonly routerId: number;
  readonly priority: number;
  readonly source: string;
  readonly peers: readonly string[];
  readonly addresses: readonly string[];
  /** Addresses of another family than the first one: a VRRP instance has only one family. */
  readonly others: readonly string[];
}

/** The variables of one group. */
interface Given {
  readonly addresses: readonly string[];
  readonly routerId?: number | undefined;
  readonly preferred?: string | undefined;
  readonly interface?: string | undefined;
}

/** A cache: every host computes the groups of all its peers. */
const known = new WeakMap<Vars, readonly Group[]>();

/** The groups of a host, from its variables alone. Their addresses are canonical: equal ones are equal texts. */
export function groupsOf(vars: Vars): readonly Group[] {
  const groups = known.get(vars) ?? groupsFrom(vars);
  known.set(vars, groups);
  return groups;
}

function groupsFrom(vars: Vars): readonly Group[] {
  const group = (name: string, given: Given): Group => {
    const addresses = given.addresses.map(canonicalAddress);
    return {
      name,
      addresses,
      routerId: given.routerId ?? routerIdOf(addresses[0] ?? ""),
      preferred: given.preferred,
      interface: given.interface ?? vars.interface,
    };
  };
  if (vars.addresses.length > 0) return [group("main", vars)];
  return Object.entries(vars.instances).map(([name, one]) => group(name, one));
}

/** All addresses that may move to a host, without prefix lengths. */
export const floatingOf = (vars: Vars): readonly string[] =>
  groupsOf(vars).flatMap(({ addresses }) => addresses.map(bare));

/** 1 to 255, spread, so that two stacks on one network seldom have the same id. FNV-1a, folded. */
function routerIdOf(address: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(bare(address).toLowerCase())) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return 1 + (((hash >>> 16) ^ (hash & 0xffff)) % 255);
}

type Context = RoleContext<Vars, "peers" | "web">;

/** The groups in keepalived's configuration on this host. Throws a Refusal if the interface cannot be found. */
export function instancesOf(context: Context): readonly Instance[] {
  const { vars, peers } = context;
  return groupsOf(vars).map((group, index) => instanceOf(group, index, context, membersOf(group, peers)));
}

/** Hosts of the role with the same addresses: the others belong to another stack in the same inventory. */
export function membersOf<P extends MemberContext<Vars>>(
  { addresses: [first = ""] }: Pick<Group, "addresses">,
  peers: readonly P[],
): readonly P[] {
  return peers.filter(({ vars }) =>
    groupsOf(vars).some(({ addresses: [other = ""] }) => bare(first) === bare(other)),
  );
}

/** Of two IPv6 addresses in one network, the kernel sends from the newer one. Other hosts must still see the host's own address. */
const deprecated = " preferred_lft 0";

function instanceOf(
  group: Group,
  index: number,
  { address, facts, host, vars }: Context,
  members: readonly Peer<Vars>[],
): Instance {
  const [first = ""] = group.addresses;
  const sameFamily = (one: string): boolean => isIpv6(one) === isIpv6(first);
  const found = findInterface(floatingOf(vars), address, facts.addresses);
  const name = group.interface ?? found?.interface;
  // Peers talk over the network of the hosts' own addresses, which may differ from the network of the floating ones.
  const talking = facts.addresses.find((one) => sameAddress(one.address, address))?.interface ?? name;
  if (name === undefined) {
    const seen = facts.addresses.map((one) => `${one.interface} ${one.address}/${one.prefix}`).join(", ");
    throw new Refusal(
      `no interface of ${host.name} is in the network of ${bare(first)} or has ${address} (it has: ${seen}). Set \`interface\``,
    );
  }
  const length = found !== undefined && sameFamily(found.address) ? found.prefix : isIpv6(first) ? 128 : 32;
  const on = talking === name ? "" : ` dev ${name}`;
  const placed = (one: string, prefix: number): string =>
    `${one.includes("/") ? one : `${one}/${prefix}`}${on}${isIpv6(one) ? deprecated : ""}`;
  return {
    name: group.name,
    interface: talking ?? name,
    tracked: talking === name ? "" : name,
    routerId: group.routerId,
    priority: priorityOf(host.name, group, index, members),
    source: address,
    peers: members.filter((member) => member.host.name !== host.name).map((member) => member.address),
    addresses: group.addresses.filter(sameFamily).map((one) => placed(one, length)),
    others: group.addresses
      .filter((one) => !sameFamily(one))
      .map((one) => placed(one, isIpv6(one) ? 128 : 32)),
  };
}

/**
 * High and close together, because a low priority waits longer (256 − priority, in 256ths of an advert interval). Each group
 * prefers another host, so that the hosts share the work.
 */
function priorityOf(own: string, group: Group, index: number, members: readonly Peer<Vars>[]): number {
  const names = members.map(({ host }) => host.name);
  const first = group.preferred === undefined ? index % names.length : names.indexOf(group.preferred);
  const place = (names.indexOf(own) - first + names.length) % names.length;
  return Math.max(1, 250 - 10 * place);
}
