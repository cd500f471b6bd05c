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
import { flavourOf } from "./choice.ts";
import { configOf, programOf, responderOf } from "./files.ts";
import type { Flavour } from "./flavour/flavour.ts";
import { limitsOf } from "./limits.ts";
import { live } from "./live.ts";
import { type Decision, decide, hasReplicas, isAlone, type Member } from "./members.ts";
import { moves } from "./moves.ts";
import { objectionsOf } from "./objections.ts";
import { endIdleSessions } from "./sessions.ts";
import { briefState, place, responder, stateFunction } from "./state.ts";
import { contradictions, type Vars, vars } from "./vars.ts";

type Context = RoleContext<Vars>;

/** Members of one database: a primary that takes writes, and replicas that have every commit before it is acknowledged. */
export const mysql = defineRole({
  name: "mysql",
  tier: "database",
  summary: "MariaDB or MySQL: a primary and replicas that lose nothing",
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
        "reads go on with the other members at once; a dead primary is replaced by `provision failover db`, which takes seconds and loses no acknowledged write",
    },
    "sql-state": {
      port: vars.statePort,
      portFrom: "statePort",
      health: http("/member"),
      redundancy: "balanced",
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
      // By the last two, programs reach it through the proxy on their own host.
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
    // A cluster that is being born is copied from its primary, by all replicas at once.
    if (!hasReplicas(members)) return primary === host.name ? 0 : 1;
    // In one that runs, replicas go one after another, so that one is always there to acknowledge; the primary goes last.
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

/** MySQL copies through its own port; which of the two a host has, it says itself. */
const cloneService = ({ clonePort }: Vars): ServiceSpec => ({
  port: clonePort,
  portFrom: "clonePort",
  health: command("[ ! -e /usr/bin/mariadb-backup ] || systemctl -q is-active provision-sql-clone"),
  redundancy: "balanced",
});

/** Members as they told of themselves. */
const membersOf = (peers: Context["peers"]): readonly Member[] =>
  peers.map(({ host, address, facts }) => ({ host: host.name, address, fact: facts?.get("member") }));

/** Which of the two daemons a host has may be known from its facts only. */
function forThisDaemon(vars: Vars, { name }: Flavour): void {
  const [wrong] = contradictions(vars, name);
  if (wrong !== undefined) throw new Refusal(`\`${["mysql", ...wrong.path].join(".")}\`: ${wrong.message}`);
}

/** For the order alone: where it cannot be told, `resources` says why. */
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

/** What the daemon reads at its start. */
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

/** What the steps of this member are made with. */
function programs(context: Context, flavour: Flavour): readonly Resource[] {
  const password = new TextEncoder().encode(`${context.password("sql/replication")}\n`);
  return [
    file(`${place.folder}/replication`, { content: { bytes: password, secret: true }, mode: "0600" }),
    file(place.program, { content: programOf(context, flavour), mode: "0755", check: "sh -n %s" }),
  ];
}

/** A daemon that has run before runs again: a replica, if need be, with a new copy of the data. */
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

/** Being the primary, or a replica of it. */
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
