import type { MemberContext, Objection, Topology } from "provision";
import { serverId } from "./keeper.ts";
import type { Vars } from "./vars.ts";

type Context = MemberContext<Vars> & { readonly topology: Topology };

/** The names of hosts that the keepers can use, among themselves and in the store (`settings.py` there). */
export const keeperName = /^[A-Za-z0-9:_][A-Za-z0-9.:_-]{0,252}$/;

/** Contradictions with the other members, and what their keepers cannot use. */
export function objectionsOf(context: Context): readonly Objection[] {
  const found = [withoutStore(context), named(context), strangePrimary(context), sameNumber(context)];
  return [...found.filter((one) => one !== undefined), ...writersAnywhere(context)];
}

const membersOf = ({ topology }: Context) =>
  topology.hosts.filter((one) => one.members.some(({ role }) => role === "mysql"));

function withoutStore(context: Context): Objection | undefined {
  const { length } = membersOf(context);
  const voters = context.topology.services.get("store")?.endpoints.length ?? 0;
  if (length < 2 || voters >= 3) return undefined;
  return {
    at: [],
    message: `: ${length} members need a quorum store with three voters, and ${voters === 0 ? "there is none" : `it has ${voters}`}`,
    hint: "give the role `etcd` to three hosts; hosts of other tiers will do",
  };
}

function named({ host }: Context): Objection | undefined {
  if (keeperName.test(host.name)) return undefined;
  return {
    at: [],
    message: `: the keepers cannot use the name ${JSON.stringify(host.name)}`,
    hint: "give the host a name of letters, digits, . _ : and -",
  };
}

function strangePrimary(context: Context): Objection | undefined {
  const { primary } = context.vars;
  const names = membersOf(context).map(({ host }) => host.name);
  if (primary === undefined || names.includes(primary)) return undefined;
  return {
    at: ["primary"],
    message: `is ${primary}, which does not have this role`,
    hint: `its hosts are ${names.join(", ")}`,
  };
}

function sameNumber(context: Context): Objection | undefined {
  const { address } = context;
  const number = serverId(address);
  const twin = membersOf(context).find((one) => one.address !== address && serverId(one.address) === number);
  if (twin === undefined) return undefined;
  return {
    at: [],
    message: `: the addresses ${address} and ${twin.address} give the same server_id`,
    hint: "give one of the two hosts another `address`",
  };
}

/** Privileges on all databases with which an account writes to a member that does not lead, or opens it. */
const beyondTheKeeper: ReadonlySet<string> = new Set([
  "ALL",
  "ALL PRIVILEGES",
  "SUPER",
  "READ_ONLY ADMIN",
  "CONNECTION_ADMIN",
  "SYSTEM_VARIABLES_ADMIN",
]);

function writersAnywhere(context: Context): readonly Objection[] {
  if (membersOf(context).length < 2) return [];
  return Object.entries(context.vars.users).flatMap(([name, { database, privileges }]) => {
    const index = database === undefined ? privileges.findIndex((one) => beyondTheKeeper.has(one)) : -1;
    if (index < 0) return [];
    return [
      {
        at: ["users", name, "privileges", String(index)],
        message: `lets ${name} write to members that do not lead, where the writes would be lost`,
        hint: "name its `database`, or the privileges that it needs. An administrator logs in as root on the host, by the socket",
      },
    ];
  });
}
