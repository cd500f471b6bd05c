import {
  command,
  defineRole,
  directory,
  exec,
  file,
  http,
  pkg,
  quote,
  Refusal,
  type Resource,
  type RoleContext,
  type ServiceSpec,
  unit,
  user,
} from "provision";
import { openFilesFact } from "../limits.ts";
import { accountsOf } from "./accounts.ts";
import { checksOf } from "./checks.ts";
import { type Decision, decide, hasReplicas, isAlone, type Member } from "./decide-leader.ts";
import { configOf, programOf, responderOf } from "./files.ts";
import type { Flavour } from "./flavour/flavour.ts";
import { flavourOf } from "./flavour/flavour-of-host.ts";
import { limitsOf } from "./limits.ts";
import { live } from "./live.ts";
import { moves } from "./moves.ts";
import { objectionsOf } from "./objections.ts";
import { endIdleSessions } from "./sessions.ts";
import { briefState, place, responder, stateFunction } from "./state.ts";
import { contradictions, type Vars, vars } from "./vars.ts";

type Context = RoleContext<Vars>;

/** Members of one database: a primary that takes writes, and replicas. A replica has each commit before it is acknowledged. */
export const mysql = defineRole({
  name: "mysql",
  tier: "database",
  summary: "MariaDB or MySQL: a primary and replicas that lose no acknowledged write",
  vars,
  needs: { members: "sql" },
  wants: { copies: "sql-clone" },
  provides: ({ vars }) => ({
    sql: {
      port: vars.port,
      health: command(`curl -q --noproxy '*' -fsS --max-time 5 http://127.0.0.1:${vars.statePort}/member`),
      redundancy: "replicated",
      startSeconds: 120,
      speaks: "mysql",
      failover:
        "Reads continue on the other members at once. `provision failover db` replaces a dead primary in seconds and loses no acknowledged write.",
    },
    "sql-state": {
      port: vars.statePort,
      portFrom: "statePort",
      health: http("/member"),
      redundancy: "balanced",
      failover: "Each member reports only its own state; the other members still answer.",
    },
    ...(vars.flavour === "mysql" ? {} : { "sql-clone": cloneService(vars) }),
  }),
  objections: objectionsOf,
  facts: { openFiles: openFilesFact },
  secrets: ({ host, address, vars }) => ({
    "sql/ca": { type: "authority", name: "sql" },
    [`sql/${host.name}`]: {
      type: "certificate",
      authority: "sql/ca",
      // Programs connect with the last two, through the proxy on their own host.
      names: [...new Set([host.name, address, "localhost", "127.0.0.1"])],
    },
    "sql/replication": { type: "password" },
    ...Object.fromEntries(
      Object.entries(vars.users)
        .filter(([, { password }]) => password === undefined)
        .map(([name]) => [`sql/user/${name}`, { type: "password" as const }]),
    ),
  }),
  peerFacts: { member: briefState },
  rank: ({ host, vars, peers }) => {
    const members = membersOf(peers);
    const primary = primaryOf(members, vars);
    if (primary === undefined) return 0;
    // In a new cluster, all replicas copy the primary at the same time.
    if (!hasReplicas(members)) return primary === host.name ? 0 : 1;
    // In a running cluster, replicas are changed one after another, so that one can always acknowledge; the primary is last.
    if (primary === host.name) return peers.length;
    return peers.findIndex((peer) => peer.host.name === host.name);
  },
  endSessions: { sql: endIdleSessions },
  primary: moves,
  live,
  checks: ({ vars }) => checksOf(vars),
  resources: (context) => {
    const flavour = flavourOf(context.vars, context.facts);
    forThisDaemon(context.vars, flavour);
    const decision = decide(membersOf(context.peers), context.vars.primary);
    const files = [...filesOf(context, flavour), ...limitsOf(context, flavour)];
    const daemon = unit(flavour.unit, { restartOn: files });
    return [
      ...flavour.packages.map((name) => pkg(name, { heldUnits: [flavour.unit, ...flavour.unwanted] })),
      ...flavour.unwanted.map((name) => unit(name, { running: false, enabled: false })),
      directory(place.folder, { group: "mysql", mode: "0750" }),
      ...files,
      ...programs(context, flavour),
      startable(context, decision),
      daemon,
      ...part(context, decision, daemon),
      ...(isPrimary(decision, context) ? accountsOf(context, flavour) : []),
      ...services(context, flavour),
    ];
  },
});

/** For MariaDB; MySQL copies over its own port. With `auto`, the health check finds out which daemon the host has. */
const cloneService = ({ clonePort }: Vars): ServiceSpec => ({
  port: clonePort,
  portFrom: "clonePort",
  health: command("[ ! -e /usr/bin/mariadb-backup ] || systemctl -q is-active provision-sql-clone"),
  redundancy: "balanced",
  failover: "Only a member that needs a new copy of the data uses it, and copies from the primary.",
});

/** All members with the states that they reported. */
const membersOf = (peers: Context["peers"]): readonly Member[] =>
  peers.map(({ host, address, facts }) => ({ host: host.name, address, fact: facts?.get("member") }));

