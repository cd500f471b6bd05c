import {
  type AssetFolder,
  canonicalAddress,
  defineRole,
  directory,
  file,
  hostPort,
  http,
  includePaths,
  network,
  pkg,
  port,
  type Resource,
  type RoleContext,
  type Topology,
  tree,
  unit,
} from "provision";
import { z } from "zod";

const label = "[A-Za-z0-9_-]{1,63}";
const labels = String.raw`${label}(\.${label})*`;
const serverName = z
  .string()
  .regex(
    new RegExp(String.raw`^(?=.{1,253}$)(_|(\*\.|\.)?${labels}|${labels}\.\*)$`),
    "not a server name of nginx",
  );
const vars = z.strictObject({
  port: port.default(80).describe("TCP port of nginx, on all addresses"),
  serverNames: z.array(serverName).min(1).default(["_"]).describe("Host names of the site; `_`: any"),
  trustedProxies: z
    .array(network)
    .default([])
    .describe(
      "Addresses or networks of proxies: nginx trusts their X-Forwarded-For, -Proto, -Host and -Port, as it trusts hosts whose roles use the service `http`",
    ),
  static: z
    .record(
      z
        .string()
        .regex(
          /^(?=.{1,200}$)\/((?!\.{1,2}\/)[\w.-]+\/)+$/,
          "a path like /static/, with a slash at both ends, at most 200 characters",
        ),
      z.string().min(1),
    )
    .default({})
    .describe("Static files: path in the URL → folder of the project, copied to the host"),
  include: includePaths.describe(
    "Paths in the folders of `static` to copy that are left out otherwise: names that begin with a dot, except `.well-known`; private keys, `node_modules`, leftovers of editors",
  ),
  workers: z
    .union([z.literal("auto"), z.int().min(1).max(512)], "`auto`, or a whole number from 1 to 512")
    .default("auto")
    .describe("Worker processes; `auto`: one for each CPU"),
  connections: z
    .int()
    .min(16)
    .max(65535)
    .default(1024)
    .describe("Open connections of one worker, including those to upstreams"),
  maxBody: z
    .string()
    .regex(
      /^(\d{1,18}|\d{1,15}k|\d{1,12}m|\d{1,9}g)$/i,
      "a number of bytes, or a number followed by k, m or g",
    )
    .default("10m")
    .describe("The largest body of a request; a larger one gets the answer 413"),
  serverConfig: z
    .string()
    .default("")
    .describe("Your own lines of nginx configuration, at the end of the server block"),
});
type Vars = z.infer<typeof vars>;

/** Web servers in front of every app server, which they reach through the sidecar of their host. */
export const nginx = defineRole({
  name: "nginx",
  tier: "web",
  summary: "nginx as reverse proxy in front of all app servers, and for static files",
  vars,
  needs: { app: "wsgi-local" },
  provides: ({ vars }) => ({
    http: {
      port: vars.port,
      health: http("/healthz"),
      redundancy: "balanced",
      // Measured under load through a balancer: kill -9 of one of two web servers, none of 9,620 GETs failed, the slowest took 1.1 s.
      failover:
        "The balancers stop using one that is dead, frozen or cut off within 1.7 s, and send its GET requests to another web server within 2.1 s.",
    },
  }),
  assets: ({ vars }) => staticFolders(vars),
  resources: (context) => {
    const service = "nginx.service";
    const config = file("/etc/nginx/nginx.conf", {
      content: context.render("nginx.conf", configData(context)),
      check: "nginx -t -q -c %s",
      // `serverConfig` may contain secrets.
      mode: "0640",
    });
    const dropIn = file("/etc/systemd/system/nginx.service.d/provision.conf", {
      content: context.render("drop-in.conf", {}),
    });
    return [
      pkg("nginx-light", { heldUnits: [service] }),
      file("/etc/nginx/sites-enabled/default", { absent: true }),
      ...staticFiles(context),
      directory("/etc/systemd/system/nginx.service.d"),
      dropIn,
      config,
      // systemd reads the drop-in again before it reloads.
      unit(service, { reloadOn: [config, dropIn] }),
    ];
  },
});

type Context = RoleContext<Vars, "app">;

function configData({ host, facts, vars, needs, topology }: Context): Readonly<Record<string, unknown>> {
  const { static: files, workers, connections, ...rest } = vars;
  return {
    ...rest,
    trustedProxies: [...new Set([...balancers(topology), ...vars.trustedProxies.map(canonicalAddress)])],
    workers,
    connections,
    serverConfig: vars.serverConfig.trimEnd(),
    // A proxied request uses two sockets, and sometimes a file.
    openFiles: connections * 3,
    host: host.name,
    // Listening on [::] fails where the kernel has no IPv6.
    ipv6: facts.addresses.some(({ address }) => address.includes(":")),
    upstreams: needs.app.map(hostPort),
    static: Object.keys(files).map((prefix) => ({ prefix, folder: folderOf(prefix, vars) })),
  };
}

/** Addresses of the hosts whose roles use this service: nginx trusts what they say about the client. */
function balancers(topology: Topology): readonly string[] {
  return topology.hosts
    .filter(({ members }) => members.some(({ role }) => topology.needs.get(role)?.includes("http")))
    .map(({ address }) => address)
    .filter((address) => network.safeParse(address).success);
}

/**
 * The folder of a URL prefix: `/static/` → `/srv/www/static`. A prefix inside another one has its folder beside the other's,
 * `/srv/www/static+img`, because both folders may have files with the same name.
 */
function folderOf(prefix: string, { static: files }: Vars): string {
  const inside = Object.keys(files).some((other) => other !== prefix && prefix.startsWith(other));
  const path = prefix.slice(1, -1);
  return `/srv/www/${inside ? path.replaceAll("/", "+") : path}`;
}

/** Only the workers of nginx may read the files: a part of the site may need a password. */
const readers = { group: "www-data", mode: "0750" };

function staticFiles({ vars, asset }: Context): readonly Resource[] {
  const above = new Set(Object.keys(vars.static).flatMap((prefix) => foldersAbove(folderOf(prefix, vars))));
  return [
    ...[...above].sort().map((path) => directory(path, readers)),
    ...staticFolders(vars).flatMap((folder, index) =>
      tree(folderOf(Object.keys(vars.static)[index] ?? "", vars), asset(folder), readers),
    ),
  ];
}

/** The folders that a role wants, in the order of `static`. */
function staticFolders(vars: Vars): readonly AssetFolder[] {
  const { include } = vars;
  return Object.values(vars.static).map((folder) => ({ folder, include, variable: "include" }));
}

/** The folders from /srv/www down to the one above a path. */
function foldersAbove(path: string): readonly string[] {
  const names = path.split("/").slice(3, -1);
  return ["/srv/www", ...names.map((_, index) => `/srv/www/${names.slice(0, index + 1).join("/")}`)];
}
