import { canonicalAddress, type MemberContext, type Peer, Refusal, type RoleContext } from "provision";
import { bare, findInterface, isIpv6, sameAddress } from "./address.ts";
import type { Vars } from "./vars.ts";

/** Addresses that move together, as the inventory has them. */
interface Group {
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

/** The groups of a host, from its variables alone. */
export function groupsOf(vars: Vars): readonly Group[] {
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

/** What keepalived is told on this host. Throws words for the user where that cannot be known. */
export function instancesOf(context: Context): readonly Instance[] {
  const { vars, host, peers } = context;
  const groups = groupsOf(vars);
  if (groups.length === 0) {
    throw new Refusal("which address shall move? give `keepalived: {addresses: [10.0.0.10/24]}`");
  }
  refuseSharedIds(peers);
  return groups.map((group, index) => instanceOf(group, index, context, membersOf(group, peers, host.name)));
}

/** Hosts of the role that have the same addresses: the others are of another stack in the same inventory. */
function membersOf(group: Group, peers: readonly Peer<Vars>[], own: string): readonly Peer<Vars>[] {
  const [first = ""] = group.addresses;
  const members = peers.filter(({ vars }) =>
    groupsOf(vars).some(({ addresses: [other = ""] }) => sameAddress(bare(first), bare(other))),
  );
  const preferred = group.preferred;
  if (preferred !== undefined && !members.some(({ host }) => host.name === preferred)) {
    throw new Refusal(`${group.name}: ${preferred} shall be preferred, but does not hold ${bare(first)}`);
  }
  if (!members.some(({ host }) => host.name === own)) throw new Error(`${own} is not among its own peers`);
  return members;
}

/** Two groups with one id would each take the other's signs of life for their own. */
function refuseSharedIds(peers: readonly Peer<Vars>[]): void {
  const taken = new Map<number, { readonly address: string; readonly host: string }>();
  for (const { host, vars } of peers) {
    for (const { routerId, addresses } of groupsOf(vars)) {
      const address = bare(addresses[0] ?? "");
      const other = taken.get(routerId);
      if (other !== undefined && !sameAddress(other.address, address)) {
        throw new Refusal(
          `${other.address} (${other.host}) and ${address} (${host.name}) have the same VRRP router id ${routerId}; give one of them another \`routerId\``,
        );
      }
      taken.set(routerId, { address, host: host.name });
    }
  }
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
  for (const member of members) refuseName(member, first);
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

function refuseName({ host, address }: MemberContext<Vars>, floating: string): void {
  const family = isIpv6(floating) ? "IPv6" : "IPv4";
  const fits = isIpv6(floating) ? isIpv6(address) : /^[\d.]+$/.test(address);
  if (!fits) {
    throw new Refusal(
      `${host.name} is known as ${address}, but VRRP needs its ${family} address; give the host \`address\` or \`ansible_host\``,
    );
  }
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
