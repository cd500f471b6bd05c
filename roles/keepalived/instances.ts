import { canonicalAddress, type MemberContext, type Peer, Refusal, type RoleContext } from "provision";
import { bare, findInterface, isIpv6, sameAddress } from "./address.ts";
import type { Vars } from "./vars.ts";

/** Addresses that move together, as the inventory has them. */
export interface Group {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly routerId: number;
  readonly preferred: string | undefined;
  readonly interface: string | undefined;
}

/** What keepalived is told of one group on one host. */
interface Instance {
  readonly name: string;
  /** Where the peers are. */
  readonly interface: string;
  /** Where the addresses are, if that is another one. */
  readonly tracked: string;
  readonly routerId: number;
  readonly priority: number;
  readonly source: string;
  readonly peers: readonly string[];
  readonly addresses: readonly string[];
  /** Of the other family than the first address: VRRP itself speaks one only. */
  readonly others: readonly string[];
}

/** What the inventory says of one group. */
interface Given {
  readonly addresses: readonly string[];
  readonly routerId?: number | undefined;
  readonly preferred?: string | undefined;
  readonly interface?: string | undefined;
}

/** Groups of the variables that were asked about before: every host asks about those of all its peers. */
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

/** All addresses that may move to a host, without the lengths of their networks. */
export const floatingOf = (vars: Vars): readonly string[] =>
  groupsOf(vars).flatMap(({ addresses }) => addresses.map(bare));

/** 1 to 255, spread: stacks side by side on one network seldom choose the same. FNV-1a, folded. */
function routerIdOf(address: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(bare(address).toLowerCase())) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return 1 + (((hash >>> 16) ^ (hash & 0xffff)) % 255);
}

type Context = RoleContext<Vars, "peers" | "web">;

/** What keepalived is told on this host. Throws words for the user where its interface cannot be known. */
export function instancesOf(context: Context): readonly Instance[] {
  const { vars, peers } = context;
  return groupsOf(vars).map((group, index) => instanceOf(group, index, context, membersOf(group, peers)));
}

/** Hosts of the role that have the same addresses: the others are of another stack in the same inventory. */
export function membersOf<P extends MemberContext<Vars>>(
  { addresses: [first = ""] }: Pick<Group, "addresses">,
  peers: readonly P[],
): readonly P[] {
  return peers.filter(({ vars }) =>
    groupsOf(vars).some(({ addresses: [other = ""] }) => bare(first) === bare(other)),
  );
}

/** Of two IPv6 addresses in one network the kernel sends from the younger one: other hosts would not know the holder again. */
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
  // Peers talk over the network that has the hosts' own addresses, which need not be that of the floating ones.
  const talking = facts.addresses.find((one) => sameAddress(one.address, address))?.interface ?? name;
  if (name === undefined) {
    const seen = facts.addresses.map((one) => `${one.interface} ${one.address}/${one.prefix}`).join(", ");
    throw new Refusal(
      `no interface of ${host.name} is in the network of ${bare(first)} or has ${address} (it has: ${seen}); give \`interface\``,
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
 * High and close together, as a low priority waits longer (256 − priority, in 256ths of an advert interval). Each group
 * begins with another host, so that they share the work.
 */
function priorityOf(own: string, group: Group, index: number, members: readonly Peer<Vars>[]): number {
  const names = members.map(({ host }) => host.name);
  const first = group.preferred === undefined ? index % names.length : names.indexOf(group.preferred);
  const place = (names.indexOf(own) - first + names.length) % names.length;
  return Math.max(1, 250 - 10 * place);
}
