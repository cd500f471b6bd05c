import type { Endpoint, Service, Topology } from "provision";
import { type AgentCheck, titleOf } from "../nrpe/checks.ts";
import { nagiosName, stack } from "./names.ts";
import type { Vars } from "./vars.ts";

/** A check of the whole stack. */
interface StackCheck {
  readonly title: string;
  /** In Nagios's syntax: the name of a command and its arguments, separated by `!`. */
  readonly command: string;
  readonly slow: boolean;
  /** States with an alert: w, c, u, r. */
  readonly alertStates: string;
}

/** An address in a URL or a Host header. */
const inUrl = (address: string): string => (address.includes(":") ? `[${address}]` : address);

/** All hosts and checks, for the template. */
export function objectsOf(
  topology: Topology,
  agents: readonly Endpoint[],
  checksOf: (host: string) => readonly AgentCheck[],
  vars: Vars,
) {
  const hosts = topology.hosts.map(({ host, address, members }) => {
    const agent = agents.find((endpoint) => endpoint.host === host.name);
    const groups = [...new Set(members.map(({ role }) => topology.tiers.get(role) ?? role))];
    const own = agent === undefined ? [] : checksOf(host.name).filter((check) => !shared(check));
    return {
      name: nagiosName(host.name),
      address,
      groups,
      watched: agent !== undefined,
      port: agent?.port ?? 0,
      // Without an agent, any answer of the host counts as alive.
      alive: agent === undefined ? "alive" : "alive-or-agent",
      services: own.map((check) => ({
        name: check.name,
        title: check.title,
        slow: check.slow,
        causes: causesOf(check, own).join(" "),
        alertStates: check.source.check?.quietWarnings === true ? "c,r" : "w,c,r",
      })),
    };
  });
  return {
    hosts,
    groups: [...new Set(hosts.flatMap(({ groups }) => groups))],
    stack,
    stackChecks: [
      ...redundancies(topology, agents),
      ...exactly(agents, checksOf),
      ...floating(topology, vars),
    ],
  };
}

/**
 * Checks whose failure silences this check, so that one dead daemon causes one alert. The health of a role's first service
 * silences all checks of the role on the host; any dead daemon silences the check for failed units.
 */
function causesOf(check: AgentCheck, own: readonly AgentCheck[]): readonly string[] {
  const healths = own.filter(({ source }) => source.type === "health");
  if (check.source.type === "base") return check.name === "base-units" ? healths.map(({ name }) => name) : [];
  const role = roleOf(check);
  const first = healths.find((health) => roleOf(health) === role);
  return first === undefined || first === check ? [] : [first.name];
}

const roleOf = ({ source }: AgentCheck): string | undefined => source.endpoint?.role ?? source.check?.role;

const shared = ({ source }: AgentCheck): boolean => source.check?.exactly !== undefined;

/** One a service: how many of its members are well, by what Nagios itself knows of each. */
function redundancies(topology: Topology, agents: readonly Endpoint[]): readonly StackCheck[] {
  const agentServices = new Set(agents.map(({ service }) => service));
  const watched = new Set(agents.map(({ host }) => host));
  return [...topology.services.values()]
    .filter(({ name }) => !agentServices.has(name))
    .filter(({ endpoints }) => endpoints.every(({ host }) => watched.has(host)))
    .map(({ name, floor, endpoints }) => ({
      title: `redundancy ${name}`,
      command: [
        "redundancy",
        floor,
        endpoints.map(({ host }) => stateOf(nagiosName(host), titleOf(name))).join(" "),
      ].join("!"),
      slow: false,
      // A member that is down has its own alert. This one: too few members are healthy.
      alertStates: "c,r",
    }));
}

/** A member of a service, and the macro that Nagios replaces by its state. */
const stateOf = (host: string, title: string): string => `${host}=$SERVICESTATEID:${host}:${title}$`;

/** Checks that must be OK on an exact number of a role's hosts. */
function exactly(
  agents: readonly Endpoint[],
  checksOf: (host: string) => readonly AgentCheck[],
): readonly StackCheck[] {
  const found = new Map<string, { readonly check: AgentCheck; readonly asked: string[] }>();
  for (const { host, address, port } of agents) {
    for (const check of checksOf(host).filter(shared)) {
      const known = found.get(check.name) ?? { check, asked: [] };
      known.asked.push(`${nagiosName(host)},${address},${port}`);
      found.set(check.name, known);
    }
  }
  return [...found.values()].map(({ check, asked }) => ({
    title: check.title,
    command: ["exactly", check.source.check?.exactly ?? 1, check.name, asked.join(" ")].join("!"),
    slow: false,
    alertStates: "w,u,c,r",
  }));
}

/** Checks from outside: each service behind each floating address, and its certificate. */
function floating(topology: Topology, vars: Vars): readonly StackCheck[] {
  return [...topology.services.values()].flatMap((service) => {
    const addresses = [...new Set(service.endpoints.flatMap((endpoint) => endpoint.floating ?? []))];
    const reached = service.endpoints.every(({ protocol }) => protocol === "vrrp")
      ? behind(service, topology)
      : [service];
    return addresses.flatMap((address) => reached.flatMap((one) => through(one, address, vars)));
  });
}

/** The public services on all hosts that may hold an address. */
function behind(mover: Service, topology: Topology): readonly Service[] {
  const hosts = mover.endpoints.map(({ host }) => host);
  return [...topology.services.values()].filter(
    ({ endpoints }) =>
      endpoints.every(
        ({ access, protocol }) => isPublic(access) && protocol !== "vrrp" && protocol !== "udp",
      ) && hosts.every((host) => endpoints.some((endpoint) => endpoint.host === host)),
  );
}

const isPublic = (access: Endpoint["access"]): boolean => access === "anyone" || Array.isArray(access);

function through({ name, endpoints }: Service, address: string, { site }: Vars): readonly StackCheck[] {
  const [first] = endpoints;
  if (first === undefined) return [];
  const { port, health } = first;
  const title = `${name} at ${address}`;
  const alertStates = "w,u,c,r";
  if (health.type !== "http") {
    return [{ title, command: ["port", address, port].join("!"), slow: false, alertStates }];
  }
  const known = site.name ?? inUrl(address);
  const asked = [address, port, site.path, known].join("!");
  if (health.tls !== true) return [{ title, command: `page!${asked}`, slow: false, alertStates }];
  const { warning, critical } = site.certificateDays;
  const certificate = ["certificate", address, port, known, warning, critical].join("!");
  return [
    { title, command: `secure-page!${asked}`, slow: false, alertStates },
    { title: `certificate of ${name} at ${address}`, command: certificate, slow: true, alertStates },
  ];
}
