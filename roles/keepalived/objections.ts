import { type Among, isAddress, type MemberContext, type Objection, type Topology } from "provision";
import { bare, isIpv6, sameAddress } from "./address.ts";
import { type Group, groupsOf, membersOf } from "./instances.ts";
import type { Vars } from "./vars.ts";

type Member = MemberContext<Vars>;

/** Contradictions among all hosts of the role. */
export function objectionsTo({ vars, host, address, peers, topology }: Member & Among<Vars>) {
  const groups = groupsOf(vars);
  if (groups.length === 0) {
    return [
      {
        message: "has no floating address",
        hint: "add one, as in `keepalived: {addresses: [10.0.0.10/24]}`",
      },
    ];
  }
  return [
    ...groups.flatMap((group) => [
      ...notHeld(group, peers),
      ...withoutAddress({ vars, host, address }, group),
      ...ownAddress(group, topology),
      ...apart(host.name, group, peers),
    ]),
    ...twice(groups),
    ...sharedIds(groups, peers),
  ];
}

/** The preferred host must have the addresses. */
function notHeld({ name, preferred, addresses }: Group, peers: readonly Member[]): readonly Objection[] {
  const members = membersOf({ addresses }, peers);
  if (preferred === undefined || members.some(({ host }) => host.name === preferred)) return [];
  const message = `is ${preferred}, which does not have the address ${bare(addresses[0] ?? "")}`;
  return [{ message, at: ["instances", name, "preferred"] }];
}

/** A VRRP instance needs IP addresses of one family. */
function withoutAddress({ host, address }: Member, { addresses: [first = ""] }: Group): readonly Objection[] {
  if (isAddress(address) && isIpv6(address) === isIpv6(first)) return [];
  const family = isIpv6(first) ? "IPv6" : "IPv4";
  const message = `: other hosts reach ${host.name} as ${address}, but VRRP needs an ${family} address, as ${bare(first)} is one`;
  const hint = `give ${host.name} the variable \`address\`, its ${family} address`;
  return [{ message, hint, hostVariable: ["address", host.name] }];
}

const at = ({ name }: Group): readonly string[] =>
  name === "main" ? ["addresses"] : ["instances", name, "addresses"];

/** A host's own address as a floating address would be on two hosts. */
function ownAddress(group: Group, topology: Topology): readonly Objection[] {
  return group.addresses.flatMap((one) => {
    const owner = topology.hosts.find(
      ({ address, members }) => members.length > 0 && sameAddress(address, bare(one)),
    );
    if (owner === undefined) return [];
    const message = `: ${bare(one)} is the own address of ${owner.host.name}`;
    return [{ message, at: at(group), hint: "choose a floating address that no host has as its own" }];
  });
}

/**
 * Two hosts that may hold one address need the same settings for its group: otherwise each ignores the other's adverts, and
 * both hold the address.
 */
function apart(host: string, group: Group, peers: readonly Member[]): readonly Objection[] {
  const has = (addresses: readonly string[], one: string): boolean =>
    addresses.some((other) => sameAddress(bare(one), bare(other)));
  const alike = ({ addresses: [first = "", ...others] }: Group): boolean =>
    sameAddress(bare(first), bare(group.addresses[0] ?? "")) &&
    others.length === group.addresses.length - 1 &&
    others.every((one) => has(group.addresses, one));
  return peers.flatMap((peer) => {
    if (peer.host.name === host) return [];
    return groupsOf(peer.vars).flatMap((other) => {
      const shared = group.addresses.find((one) => has(other.addresses, one));
      if (shared === undefined || (alike(other) && other.routerId === group.routerId)) return [];
      const what = alike(other)
        ? `router ids (${group.routerId} and ${other.routerId})`
        : "lists of addresses";
      const message = `: ${host} and ${peer.host.name} have ${bare(shared)} with different ${what}, and would both hold it`;
      return [
        {
          message,
          at: at(group),
          hint: "give both the same `addresses`, in the same order, and the same `routerId`",
        },
      ];
    });
  });
}

/** Each address may be in one group only, and only once. */
function twice(groups: readonly Group[]): readonly Objection[] {
  const all = groups.flatMap(({ name, addresses }) => addresses.map((one) => ({ name, address: bare(one) })));
  return all.flatMap(({ name, address }, index) => {
    const other = all.slice(0, index).find((one) => one.address === address);
    if (other === undefined) return [];
    return [{ message: `has ${address} twice, in ${[...new Set([other.name, name])].join(" and ")}` }];
  });
}

/** Two groups with one id would each accept the other's adverts as their own. */
function sharedIds(groups: readonly Group[], peers: readonly Member[]): readonly Objection[] {
  const all = peers.flatMap(({ host, vars }) =>
    groupsOf(vars).map(({ routerId, addresses: [first = ""] }) => ({
      routerId,
      address: bare(first),
      host: host.name,
    })),
  );
  return groups.flatMap(({ routerId }) => {
    const same = all.filter((one) => one.routerId === routerId);
    const [one] = same;
    const other = same.find(({ address }) => address !== one?.address);
    if (one === undefined || other === undefined) return [];
    const message = `: ${one.address} (${one.host}) and ${other.address} (${other.host}) have the same VRRP router id ${routerId}`;
    return [{ message, hint: "give one of them another `routerId`" }];
  });
}
