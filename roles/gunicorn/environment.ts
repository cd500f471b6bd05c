import { type Endpoint, file, hostPort, Refusal, type Resource, type RoleContext } from "provision";
import { type Login, loginOf } from "../mysql/login.ts";
import { accountOf } from "./objections.ts";
import type { Place } from "./place.ts";
import type { Vars } from "./vars.ts";

/** What an application uses where somebody provides it. */
export type Wanted = "writer" | "reader" | "cache" | "copies";
type Context = RoleContext<Vars, Wanted>;

/** The file of the application's environment, and what else that speaks of. */
export function environmentOf(context: Context, place: Place): readonly Resource[] {
  const { vars, render } = context;
  const all = { ...cacheOf(context), ...databaseOf(context, place), ...vars.environment };
  const variables = Object.entries(all).map(([name, value]) => ({ name, quoted: inQuotes(value) }));
  return [
    file(place.environment, {
      content: { ...render("environment", { variables }), secret: true },
      group: vars.name,
      mode: "0640",
    }),
    ...(hasDatabase(context)
      ? [file(place.authority, { content: context.certificate("sql/ca").certificate })]
      : []),
  ];
}

/** Read alike by systemd's EnvironmentFile and by a shell: in double quotes, with what is special there escaped. */
const inQuotes = (value: string): string => `"${value.replaceAll(/["\\$`]/g, "\\$&")}"`;

const hasDatabase = ({ vars, needs }: Context): boolean =>
  vars.database !== undefined && needs.writer.length > 0;

/** The proxy on this host, which knows all copies; without one the application writes to each of them itself. */
function cacheOf({ needs }: Context): Readonly<Record<string, string>> {
  const servers = (needs.cache.length > 0 ? needs.cache.map(onLoopback) : needs.copies).map(hostPort);
  return servers.length === 0 ? {} : { CACHE_SERVERS: servers.join(",") };
}

function databaseOf(context: Context, place: Place): Readonly<Record<string, string>> {
  const { vars, needs } = context;
  const { database } = vars;
  const [writer, reader = writer] = [needs.writer, needs.reader].map((all) => all.map(onLoopback)[0]);
  if (database === undefined) return {};
  if (writer === undefined || reader === undefined) {
    throw new Refusal(
      `\`database: ${database}\` needs a way to it from this host: give it the role \`sqlproxy\``,
    );
  }
  const login = loginAs(context, database);
  return {
    SQL_WRITER: hostPort(writer),
    SQL_READER: hostPort(reader),
    SQL_USER: login.user,
    SQL_PASSWORD: login.password ?? context.password(passwordOf(login.user)),
    SQL_DATABASE: login.database,
    SQL_CA: place.authority,
  };
}

/** The secret that holds the password of a database account, where the inventory gives none. */
export const passwordOf = (user: string): string => `sql/user/${user}`;

/** What the application logs in with: the account as the database has it. */
export function loginAs(
  { vars, address, topology }: Pick<Context, "vars" | "address" | "topology">,
  database: string,
): Login {
  const password = vars.environment.SQL_PASSWORD;
  const wanted = { ...accountOf(vars, database), password };
  const found = loginOf(topology, { ...wanted, address });
  return found === undefined || "at" in found ? wanted : found;
}

/** A service for the roles of its own host listens there, whatever address other hosts know the host by. */
const onLoopback = (endpoint: Endpoint): Endpoint =>
  endpoint.access === "host" ? { ...endpoint, address: "127.0.0.1" } : endpoint;
