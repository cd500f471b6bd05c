import { account, canonicalAddress, database, type Resource, type RoleContext } from "provision";
import type { Flavour } from "./flavour/flavour.ts";
import type { Vars } from "./vars.ts";

/** Databases and accounts. They are created on the leader and reach the other members by replication. */
export function accountsOf(context: RoleContext<Vars>, flavour: Flavour): readonly Resource[] {
  const { vars } = context;
  return [
    ...Object.entries(vars.databases).map(([name, { characterSet, collation }]) =>
      database(name, { characterSet, ...(collation === undefined ? {} : { collation }) }),
    ),
    ...Object.entries(vars.users).flatMap(([name, user]) =>
      user.hosts.map((where) =>
        // The daemons compare texts, and use the canonical form of a program's address.
        account(`${name}@${canonicalAddress(where)}`, {
          plugin: flavour.password,
          password: user.password ?? context.password(`sql/user/${name}`),
          tls: "ANY",
          grants: { [user.database === undefined ? "*.*" : `${user.database}.*`]: user.privileges },
        }),
      ),
    ),
  ];
}
