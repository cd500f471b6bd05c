import {
  type Endpoint,
  type Facts,
  hostPort,
  type Objection,
  type RoleContext,
  type Topology,
} from "provision";
import { crtOf } from "./certificates.ts";
import { adminSocket, endSessionsAfter, serverName } from "./socket.ts";
import type { Backend, Vars } from "./vars.ts";

/** Path of the health check: the proxy answers it itself, for its own host only. */
export const alivePath = "/haproxy-alive";

/** Name of a TCP listener, as a service and in HAProxy. No other name of this role begins like this. */
export const listenerName = (name: string): string => `tcp-${name}`;

/** The values for templates/haproxy/haproxy.cfg.hbs. */
export function configData(context: RoleContext<Vars, "http">): Readonly<Record<string, unknown>> {
  const { vars, facts, needs, topology } = context;
  // Listening on [::] fails where the kernel has no IPv6.
  const ipv6 = facts.addresses.some((one) => one.address.includes(":"));
  const { status, maxConnections, timeouts, port, redirectPort, trustedProxies, hsts } = vars;
  const web = { balance: vars.balance, ...serversOf(needs.http) };
  const more = Object.entries(vars.backends).map(([name, one]) => ({
    name,
    ...backendOf(one, topology),
  }));
  return {
    maxConnections,
    reloadGrace: vars.reloadGrace,
    timeouts,
    endSessionsAfter: endSessionsAfter(timeouts.connect),
    port,
    redirectPort,
    trustedProxies: linesOf(trustedProxies),
    hsts,
    standardPort: port === 443,
    socket: adminSocket,
    idleClose: hasIdleClose(facts),
    // Two sockets, so that the address of an IPv4 client does not become ::ffff:10.0.0.1.
    families: [{ all: ":", only: "" }, ...(ipv6 ? [{ all: ":::", only: " v6only" }] : [])],
    crt: crtOf(vars),
    own: linesOf([...loopback, ...ownAddresses(context)]),
    alive: alivePath,
    routes: vars.routes.map(routeOf),
    status: statusOf(status),
    slowStart: vars.slowStart === 0 ? "" : ` slowstart ${vars.slowStart}s`,
    backends: [{ name: "http", ...web }, ...more],
    tcp: Object.entries(vars.tcp).map(([name, one]) => ({
      ...one,
      networks: linesOf(one.networks),
      name: listenerName(name),
      ...backendOf(one, topology),
    })),
    config: Object.fromEntries(Object.entries(vars.config).map(([name, text]) => [name, text.trimEnd()])),
  };
}

/** Of the packages of Debian and Ubuntu, only the one of Debian 11 does not have `idle-close-on-response`. */
export const hasIdleClose = ({ os }: Facts): boolean => !(os.id === "debian" && os.version === "11");

const statusOf = ({ port, networks, user = "", password = "" }: Vars["status"]) => ({
  port,
  open: networks.length > 0,
  networks: linesOf([...loopback, ...networks]),
  user,
  password,
});

/** Whether the configuration contains a secret. */
export const isSecretConfig = ({ status }: Vars): boolean => status.password !== undefined;

/** Source addresses of requests from this host: its address, or its fixed addresses if others reach it by a name or from outside. */
function ownAddresses({ address, facts, topology }: RoleContext<Vars, "http">): readonly string[] {
  const has = facts.addresses.map((one) => one.address);
  if (has.includes(address)) return [address];
  const floating = [...topology.services.values()].flatMap(({ endpoints }) =>
    endpoints.flatMap((endpoint) => endpoint.floating ?? []),
  );
  const fixed = has.filter((one) => !/^(127\.|::1$|fe80:)/.test(one) && !floating.includes(one));
  return [...(isAddress(address) ? [address] : []), ...fixed];
}

const isAddress = (text: string): boolean => /^[\d.]+$|:/.test(text);

const loopback = ["127.0.0.0/8", "::1"];

/** HAProxy accepts 64 words in a line. Lines of an ACL with one name count as one ACL. */
function linesOf(values: readonly string[], atMost = 40): readonly string[] {
  const starts = Array.from({ length: Math.ceil(values.length / atMost) }, (_, index) => index * atMost);
  return starts.map((start) => values.slice(start, start + atMost).join(" "));
}

/** The conditions of a route: one of its host names (exact or wildcard), and the path. */
function routeOf({ backend, hosts, path }: Vars["routes"][number], index: number) {
  const wild = hosts.filter((name) => name.startsWith("*.")).map((name) => name.slice(1));
  const whole = hosts.filter((name) => !name.startsWith("*."));
  const name = `provision_route_${index}`;
  const host = `${name} req.hdr(host),field(1,:) -i`;
  return {
    backend,
    acls: [
      ...linesOf(whole).map((names) => `${host} ${names}`),
      ...linesOf(wild).map((names) => `${host} -m end ${names}`),
    ],
    conditions: [
      ...(hosts.length === 0 ? [] : [name]),
      ...(path === undefined ? [] : [`{ path_beg ${path} }`]),
    ],
  };
}

interface Servers {
  readonly servers: readonly { readonly name: string; readonly at: string }[];
  /** `port`: part of a server line, or empty. */
  readonly check: {
    readonly path: string;
    readonly status: number;
    readonly host: string;
    readonly port: string;
  };
}

/** Endpoints as servers, with the health check of the service. */
function serversOf(endpoints: readonly Endpoint[]): Servers {
  const servers = endpoints.map((one) => ({ name: serverName(one.host), at: hostPort(one) }));
  const health = endpoints[0]?.health;
  const http = health?.type === "http" && health.tls !== true ? health : { path: "", status: 200 };
  return { servers, check: { path: http.path, status: http.status, host: "health.check", port: "" } };
}

type Given = Pick<Backend, "service" | "servers" | "check" | "balance">;

/** Backends and listeners whose service no role provides, or provides only on loopback. */
export function unknownServices(vars: Vars, topology: Topology): readonly Objection[] {
  const given: readonly (readonly [string, string, Given])[] = [
    ...Object.entries(vars.backends).map(([name, one]) => ["backends", name, one] as const),
    ...Object.entries(vars.tcp).map(([name, one]) => ["tcp", name, one] as const),
  ];
  return given.flatMap(([kind, name, { service }]): readonly Objection[] => {
    if (service === undefined) return [];
    const reached = [...topology.services.values()].filter(({ endpoints }) =>
      endpoints.some(({ access, protocol = "tcp" }) => access !== "host" && protocol === "tcp"),
    );
    if (reached.some((one) => one.name === service)) return [];
    const known = reached.map((one) => one.name).join(", ");
    const message = `: no host provides a service \`${service}\` to other hosts. These services exist: ${known}`;
    return [{ message, at: [kind, name, "service"] }];
  });
}

function backendOf(given: Given, topology: Topology) {
  const { service, servers = {}, check, balance } = given;
  const found = serversOf(topology.services.get(service ?? "")?.endpoints ?? []);
  const own = Object.entries(servers).map(([server, at]) => ({ name: server, at }));
  const port = check?.port === undefined ? "" : ` port ${check.port}`;
  return {
    balance,
    servers: service === undefined ? own : found.servers,
    check:
      check === undefined
        ? found.check
        : { path: check.path ?? "", status: check.status, host: "health.check", port },
  };
}
