import { isAddress, type MemberContext, type Objection } from "provision";
import { bare, isIpv6 } from "./address.ts";
import { type Group, groupsOf, membersOf } from "./instances.ts";
import type { Vars } from "./vars.ts";

type Member = MemberContext<Vars>;

/** What cannot be, seen among all hosts of the role. */
export function objectionsTo({ vars, host, address, peers }: Member & { readonly peers: readonly Member[] }) {
  const groups = groupsOf(vars);
  if (groups.length === 0) {
    return [{ message: "which address shall move? give `keepalived: {addresses: [10.0.0.10/24]}`" }];
  }
  return [
    ...groups.flatMap((group) => [
      ...notHeld(group, peers),
      ...withoutAddress({ vars, host, address }, group),
    ]),
    ...twice(groups),
    ...sharedIds(groups, peers),
  ];
}

/** Who is preferred must hold the address. */
function notHeld({ name, preferred, addresses }: Group, peers: readonly Member[]): readonly Objection[] {
  const members = membersOf({ addresses }, peers);
  if (preferred === undefined || members.some(({ host }) => host.name === preferred)) return [];
  const message = `${name}: ${preferred} shall be preferred, but does not hold ${bare(addresses[0] ?? "")}`;
  return [{ message, at: ["instances", name, "preferred"] }];
}

/** VRRP speaks one family, and with addresses only. */
function withoutAddress({ host, address }: Member, { addresses: [first = ""] }: Group): readonly Objection[] {
  if (isAddress(address) && isIpv6(address) === isIpv6(first)) return [];
  const family = isIpv6(first) ? "IPv6" : "IPv4";
  const message = `${host.name} is known as ${address}, but VRRP needs its ${family} address, as that of ${bare(first)}`;
  const hint = `give ${host.name} the variable \`address\`, its ${family} address`;
  return [{ message, hint, hostVariable: ["address", host.name] }];
}

/** An address is in one group, once. */
function twice(groups: readonly Group[]): readonly Objection[] {
  const all = groups.flatMap(({ name, addresses }) => addresses.map((one) => ({ name, address: bare(one) })));
  return all.flatMap(({ name, address }, index) => {
    const other = all.slice(0, index).find((one) => one.address === address);
    if (other === undefined) return [];
    return [{ message: `${address} stands twice, in ${[...new Set([other.name, name])].join(" and ")}` }];
  });
}

/** Two groups with one id would each take the other's signs of life for their own. */
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
    const message = `${one.address} (${one.host}) and ${other.address} (${other.host}) have the same VRRP router id ${routerId}`;
    return [{ message, hint: "give one of them another `routerId`" }];
  });
}
