import {
  type Check,
  content,
  defineRole,
  directory,
  exec,
  file,
  http,
  isAddress,
  link,
  pkg,
  quote,
  type Resource,
  type RoleContext,
  sha256,
  type Topology,
  unit,
} from "provision";
import { programFile } from "../program-file.ts";
import { accountsFact, ownAccount } from "./account.ts";
import { environmentOf, loginAs, passwordOf, type Wanted } from "./environment.ts";
import { objectionsOf } from "./objections.ts";
import { type Place, placeOf } from "./place.ts";
import { folderOf, isSample, releaseOf } from "./release.ts";
import { type Vars, vars } from "./vars.ts";
import { workloadOf } from "./workload.ts";

type Context = RoleContext<Vars, Wanted>;

/** App servers: a Python web application under Gunicorn. A release replaces the one before as a whole. */
export const gunicorn = defineRole({
  name: "gunicorn",
  tier: "app",
  summary: "A Flask or other WSGI application under Gunicorn",
  vars,
  wants: { writer: "sql-writer", reader: "sql-reader", cache: "cache", copies: "memcached" },
  provides: ({ vars }) => ({
    wsgi: {
      port: vars.port,
      health: http(vars.healthPath),
      redundancy: "balanced",
      checkedAt: "wsgi-alive",
      ...(vars.workers === undefined ? {} : { concurrency: vars.workers }),
      failover:
        "Every app server serves every request. If one does not accept a request, the web server sends it to the next at once. Before a restart, requests under way end.",
    },
    "wsgi-alive": {
      port: vars.alivePort,
      portFrom: "alivePort",
      health: http("/"),
      redundancy: "balanced",
      failover: "Each app server reports only its own state; the others still answer.",
    },
  }),
  objections: objectionsOf,
  checks: ({ vars }) => readiness(vars),
  secrets: ({ host, address, vars, topology }) => {
    const { database } = vars;
    const writers = topology.services.get("sql-writer")?.endpoints ?? [];
    if (database === undefined || !writers.some((endpoint) => endpoint.host === host.name)) return {};
    const { user, password } = loginAs({ address, vars, topology }, database);
    return {
      "sql/ca": { type: "authority", name: "sql" },
      ...(password === undefined ? { [passwordOf(user)]: { type: "password" } } : {}),
    };
  },
  facts: { accounts: accountsFact },
  drilling: { workload: ({ vars }) => workloadOf(vars) },
  // The host that migrates the database goes first. The others follow when it serves.
  rank: ({ host, vars, peers }) =>
    migrationOf(vars) === undefined || peers[0]?.host.name === host.name ? 0 : 1,
  assets: ({ vars }) => [...(vars.app.git === undefined ? [folderOf(vars)] : []), aliveSource],
  resources: (context) => {
    const { vars } = context;
    const packages = ["gunicorn", ...vars.packages].map((name) => pkg(name));
    const release = releaseOf(context);
    const place = placeOf(vars);
    const settings = settingsOf(context, place);
    const current = link(place.current, { target: `releases/${release.id}` });
    return [
      ...packages,
      ...release.packages,
      ...ownAccount(vars.name, place.root, context.facts),
      directory(place.root),
      // Only the application's user may read releases, also cloned ones.
      directory(place.releases, { group: vars.name, mode: "0750" }),
      directory(place.settings),
      ...release.resources,
      ...settings,
      checked(vars, place, release.id, settings),
      ...migrated(vars, place, release.id),
      current,
      ...units(context, place, [...packages, ...settings, current]),
    ];
  },
});

/** Folder of the module with which workers answer health checks. */
const aliveSource = "roles/gunicorn/files/alive";

function settingsOf(context: Context, place: Place): readonly Resource[] {
  const { vars, facts, topology, render, asset } = context;
  const workers = vars.workers ?? facts.cpus * 2 + 1;
  const proxies = ["127.0.0.1", "::1", ...webServers(topology)].flatMap(asPeer);
  const data = { ...vars, workers, proxies, alive: place.alive };
  return [
    ...environmentOf(context, place),
    file(place.alive, { content: programFile(asset, aliveSource, "alive.py") }),
    file(place.config, {
      content: render("gunicorn.conf.py", data),
      check: `python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' %s`,
    }),
  ];
}

