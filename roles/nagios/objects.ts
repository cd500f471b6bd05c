import type { Endpoint, Service, Topology } from "provision";
import { type AgentCheck, titleOf } from "../nrpe/checks.ts";
import { nagiosName, stack } from "./names.ts";
import type { Vars } from "./vars.ts";

/** A check that is no single host's. */
interface StackCheck {
  readonly title: string;
  /** Of Nagios: the name of a command and its arguments, with `!` in between. */
  readonly command: string;
  readonly slow: boolean;
  /** What is told of: w, c, u, r. */
  readonly told: string;
}

/** An address as a URL and a Host header have it. */
const inUrl = (address: string): string => (address.includes(":") ? `[${address}]` : address);

/** Everything that is checked, ready for the template. Pure: the same topology gives the same text. */
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
      // Without an agent, that it answers at all must do.
      alive: agent === undefined ? "alive" : "alive-or-agent",
      services: own.map((check) => ({
        name: check.name,
        title: check.title,
        slow: check.slow,
        causes: causesOf(check, own).join(" "),
        told: check.source.check?.quietWarnings === true ? "c,r" : "w,c,r",
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
 * What, when it is not well itself, makes a check say nothing: one dead daemon is one alert. The health of the first service
 * of a role stands for all that the role has on a host; failed units follow from any daemon that died.
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
      // That a member is down is told of the member. Here only: too few are left.
      told: "c,r",
    }));
}

/** A member of a service, and what Nagios itself knows of it: it puts the state in. */
const stateOf = (host: string, title: string): string => `${host}=$SERVICESTATEID:${host}:${title}$`;

/** Checks that must be well on so many hosts of a role, whichever they are. */
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
    told: "w,u,c,r",
  }));
}

/** What users meet: each service behind each floating address, from outside, and its certificate. */
function floating(topology: Topology, vars: Vars): readonly StackCheck[] {
  return [...topology.services.values()].flatMap((service) => {
    const addresses = [...new Set(service.endpoints.flatMap((endpoint) => endpoint.floating ?? []))];
    const reached = service.endpoints.every(({ protocol }) => protocol === "vrrp")
      ? behind(service, topology)
      : [service];
    return addresses.flatMap((address) => reached.flatMap((one) => through(one, address, vars)));
  });
}

/** The public services that all hosts have which an address can move to. */
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
  const told = "w,u,c,r";
  if (health.type !== "http") {
    return [{ title, command: ["port", address, port].join("!"), slow: false, told }];
  }
  const known = site.name ?? inUrl(address);
  const asked = [address, port, site.path, known].join("!");
  if (health.tls !== true) return [{ title, command: `page!${asked}`, slow: false, told }];
  const { warning, critical } = site.certificateDays;
  const certificate = ["certificate", address, port, known, warning, critical].join("!");
  return [
    { title, command: `secure-page!${asked}`, slow: false, told },
    { title: `certificate of ${name} at ${address}`, command: certificate, slow: true, told },
  ];
}
