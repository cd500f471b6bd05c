import { type Among, hostName, isAddress, type MemberContext, type Objection } from "provision";
import type { Vars } from "./vars.ts";

/** Values that etcd wants to be the same on all voters. */
const shared = ["heartbeat", "election", "quota"] as const;

/** What the schema cannot see: voters that do not fit together, an address that is no address. */
export function objectionsOf({
  address,
  host,
  vars,
  peers,
}: MemberContext<Vars> & Among<Vars>): readonly Objection[] {
  const [first] = peers;
  const differing = shared.filter((name) => first !== undefined && first.vars[name] !== vars[name]);
  return [
    ...differing.map((name) => ({
      at: [name],
      message: `is ${vars[name]} on ${host.name}, but ${first?.vars[name]} on ${first?.host.name}: all voters of a store must have the same value`,
      hint: "set it once, for the group of the voters",
    })),
    ...(isAddress(address) || hostName.safeParse(address).success
      ? []
      : [{ at: [], message: `: the other voters cannot reach ${host.name} by ${JSON.stringify(address)}` }]),
  ];
}