/** Addresses of the hosts whose roles use this service. Gunicorn identifies a peer by its address, not by a name. */
function webServers(topology: Topology): readonly string[] {
  return topology.hosts
    .filter(({ members }) => members.some(({ role }) => topology.needs.get(role)?.includes("wsgi")))
    .map(({ address }) => address)
    .filter(isAddress);
}

/** Gunicorn compares texts. On a socket for both families, which a changed unit may have, an IPv4 peer has a mapped address. */
const asPeer = (address: string): readonly string[] =>
  address.includes(":") ? [address] : [address, `::ffff:${address}`];

/**
 * Loads the new release with its own user and environment before the switch: a release that cannot be imported never
 * replaces one that runs.
 */
function checked(vars: Vars, place: Place, id: string, settings: readonly Resource[]): Resource {
  const { callable } = vars.app;
  return once(`check of ${place.unit} ${id}`, `${place.root}/checked`, {
    state: [id, callable, settings.map(({ desired }) => desired)],
    command: inRelease(
      vars,
      place,
      id,
      `/usr/bin/gunicorn --check-config --config ${quote(place.config)} ${quote(callable)}`,
    ),
  });
}

/** The command that migrates the database for a release, if there is one. */
function migrationOf(vars: Vars): string | undefined {
  if (vars.app.migrate !== undefined) return vars.app.migrate;
  return isSample(vars) && vars.database !== undefined ? "/usr/bin/python3 migrate.py" : undefined;
}

/**
 * Runs on every host, because a host that is added or converged alone must not switch to a release before the migration.
 * `rank` lets one host do the work first; the others then find nothing to do.
 */
function migrated(vars: Vars, place: Place, id: string): readonly Resource[] {
  const migrate = migrationOf(vars);
  if (migrate === undefined) return [];
  const state = [id, migrate, vars.database ?? ""];
  const command = inRelease(vars, place, id, migrate);
  return [once(`migration of ${place.unit} ${id}`, `${place.root}/migrated`, { state, command })];
}

/** A command in a release, as the application's user, with its environment. */
function inRelease({ name }: Vars, place: Place, id: string, command: string): string {
  const text = [
    `set -ae; cd ${quote(`${place.releases}/${id}`)}; . ${quote(place.environment)}; PYTHONDONTWRITEBYTECODE=1`,
    `exec ${command}`,
  ].join("\n");
  return `runuser -u ${quote(name)} -- sh -c ${quote(text)}`;
}

/** A command that runs again only when `state` changes. A file keeps the hash of the last state. */
function once(name: string, kept: string, { state, command }: { state: unknown; command: string }): Resource {
  const mark = sha256(content(JSON.stringify(state)).bytes);
  return exec(name, {
    command: `${command} && echo ${mark} >${quote(kept)}`,
    unless: `read -r was <${quote(kept)} && [ "$was" = ${mark} ]`,
  });
}

function readiness(vars: Vars): readonly Check[] {
  const path = vars.readyPath ?? (isSample(vars) ? "/readyz" : undefined);
  if (path === undefined) return [];
  const get = "curl -q --noproxy '*' -sS -o /dev/null -w '%{http_code}' --max-time 8";
  return [
    {
      name: "ready",
      summary: "The application reaches the services that it depends on",
      command: `code=$(${get} ${quote(`http://127.0.0.1:${vars.port}${path}`)}); echo "${path} answers $code"; [ "$code" = 200 ] || exit 2`,
    },
  ];
}

function units({ vars, render }: Context, place: Place, watched: readonly Resource[]): readonly Resource[] {
  const { name, port, gracefulTimeout } = vars;
  const data = {
    ...place,
    name,
    user: name,
    callable: vars.app.callable,
    port,
    stopSeconds: gracefulTimeout + 5,
  };
  const [socketPath, servicePath] = ["socket", "service"].map(
    (kind) => `/etc/systemd/system/${place.unit}.${kind}`,
  );
  const socket = file(String(socketPath), { content: render("app.socket", data) });
  const service = file(String(servicePath), { content: render("app.service", data) });
  return [
    socket,
    service,
    unit(`${place.unit}.socket`, { restartOn: [socket] }),
    // A restart, not a reload: a reloaded process stays in the folder of the old release. With the socket it restarts in
    // any case, but no step would wait for the end of that restart.
    unit(`${place.unit}.service`, { restartOn: [...watched, service, socket] }),
  ];
}
