import type { Host, MemberContext, Objection, Topology } from "provision";
import { loginOf } from "../mysql/login.ts";
import type { Vars } from "./vars.ts";

type Context = MemberContext<Vars> & { readonly topology: Topology };

/** Conflicts with the host or with another role. */
export const objectionsOf = (context: Context): readonly Objection[] => [
  ...namedLikeLogin(context.host, context.vars),
  ...withoutDatabase(context),
];

const loginVariables = ["ansible_user", "ansible_ssh_user", "ansible_become_user"];

/** The role gives its user a home below /srv and no shell, which would lock out a login as that user. */
function namedLikeLogin({ vars }: Host, { name }: Vars): readonly Objection[] {
  return loginVariables
    .filter((variable) => vars.get(variable)?.value === name)
    .slice(0, 1)
    .map((variable) => ({
      at: ["name"],
      message: `is the login user of this host (\`${variable}\`), but the application needs a user of its own`,
      hint: "choose another name",
    }));
}

function withoutDatabase({ host, address, vars, topology }: Context): readonly Objection[] {
  const { database, environment } = vars;
  if (database === undefined) return [];
  const writers = topology.services.get("sql-writer")?.endpoints ?? [];
  if (!writers.some((endpoint) => endpoint.host === host.name))
    return [
      {
        at: ["database"],
        message: "needs the role `sidecar` on this host, which connects it to the database",
        hint: "give the host the role `sidecar` too",
      },
    ];
  // A database outside the stack: its accounts are unknown.
  if (environment.SQL_WRITER !== undefined) return [];
  const password = environment.SQL_PASSWORD;
  const found = loginOf(topology, { ...accountOf(vars, database), password, address });
  if (found === undefined || !("at" in found)) return [];
  const { at, message, hint } = found;
  return [{ at: pathOf(at, environment), message, hint }];
}

/** Account and database of the application: the environment overrides `database`. */
export function accountOf({ environment }: Vars, database: string) {
  return { user: environment.SQL_USER ?? database, database: environment.SQL_DATABASE ?? database };
}

function pathOf(at: "user" | "database" | "password", environment: Vars["environment"]): readonly string[] {
  const name = `SQL_${at.toUpperCase()}`;
  return environment[name] === undefined ? ["database"] : ["environment", name];
}
