import { type Endpoint, file, hostPort, Refusal, type Resource, type RoleContext } from "provision";
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
  return {
    SQL_WRITER: hostPort(writer),
    SQL_READER: hostPort(reader),
    SQL_USER: database,
    SQL_PASSWORD: context.password(accountOf(database)),
    SQL_DATABASE: database,
    SQL_CA: place.authority,
  };
}

/** The secret that holds the password of a database account. */
export const accountOf = (database: string): string => `sql/user/${database}`;

/** A service for the roles of its own host listens there, whatever address other hosts know the host by. */
const onLoopback = (endpoint: Endpoint): Endpoint =>
  endpoint.access === "host" ? { ...endpoint, address: "127.0.0.1" } : endpoint;
