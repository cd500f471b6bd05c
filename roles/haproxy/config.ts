import { type Endpoint, hostPort, type RoleContext, type Topology } from "provision";
import { certificatePaths } from "./certificates.ts";
import { adminSocket, serverName } from "./socket.ts";
import type { Backend, Vars } from "./vars.ts";

/** Path that the proxy itself answers, for its own host only. */
export const alivePath = "/haproxy-alive";

/** What templates/haproxy/haproxy.cfg.hbs is rendered with. */
export function configData(context: RoleContext<Vars, "http">): Readonly<Record<string, unknown>> {
  const { vars, facts, needs, topology } = context;
  // Listening on [::] fails where the kernel has no IPv6.
  const ipv6 = facts.addresses.some((one) => one.address.includes(":"));
  const { status, maxConnections, timeouts, port, redirectPort, trustedProxies, hsts } = vars;
  const web = { balance: vars.balance, ...serversOf(needs.http) };
  const more = Object.entries(vars.backends).map(([name, one]) => ({
    name,
    ...backendOf(name, one, topology),
  }));
  return {
    maxConnections,
    reloadGrace: vars.reloadGrace,
    timeouts,
    port,
    redirectPort,
    trustedProxies,
    hsts,
    standardPort: port === 443,
    socket: adminSocket,
    // Of Debian's packages, only that of 11 lacks it.
    idleClose: !(facts.os.id === "debian" && facts.os.version === "11"),
    // Two sockets, so that an IPv4 client is not written as ::ffff:10.0.0.1.
    families: [{ all: ":", only: "" }, ...(ipv6 ? [{ all: ":::", only: " v6only" }] : [])],
    certificates: certificatePaths(vars),
    own: ownAddresses(context),
    alive: alivePath,
    routes: vars.routes.map(({ backend, ...route }) => ({ backend, conditions: conditionsOf(route) })),
    status: {
      port: status.port,
      open: status.networks.length > 0,
      networks: status.networks,
      user: status.user ?? "",
      password: status.password ?? "",
    },
    slowStart: vars.slowStart === 0 ? "" : ` slowstart ${vars.slowStart}s`,
    backends: [{ name: "http", ...web }, ...more],
    tcp: Object.entries(vars.tcp).map(([name, one]) => ({
      ...one,
      name,
      ...backendOf(name, one, topology),
    })),
    config: Object.fromEntries(Object.entries(vars.config).map(([name, text]) => [name, text.trimEnd()])),
  };
}

/** Whether the configuration holds something that only root may read. */
export const isSecretConfig = ({ status }: Vars): boolean => status.password !== undefined;

/** Where this host's own questions come from: its address, or what it has where others reach it by a name or from outside. */
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

function conditionsOf(route: { hosts: readonly string[]; path?: string | undefined }): readonly string[] {
  const wild = route.hosts.filter((name) => name.startsWith("*.")).map((name) => name.slice(1));
  const whole = route.hosts.filter((name) => !name.startsWith("*."));
  const host = "req.hdr(host),field(1,:)";
  const path = route.path === undefined ? [] : [`{ path_beg ${route.path} }`];
  const byName = [
    ...(whole.length === 0 ? [] : [`{ ${host} -i ${whole.join(" ")} }`]),
    ...(wild.length === 0 ? [] : [`{ ${host} -i -m end ${wild.join(" ")} }`]),
  ];
  // Either of the two kinds of names, each with the path.
  if (byName.length === 0) return path;
  return byName.flatMap((one, index) => [...(index === 0 ? [] : ["or"]), one, ...path]);
}

interface Servers {
  readonly servers: readonly { readonly name: string; readonly at: string }[];
  /** `port`: the words of a server line, or none. */
  readonly check: {
    readonly path: string;
    readonly status: number;
    readonly host: string;
    readonly port: string;
  };
}

/** Endpoints as servers, found well in the way that the service itself says. */
function serversOf(endpoints: readonly Endpoint[]): Servers {
  const servers = endpoints.map((one) => ({ name: serverName(one.host), at: hostPort(one) }));
  const health = endpoints[0]?.health;
  const http = health?.type === "http" && health.tls !== true ? health : { path: "", status: 200 };
  return { servers, check: { path: http.path, status: http.status, host: "health.check", port: "" } };
}

function backendOf(
  name: string,
  given: Pick<Backend, "service" | "servers" | "check" | "balance">,
  topology: Topology,
) {
  const { service, servers = {}, check, balance } = given;
  const endpoints = service === undefined ? [] : topology.services.get(service)?.endpoints;
  if (endpoints === undefined) {
    const known = [...topology.services.keys()].join(", ");
    throw new Error(`${name}: no host provides a service \`${service}\`; there are: ${known}`);
  }
  const found = serversOf(endpoints);
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
