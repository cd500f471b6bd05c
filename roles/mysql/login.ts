import { canonicalAddress, isAddress, type Topology } from "provision";
import { type Vars, vars } from "./vars.ts";

/** How a program logs in to a database that this project makes. */
export interface Login {
  readonly user: string;
  readonly database: string;
  /** As the inventory gives it; `undefined`: the stack makes one and keeps it, as the secret `sql/user/NAME`. */
  readonly password: string | undefined;
}

/** Why nobody can log in so; `at`: which of the names is wrong. */
export interface NoLogin {
  readonly at: "user" | "database" | "password";
  readonly message: string;
  readonly hint: string;
}

interface Wanted {
  readonly user: string;
  readonly database: string;
  readonly password: string | undefined;
  /** Where the program logs in from, as the database sees it. */
  readonly address: string;
}

/**
 * What the role mysql makes for this login. `undefined`: no host has the role, and nothing is known of its accounts. All
 * members are asked: each of them can be the primary.
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
      hint: "give the password once, in the variables of their group",
    };
  for (const member of members) {
    const wrong = lacking(member.vars, member.host, wanted);
    if (wrong !== undefined) return wrong;
  }
  const { user, database } = wanted;
  return { user, database, password: first.vars.users[user]?.password };
}

/** What a member was given: it has been through this schema already. */
const parsed = (given: unknown): Vars => vars.parse(given);

function lacking({ users, databases }: Vars, host: string, wanted: Wanted): NoLogin | undefined {
  const { user, database, password, address } = wanted;
  const account = users[user];
  const on = `the role \`mysql\` on ${host}`;
  if (databases[database] === undefined)
    return {
      at: "database",
      message: `: no database \`${database}\` is made by ${on}`,
      hint: `add \`databases: {${database}: {}}\` to the variables of mysql`,
    };
  if (account === undefined)
    return {
      at: "user",
      message: `: no account \`${user}\` is made by ${on}`,
      hint: `add \`users: {${user}: {database: ${database}}}\` to the variables of mysql`,
    };
  if (account.database !== undefined && account.database !== database)
    return {
      at: "database",
      message: `: the account \`${user}\` of ${on} may use the database \`${account.database}\` only`,
      hint: `give it \`database: ${database}\``,
    };
  if (!account.hosts.some((from) => comesFrom(from, address)))
    return {
      at: "user",
      message: `: the account \`${user}\` of ${on} may not come from ${address}`,
      hint: `its \`hosts\` are ${account.hosts.join(", ")}`,
    };
  if (password !== undefined && account.password !== password)
    return {
      at: "password",
      message: `is another password than the account \`${user}\` of ${on} has`,
      hint: "leave it out: the role sets it to the password of the account",
    };
  return undefined;
}

/** Whether an account for `from`, an address with % for any part, is one for this address. A name is known to nobody here. */
function comesFrom(from: string, address: string): boolean {
  if (!isAddress(address)) return true;
  const [network = "", mask] = from.split("/");
  if (mask !== undefined) return masked(network, mask, address);
  const parts = [...canonicalAddress(from)].map((sign) =>
    sign === "%" ? ".*" : sign === "_" ? "." : sign.replace(/[.]/, "\\."),
  );
  return new RegExp(`^(?:${parts.join("")})$`).test(address);
}

/** `10.0.0.0/255.255.0.0`. What is no such pair (a length of MySQL's) is not judged. */
function masked(network: string, mask: string, address: string): boolean {
  const [net, bits, own] = [network, mask, address].map((text) => text.split(".").map(Number));
  if (net?.length !== 4 || bits?.length !== 4 || own?.length !== 4) return true;
  return own.every((part, index) => (part & (bits[index] ?? 0)) === net[index]);
}
