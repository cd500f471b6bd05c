import type { MemberContext, Objection, Topology } from "provision";
import { serverId } from "./files.ts";
import type { Vars } from "./vars.ts";

/** Contradictions with the other members. */
export function objectionsOf({
  address,
  vars,
  topology,
}: MemberContext<Vars> & { readonly topology: Topology }): readonly Objection[] {
  const members = topology.hosts.filter((one) => one.members.some(({ role }) => role === "mysql"));
  const { primary } = vars;
  const twin = members.find((one) => one.address !== address && serverId(one.address) === serverId(address));
  return [
    ...(primary === undefined || members.some(({ host }) => host.name === primary)
      ? []
      : [
          {
            at: ["primary"],
            message: `is ${primary}, which does not have this role`,
            hint: `its hosts are ${members.map(({ host }) => host.name).join(", ")}`,
          },
        ]),
    ...(twin === undefined
      ? []
      : [
          {
            at: [],
            message: `: the addresses ${address} and ${twin.address} give the same server_id`,
            hint: "give one of the two hosts another `address`",
          },
        ]),
  ];
}
