import {
  type Check,
  command,
  defineRole,
  file,
  hostPort,
  pkg,
  Refusal,
  type Resource,
  type RoleContext,
  type ServiceSpec,
  tcp,
  unit,
} from "provision";
import { z } from "zod";
import { ask, drainingOver, programSource, programs, serverName } from "../haproxy/socket.ts";
import { needOpenFiles, openFilesFact } from "../limits.ts";

const port = (value: number, what: string) =>
  z.int().min(1).max(65535).default(value).describe(`TCP port on the loopback ${what}`);

const vars = z
  .strictObject({
    writerPort: port(3306, "that leads to the primary"),
    readerPort: port(3307, "that leads to the replicas"),
    statusPort: port(
      3308,
      "that says over HTTP whether there is a primary (`/writer`) and a reader (`/reader`)",
    ),
    maxLag: z
      .int()
      .min(0)
      .max(86_400)
      .default(10)
      .describe("Seconds a replica may be behind and still be read from"),
    checkInterval: z
      .int()
      .min(100)
      .max(60_000)
      .default(1000)
      .describe("Milliseconds between two looks at a database that is well"),
    checkTimeout: z
      .int()
      .min(50)
      .max(60_000)
      .default(1000)
      .describe("Milliseconds until a database must have answered a look"),
    connectTimeout: z
      .int()
      .min(50)
      .max(60_000)
      .default(2000)
      .describe("Milliseconds until a database must have taken a connection"),
    idleSeconds: z
      .int()
      .min(10)
      .max(7 * 86_400)
      .default(28_800)
      .describe("Seconds until a silent connection is closed; the databases' own limit is 8 hours"),
    maxConnections: z
      .int()
      .min(10)
      .max(100_000)
      .default(1000)
      .describe("Connections at the same time, for writing and for reading each"),
  })
  .refine(
    ({ writerPort, readerPort, statusPort }) => new Set([writerPort, readerPort, statusPort]).size === 3,
    "`writerPort`, `readerPort` and `statusPort` must differ",
  );
type Vars = z.infer<typeof vars>;
type Context = RoleContext<Vars, "sql" | "state">;

const socket = "/run/sqlproxy/admin.sock";
const service = "sqlproxy.service";

/** On each host whose programs use the databases: finds the primary and the replicas for them. */
export const sqlproxy = defineRole({
  name: "sqlproxy",
  tier: "app",
  summary: "Two local ports in front of the databases: one leads to the primary, one to the replicas",
  vars,
  needs: { sql: "sql", state: "sql-state" },
  provides: ({ vars }) => ({
    "sql-writer": served(vars, "writer", vars.writerPort),
    "sql-reader": served(vars, "reader", vars.readerPort),
    "sql-ways": {
      port: vars.statusPort,
      health: tcp(),
      redundancy: "balanced",
      access: "host",
      portFrom: "statusPort",
    },
  }),
  assets: () => [programSource],
  checks: () => [serversCheck],
  // Reads only: the writer follows the primary, which is moved before its host is changed.
  draining: { sql: drainingOver(socket, "reader") },
  facts: { openFiles: openFilesFact },
  resources: (context) => {
    const { render, asset, facts, vars } = context;
    // Two a connection, of which there are two kinds, and some for looks at the databases.
    needOpenFiles(facts, processConnections(vars) * 2 + 500, "sqlproxy.maxConnections");
    const configPath = "/etc/haproxy/sqlproxy.cfg";
    const config = file(configPath, {
      content: render("sqlproxy.cfg", configData(context)),
      check: "haproxy -c -f %s >/dev/null",
    });
    const definition = file("/etc/systemd/system/sqlproxy.service", {
      content: render("sqlproxy.service", {
        config: configPath,
        save: `${ask(socket, "show servers state")} /run/sqlproxy/server-state`,
      }),
    });
    return [
      pkg("haproxy", { heldUnits: ["haproxy.service"] }),
      pkg("curl"), // the health check's
      ...withoutPackagedInstance(context),
      ...programs(asset),
      config,
      definition,
      unit(service, { reloadOn: [config], restartOn: [definition] }),
    ];
  },
});

/** The package starts an instance of its own. It is in nobody's way where the role of that instance is played. */
function withoutPackagedInstance({ host, topology }: Context): readonly Resource[] {
  const own = topology.hosts.find((one) => one.host.name === host.name)?.members ?? [];
  if (own.some(({ role }) => role === "haproxy")) return [];
  return [unit("haproxy.service", { running: false, enabled: false })];
}

const processConnections = ({ maxConnections }: Vars): number => maxConnections * 2 + 100;

function configData({ vars, needs }: Context): Readonly<Record<string, unknown>> {
  const members = needs.sql.map((endpoint, index) => {
    const state = needs.state.find(({ host }) => host === endpoint.host);
    if (state === undefined) throw new Refusal(`${endpoint.host} has \`sql\` without \`sql-state\``);
    return {
      name: serverName(endpoint.host),
      at: hostPort(endpoint),
      statePort: state.port,
      backup: index === 0 ? "" : " backup",
    };
  });
  // After a first look that failed, the second one comes soon.
  const fastInterval = Math.min(250, vars.checkInterval);
  return { ...vars, members, fastInterval, processConnections: processConnections(vars), socket };
}

function served(vars: Vars, kind: "writer" | "reader", at: number): ServiceSpec {
  // Two looks in a row must fail, the second one soon after the first; each may take as long as it is given.
  const seconds = ((vars.checkInterval + 250 + vars.checkTimeout) / 1000).toFixed(1);
  const failover =
    kind === "writer"
      ? `Writes follow the primary: a new one is found within ${seconds} s of taking over.`
      : `A replica that dies or lags more than ${vars.maxLag} s is left out within ${seconds} s; without any replica the primary answers reads.`;
  return {
    port: at,
    portFrom: `${kind}Port`,
    access: "host",
    speaks: "mysql",
    redundancy: "standby",
    health: command(`curl -q --noproxy '*' -fsS --max-time 3 http://127.0.0.1:${vars.statusPort}/${kind}`),
    failover,
  };
}

/** The endpoint says whether there is anybody; this, whether there is anybody to spare. */
const serversCheck: Check = {
  name: "databases",
  summary: "one primary to write to, and a replica to read from",
  command: `${ask(socket, "show stat")} | awk -F, '$2 != "FRONTEND" && $2 != "BACKEND" && $18 ~ /^UP/ {
  if ($1 == "writer") writers++
  if ($1 == "reader" && $2 !~ /:primary$/) readers++
}
END {
  print writers + 0 " primary, " readers + 0 " replicas to read from"
  if (writers != 1) exit 2
  if (!readers) exit 1
}'`,
  root: true,
};
