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
  z.int().min(1).max(65535).default(value).describe(`TCP port on loopback ${what}`);

const vars = z
  .strictObject({
    writerPort: port(3306, "for connections to the primary"),
    readerPort: port(3307, "for connections to the replicas"),
    statusPort: port(
      3308,
      "that reports over HTTP whether there is a primary (`/writer`) and a reader (`/reader`)",
    ),
    maxLag: z
      .int()
      .min(0)
      .max(86_400)
      .default(10)
      .describe("Seconds that a replica may be behind and still serve reads"),
    checkInterval: z
      .int()
      .min(100)
      .max(60_000)
      .default(1000)
      .describe("Milliseconds between two checks of a healthy database"),
    checkTimeout: z
      .int()
      .min(50)
      .max(60_000)
      .default(1000)
      .describe("Milliseconds for the answer of a database to a check"),
    connectTimeout: z
      .int()
      .min(50)
      .max(60_000)
      .default(2000)
      .describe("Milliseconds for a connection to a database"),
    idleSeconds: z
      .int()
      .min(10)
      .max(7 * 86_400)
      .default(28_800)
      .describe("Seconds until an idle connection is closed; the databases' own limit is 8 hours"),
    maxConnections: z
      .int()
      .min(10)
      .max(100_000)
      .default(1000)
      .describe("Connections at the same time, for writes and for reads each"),
  })
  .refine(
    ({ writerPort, readerPort, statusPort }) => new Set([writerPort, readerPort, statusPort]).size === 3,
    "`writerPort`, `readerPort` and `statusPort` must differ",
  );
type Vars = z.infer<typeof vars>;
type Context = RoleContext<Vars, "sql" | "state">;

const socket = "/run/sqlproxy/admin.sock";
const service = "sqlproxy.service";

/** A proxy on each host that uses the database: it leads programs to the primary and to the replicas. */
export const sqlproxy = defineRole({
  name: "sqlproxy",
  tier: "app",
  summary: "Two local ports in front of the database: one leads to the primary, one to the replicas",
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
      failover: "It reports the state of the two other ports, and fails only with its host.",
    },
  }),
  assets: () => [programSource],
  checks: () => [serversCheck],
  // Only reads: the writer port follows the primary, which moves before its host is changed.
  draining: { sql: drainingOver(socket, "reader") },
  facts: { openFiles: openFilesFact },
  resources: (context) => {
    const { render, asset, facts, vars } = context;
    // Two for each connection of each of the two ports, and some for checks.
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
      pkg("curl"), // for the health check
      ...withoutPackagedInstance(context),
      ...programs(asset),
      config,
      definition,
      unit(service, { reloadOn: [config], restartOn: [definition] }),
    ];
  },
});

/** The package starts an instance of its own. It is stopped, unless the host has the role `haproxy`, which uses it. */
function withoutPackagedInstance({ host, topology }: Context): readonly Resource[] {
  const own = topology.hosts.find((one) => one.host.name === host.name)?.members ?? [];
  if (own.some(({ role }) => role === "haproxy")) return [];
  return [unit("haproxy.service", { running: false, enabled: false })];
}

const processConnections = ({ maxConnections }: Vars): number => maxConnections * 2 + 100;

function configData({ vars, needs }: Context): Readonly<Record<string, unknown>> {
  const members = needs.sql.map((endpoint, index) => {
    const state = needs.state.find(({ host }) => host === endpoint.host);
    if (state === undefined) throw new Refusal(`${endpoint.host} provides \`sql\` without \`sql-state\``);
    return {
      name: serverName(endpoint.host),
      at: hostPort(endpoint),
      statePort: state.port,
      backup: index === 0 ? "" : " backup",
    };
  });
  // After a failed check, the next one comes soon.
  const fastInterval = Math.min(250, vars.checkInterval);
  return { ...vars, members, fastInterval, processConnections: processConnections(vars), socket };
}

function served(vars: Vars, kind: "writer" | "reader", at: number): ServiceSpec {
  // Two checks in a row must fail, the second one soon after the first; each may take its whole timeout.
  const seconds = ((vars.checkInterval + 250 + vars.checkTimeout) / 1000).toFixed(1);
  const failover =
    kind === "writer"
      ? `Writes follow the primary: the proxy finds a new primary within ${seconds} s.`
      : `A replica that dies or is more than ${vars.maxLag} s behind gets no reads after ${seconds} s; without replicas the primary answers reads.`;
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

/** The health check needs one server for each port; this check also warns when no replica serves reads. */
const serversCheck: Check = {
  name: "databases",
  summary: "one primary for writes, and a replica for reads",
  command: `${ask(socket, "show stat")} | awk -F, '$2 != "FRONTEND" && $2 != "BACKEND" && $18 ~ /^UP/ {
  if ($1 == "writer") writers++
  if ($1 == "reader" && $2 !~ /:primary$/) readers++
}
END {
  print writers + 0 " primary, " readers + 0 " replicas for reads"
  if (writers != 1) exit 2
  if (!readers) exit 1
}'`,
  root: true,
};
