import { type Endpoint, file, hostPort, Refusal, type Resource, type RoleContext } from "provision";
import { type Login, loginOf } from "../mysql/login.ts";
import { accountOf } from "./objections.ts";
import type { Place } from "./place.ts";
import type { Vars } from "./vars.ts";

/** Services that an application uses where a role provides them. */
export type Wanted = "writer" | "reader" | "cache" | "copies";
type Context = RoleContext<Vars, Wanted>;

/** The file of the application's environment, and files that it refers to. */
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

/** systemd's EnvironmentFile and a shell read this in the same way: double quotes, with special characters escaped. */
const inQuotes = (value: string): string => `"${value.replaceAll(/["\\$`]/g, "\\$&")}"`;

const hasDatabase = ({ vars, needs }: Context): boolean =>
  vars.database !== undefined && needs.writer.length > 0;

/** The proxy on this host, which writes to all copies; without one, the application writes to each copy itself. */
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
      `\`database: ${database}\` needs the role \`sidecar\` on this host. Give the host that role`,
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

/** The secret with the password of a database account, if the inventory has none. */
export const passwordOf = (user: string): string => `sql/user/${user}`;

/** The account with which the application logs in, as the database role declares it. */
export function loginAs(
  { vars, address, topology }: Pick<Context, "vars" | "address" | "topology">,
  database: string,
): Login {
  const password = vars.environment.SQL_PASSWORD;
  const wanted = { ...accountOf(vars, database), password };
  const found = loginOf(topology, { ...wanted, address });
  return found === undefined || "at" in found ? wanted : found;
}

/** A service for its own host listens on loopback, not at the host's address. */
const onLoopback = (endpoint: Endpoint): Endpoint =>
  endpoint.access === "host" ? { ...endpoint, address: "127.0.0.1" } : endpoint;
