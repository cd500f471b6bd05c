import { command, defineRole, http, type ServiceSpec } from "provision";
import { openFilesFact } from "../limits.ts";
import { checksOf } from "./checks.ts";
import { source, survivalOf } from "./keeper.ts";
import { live } from "./live.ts";
import { objectionsOf } from "./objections.ts";
import { partFact, partsOf } from "./part.ts";
import { resourcesOf } from "./resources.ts";
import { rows } from "./rows.ts";
import { endIdleSessions } from "./sessions.ts";
import { type Vars, vars } from "./vars.ts";

/** Members of one database. Their keepers decide who leads; the tool installs them, and asks for a move before it disturbs a leader. */
export const mysql = defineRole({
  name: "mysql",
  tier: "database",
  summary:
    "MariaDB or MySQL: a leader and replicas that lose no acknowledged write, and that replace a dead leader themselves",
  vars,
  needs: { members: "sql", keepers: "sql-keeper" },
  wants: { copies: "sql-clone", store: "store" },
  provides: ({ vars }) => ({
    sql: {
      port: vars.port,
      health: command(`curl -q --noproxy '*' -fsS --max-time 5 http://127.0.0.1:${vars.statePort}/member`),
      redundancy: "replicated",
      startSeconds: 300,
      speaks: "mysql",
      checkedAt: "sql-state",
      failover:
        "Reads continue on the other members at once. The keepers replace a dead leader in seconds, and lose no acknowledged write.",
      survives: survivalOf(vars),
    },
    "sql-state": {
      port: vars.statePort,
      portFrom: "statePort",
      health: http("/patroni"),
      redundancy: "balanced",
      failover: "Each keeper reports only its own member; the others still answer.",
    },
    "sql-keeper": {
      port: vars.keeperPort,
      portFrom: "keeperPort",
      health: command("systemctl -q is-active provision-keeper"),
      redundancy: "balanced",
      failover: "The other keepers go on without it.",
    },
    ...(vars.flavour === "mysql" ? {} : { "sql-clone": cloneService(vars) }),
  }),
  objections: objectionsOf,
  assets: () => [source],
  facts: { openFiles: openFilesFact },
  secrets: ({ host, address, vars }) => ({
    "sql/ca": { type: "authority", name: "sql" },
    [`sql/${host.name}`]: {
      type: "certificate",
      authority: "sql/ca",
      // Programs connect with the last two, through the proxy on their own host.
      names: [...new Set([host.name, address, "localhost", "127.0.0.1"])],
    },
    "store/ca": { type: "authority", name: "store" },
    [`store/client/${host.name}`]: {
      type: "certificate",
      authority: "store/ca",
      names: [host.name, address],
    },
    "sql/replication": { type: "password" },
    ...Object.fromEntries(
      Object.entries(vars.users)
        .filter(([, { password }]) => password === undefined)
        .map(([name]) => [`sql/user/${name}`, { type: "password" as const }]),
    ),
  }),
  // For the order of work, and for who gets accounts. Who leads is decided on the hosts.
  peerFacts: { part: partFact },
  rank: ({ host, peers }) => {
    const part = partsOf(peers);
    // New members begin with the data of one that is alone, which answers them only with its new settings.
    if (peers.length > 1 && [...part.values()].includes("alone")) return "together";
    // Without a leader, a cluster may need all of its members to begin again, as a new one does.
    if (![...part.values()].includes("leader")) return 0;
    if (part.get(host.name) === "leader") return peers.length;
    return peers.findIndex((peer) => peer.host.name === host.name);
  },
  endSessions: { sql: endIdleSessions },
  live,
  drilling: { rows },
  checks: ({ vars }) => checksOf(vars),
  resources: (context) => resourcesOf(context),
});

/** For MariaDB; MySQL copies over its own port. With `auto`, the health check finds out which daemon the host has. */
const cloneService = ({ clonePort }: Vars): ServiceSpec => ({
  port: clonePort,
  portFrom: "clonePort",
  health: command("[ ! -e /usr/bin/mariadb-backup ] || systemctl -q is-active provision-sql-clone"),
  redundancy: "balanced",
  failover: "Only a member that needs a new copy of the data uses it, and copies from the leader.",
});
