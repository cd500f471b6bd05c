import {
  content,
  defineRole,
  directory,
  exec,
  file,
  group,
  http,
  link,
  pkg,
  quote,
  type Resource,
  type RoleContext,
  sha256,
  unit,
  user,
} from "provision";
import { releaseOf, sample } from "./gunicorn/release.ts";
import { type Vars, vars } from "./gunicorn/vars.ts";

type Context = RoleContext<Vars>;

/** App servers: a Python web application under Gunicorn, in releases that are switched whole. */
export const gunicorn = defineRole({
  name: "gunicorn",
  tier: "app",
  summary: "A Flask or other WSGI application under Gunicorn",
  vars,
  provides: ({ vars }) => ({
    wsgi: { port: vars.port, health: http(vars.healthPath), redundancy: "balanced", floor: 1 },
  }),
  assets: ({ vars }) => (vars.app.git === undefined ? [vars.app.directory ?? sample] : []),
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
      group(vars.name, { system: true }),
      user(vars.name, { system: true, group: vars.name, home: place.root, shell: "/usr/sbin/nologin" }),
      directory(place.root),
      directory(place.releases),
      directory(place.settings),
      ...release.resources,
      ...settings,
      checked(vars, place, release.id, settings),
      current,
      ...units(context, place, [...packages, ...settings, current]),
    ];
  },
});

/** Names and paths of one application. */
interface Place {
  readonly unit: string;
  readonly root: string;
  readonly releases: string;
  readonly current: string;
  readonly settings: string;
  readonly environment: string;
  readonly config: string;
}

function placeOf({ name }: Vars): Place {
  const [unitName, root] = [`gunicorn-${name}`, `/srv/${name}`];
  const settings = `/etc/${unitName}`;
  return {
    unit: unitName,
    root,
    releases: `${root}/releases`,
    current: `${root}/current`,
    settings,
    environment: `${settings}/environment`,
    config: `${settings}/gunicorn.conf.py`,
  };
}

function settingsOf({ vars, facts, topology, render }: Context, place: Place): readonly Resource[] {
  const { name, timeout, gracefulTimeout, maxRequests, maxRequestsJitter } = vars;
  const workers = vars.workers ?? facts.cpus * 2 + 1;
  const users = topology.hosts.filter((one) =>
    one.members.some(({ role }) => topology.needs.get(role)?.includes("wsgi")),
  );
  const proxies = ["127.0.0.1", ...users.map(({ address }) => address)];
  const data = { name, workers, timeout, gracefulTimeout, maxRequests, maxRequestsJitter, proxies };
  const variables = Object.entries(vars.environment).map(([key, value]) => ({
    name: key,
    quoted: inQuotes(value),
  }));
  return [
    file(place.environment, {
      content: { ...render("environment", { variables }), secret: true },
      group: name,
      mode: "0640",
    }),
    file(place.config, {
      content: render("gunicorn.conf.py", data),
      check: `python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' %s`,
    }),
  ];
}

/** Read alike by systemd's EnvironmentFile and by a shell: in double quotes, with what is special there escaped. */
const inQuotes = (value: string): string => `"${value.replaceAll(/["\\$`]/g, "\\$&")}"`;

/**
 * Loads the new release as its own user with its own environment before anything is switched to it: one that cannot be
 * imported never replaces one that runs.
 */
function checked({ name, app }: Vars, place: Place, id: string, settings: readonly Resource[]): Resource {
  const judged = `${place.root}/checked`;
  const state = JSON.stringify([id, app.callable, settings.map(({ desired }) => desired)]);
  const mark = sha256(content(state).bytes);
  const asUser = [
    `set -ae; cd ${quote(`${place.releases}/${id}`)}; . ${quote(place.environment)}; PYTHONDONTWRITEBYTECODE=1`,
    `exec /usr/bin/gunicorn --check-config --config ${quote(place.config)} ${quote(app.callable)}`,
  ].join("\n");
  return exec(`check of ${place.unit} ${id}`, {
    command: `runuser -u ${quote(name)} -- sh -c ${quote(asUser)} && echo ${mark} >${quote(judged)}`,
    unless: `grep -qsx ${mark} ${quote(judged)}`,
  });
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
    // A restart, not a reload: a process that is told to reload stays in the folder that the link led to. With the socket
    // it restarts in any case, but nobody would wait for the end of that.
    unit(`${place.unit}.service`, { restartOn: [...watched, service, socket] }),
  ];
}
