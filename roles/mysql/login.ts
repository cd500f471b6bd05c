import { canonicalAddress, isAddress, type Topology } from "provision";
import { type Vars, vars } from "./vars.ts";

/** The login of a program to a database of the stack. */
export interface Login {
  readonly user: string;
  readonly database: string;
  /** The password in the inventory; `undefined`: the first run makes one, the secret `sql/user/NAME`. */
  readonly password: string | undefined;
}

/** The reason why this login cannot work; `at`: the wrong part of it. */
export interface NoLogin {
  readonly at: "user" | "database" | "password";
  readonly message: string;
  readonly hint: string;
}

interface Wanted {
  readonly user: string;
  readonly database: string;
  readonly password: string | undefined;
  /** Source address of the program, as the database sees it. */
  readonly address: string;
}

/**
 * The account that the role mysql creates for this login. `undefined`: no host has the role, so accounts are unknown. All
 * members are checked, because each can become the leader.
 */
export function loginOf(topology: Topology, wanted: Wanted): Login | NoLogin | undefined {
  const members = topology.hosts.flatMap(({ host, members: own }) =>
    own.filter(({ role }) => role === "mysql").map((one) => ({ host: host.name, vars: parsed(one.vars) })),
  );
  const [first] = members;
  if (first === undefined) return undefined;
  const passwords = new Set(members.map((one) => one.vars.users[wanted.user]?.password));
  if (passwords.size > 1)
    return {
      at: "user",
      message: `: the hosts of the role \`mysql\` have different passwords for the account \`${wanted.user}\``,
      hint: "set the password once, in the variables of their group",
    };
  for (const member of members) {
    const wrong = lacking(member.vars, member.host, wanted);
    if (wrong !== undefined) return wrong;
  }
  const { user, database } = wanted;
  return { user, database, password: first.vars.users[user]?.password };
}

/** The variables of a member; the schema has already accepted them. */
const parsed = (given: unknown): Vars => vars.parse(given);

function lacking({ users, databases }: Vars, host: string, wanted: Wanted): NoLogin | undefined {
  const { user, database, password, address } = wanted;
  const account = users[user];
  const on = `the role \`mysql\` on ${host}`;
  if (databases[database] === undefined)
    return {
      at: "database",
      message: `: ${on} creates no database \`${database}\``,
      hint: `add \`databases: {${database}: {}}\` to the variables of mysql`,
    };
  if (account === undefined)
    return {
      at: "user",
      message: `: ${on} creates no account \`${user}\``,
      hint: `add \`users: {${user}: {database: ${database}}}\` to the variables of mysql`,
    };
  if (account.database !== undefined && account.database !== database)
    return {
      at: "database",
      message: `: the account \`${user}\` of ${on} may only use the database \`${account.database}\``,
      hint: `give it \`database: ${database}\``,
    };
  if (!account.hosts.some((from) => comesFrom(from, address)))
    return {
      at: "user",
      message: `: the account \`${user}\` of ${on} may not log in from ${address}`,
      hint: `its \`hosts\` are ${account.hosts.join(", ")}`,
    };
  if (password !== undefined && account.password !== password)
    return {
      at: "password",
      message: `differs from the password of the account \`${user}\` of ${on}`,
      hint: "remove it: the role sets it to the password of the account",
    };
  return undefined;
}

/** Whether `from`, an address with % for any part, matches this address. A name cannot be judged here, and counts as a match. */
function comesFrom(from: string, address: string): boolean {
  if (!isAddress(address)) return true;
  const [network = "", mask] = from.split("/");
  if (mask !== undefined) return masked(network, mask, address);
  const parts = [...canonicalAddress(from)].map((sign) =>
    sign === "%" ? ".*" : sign === "_" ? "." : sign.replace(/[.]/, "\\."),
  );
  return new RegExp(`^(?:${parts.join("")})$`).test(address);
}

/** `10.0.0.0/255.255.0.0`. Another form (a prefix length of MySQL) counts as a match. */
function masked(network: string, mask: string, address: string): boolean {
  const [net, bits, own] = [network, mask, address].map((text) => text.split(".").map(Number));
  if (net?.length !== 4 || bits?.length !== 4 || own?.length !== 4) return true;
  return own.every((part, index) => (part & (bits[index] ?? 0)) === net[index]);
}