/** Checks again for the daemon of this host, because with `auto` only the facts tell which one it is. */
function forThisDaemon(vars: Vars, { name }: Flavour): void {
  const [wrong] = contradictions(vars, name);
  if (wrong !== undefined) throw new Refusal(`\`${["mysql", ...wrong.path].join(".")}\`: ${wrong.message}`);
}

/** The primary for the order of work. If it cannot be decided, `resources` reports the reason. */
function primaryOf(members: readonly Member[], { primary }: Vars): string | undefined {
  try {
    const decision = decide(members, primary);
    return decision.type === "undecided" ? undefined : decision.primary.host;
  } catch {
    return undefined;
  }
}

const isPrimary = (decision: Decision, { host }: Context): boolean =>
  decision.type !== "undecided" && decision.primary.host === host.name;

/** Files that the daemon reads at its start. */
function filesOf(context: Context, flavour: Flavour): readonly Resource[] {
  const { certificate, key } = context.certificate(`sql/${context.host.name}`);
  const pem = (name: string, text: string, secret = false): Resource =>
    file(`${place.folder}/${name}`, {
      content: { bytes: new TextEncoder().encode(text), ...(secret ? { secret } : {}) },
      group: "mysql",
      mode: secret ? "0640" : "0644",
    });
  return [
    pem("ca.pem", context.certificate("sql/ca").certificate),
    pem("cert.pem", certificate),
    pem("key.pem", key, true),
    file(flavour.config, { content: configOf(context, flavour), check: flavour.check }),
  ];
}

/** The program for the steps of this member, and the password that it uses. */
function programs(context: Context, flavour: Flavour): readonly Resource[] {
  const password = new TextEncoder().encode(`${context.password("sql/replication")}\n`);
  return [
    file(`${place.folder}/replication`, { content: { bytes: password, secret: true }, mode: "0600" }),
    file(place.program, { content: programOf(context, flavour), mode: "0755", check: "sh -n %s" }),
  ];
}

/** A daemon that has data can start: a replica that cannot start gets a new copy of the data. */
function startable(context: Context, decision: Decision): Resource {
  const from =
    decision.type === "running" && !isPrimary(decision, context)
      ? ` ${quote(decision.primary.address)} ${quote(decision.primary.host)}`
      : "";
  return exec("files the database starts with", {
    command: `${place.program} revive${from}`,
    unless: `{ [ ! -e ${place.data}/binlog.index ] && [ ! -d ${place.before}/mysql ]; } || { read -r pid <${place.pid} && kill -0 "$pid"; }`,
  });
}

/** Makes the member the primary, or a replica of it. */
function part(context: Context, decision: Decision, daemon: Resource): readonly Resource[] {
  if (decision.type === "undecided") return [];
  const { primary } = decision;
  const said = `${stateFunction}\nsql_state`;
  if (isPrimary(decision, context)) {
    const known = context.peers.find(({ host }) => host.name === context.host.name)?.facts?.get("member");
    const wasOpen = known?.startsWith("closed") || known === "down";
    const step = wasOpen && !isAlone(membersOf(context.peers), context.host.name) ? "open" : "bootstrap";
    const armed =
      context.peers.length > 1 ? '[ "$said" = primary ]' : "case $said in primary*) ;; *) exit 1 ;; esac";
    return [
      exec(place.part, {
        command: `${place.program} ${step}`,
        unless: `${said}; ${armed}`,
        reloadOn: [daemon],
      }),
    ];
  }
  return [
    exec(place.part, {
      command: `${place.program} join ${quote(primary.address)} ${quote(primary.host)}`,
      unless: `${said}; [ "$said" = ${quote(`replica ${primary.address}`)} ]`,
    }),
  ];
}

function services(context: Context, flavour: Flavour): readonly Resource[] {
  const { render, vars, address } = context;
  const unitFile = (name: string, data: Readonly<Record<string, unknown>>): Resource =>
    file(`/etc/systemd/system/provision-${name}.service`, { content: render(`${name}.service`, data) });
  const program = file(place.responder, {
    content: responderOf(context),
    check: `python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' %s`,
  });
  const state = unitFile("sql-state", { responder, program: place.responder });
  const recover = unitFile("sql-recover", { program: place.program, unit: flavour.unit });
  const clone = unitFile("sql-clone", {
    clonePort: vars.clonePort,
    family: address.includes(":") ? "ip6" : "ip4",
    folder: place.folder,
    program: place.program,
  });
  return [
    directory("/usr/local/lib/provision"),
    user(responder, { system: true, home: "/nonexistent", shell: "/usr/sbin/nologin" }),
    program,
    state,
    unit("provision-sql-state", { restartOn: [program, state] }),
    recover,
    unit("provision-sql-recover", { running: "any", restartOn: [] }),
    ...(flavour.name === "mariadb"
      ? [clone, unit("provision-sql-clone", { restartOn: [clone, `file:${place.folder}/key.pem`] })]
      : []),
  ];
}
