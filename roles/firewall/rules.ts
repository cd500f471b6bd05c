import { type Endpoint, isAddress, type Objection, type Topology } from "provision";

/** One line of the ruleset: `match` is in nft's syntax, `comment` is the name of the service. */
export interface Rule {
  /** Who may connect: for people who read the file. */
  readonly note: string;
  readonly match: string;
  readonly comment: string;
}

/** The ports of one opening, and who may connect. */
interface Opening {
  readonly protocol: "tcp" | "udp" | "vrrp";
  /** Ports and ranges such as `8000-8010`; none for vrrp. */
  readonly ports: readonly (number | string)[];
  /** Addresses and networks; "anyone": no condition. */
  readonly from: "anyone" | readonly string[];
}

/** The rules for all services of this host: open only to hosts that need them. */
export function serviceRules(host: string, topology: Topology): readonly Rule[] {
  return [...topology.services.values()]
    .flatMap(({ endpoints }) => endpoints.filter((endpoint) => endpoint.host === host))
    .filter(({ access }) => access !== "host")
    .sort(byPort)
    .flatMap((endpoint) => endpointRules(endpoint, topology));
}

function byPort(a: Endpoint, b: Endpoint): number {
  if (a.port !== b.port) return a.port - b.port;
  return a.service < b.service ? -1 : 1;
}

function endpointRules(endpoint: Endpoint, topology: Topology): readonly Rule[] {
  const { service, role, port, protocol = "tcp", access = "users" } = endpoint;
  const opening = { protocol, ports: [port] };
  const note = `${service} of ${role}`;
  if (access === "anyone") return ruleLines(`${note}, for anyone`, service, { ...opening, from: "anyone" });
  const users = usersOf(endpoint, topology);
  const addresses = users.flatMap((user) => addressesOf(user, topology));
  const networks = typeof access === "string" ? [] : access;
  return [
    ...ruleLines(`${note}, for ${users.join(", ")}`, service, { ...opening, from: addresses }),
    // One rule for each network: in a set, a network inside another is an error.
    ...networks.flatMap((network) =>
      ruleLines(`${note}, for ${network}`, service, { ...opening, from: [network] }),
    ),
  ];
}

/** Hosts with a role that uses the service. Not the service's own host, which uses loopback. */
function usersOf({ service, host }: Endpoint, topology: Topology): readonly string[] {
  return topology.hosts
    .filter((one) => one.host.name !== host)
    .filter(({ members }) => members.some(({ role }) => topology.needs.get(role)?.includes(service)))
    .map((one) => one.host.name);
}

/** Users of the host's services without an IP address: a firewall cannot make a rule for a name. */
export function unknownAddresses(host: string, topology: Topology): readonly Objection[] {
  const users = [...topology.services.values()]
    .flatMap(({ endpoints }) => endpoints.filter((endpoint) => endpoint.host === host))
    .filter(({ access }) => access !== "host" && access !== "anyone")
    .flatMap((endpoint) => usersOf(endpoint, topology));
  return topology.hosts
    .filter((one) => users.includes(one.host.name) && !isAddress(one.address))
    .map((one) => ({
      message: `: other hosts reach ${one.host.name} by the name ${one.address}, but a firewall needs an IP address`,
      hostVariable: ["address", one.host.name],
      hint: `give ${one.host.name} the variable \`address\`, its IP address`,
    }));
}

/** The source addresses of a host's connections: its own address, and floating addresses that it may hold. */
function addressesOf(name: string, topology: Topology): readonly string[] {
  const found = topology.hosts.find(({ host }) => host.name === name);
  if (found === undefined) throw new Error(`no such host: ${name}`);
  const floating = [...topology.services.values()]
    .flatMap(({ endpoints }) => endpoints.filter(({ host }) => host === name))
    .flatMap((endpoint) => endpoint.floating ?? []);
  // A floating address may have a prefix length, as on an interface.
  return [found.address, ...floating.map((address) => address.replace(/\/.*$/, ""))];
}

/** The lines for one opening: one for each family of addresses. No line if nobody may connect. */
export function ruleLines(
  note: string,
  comment: string,
  { protocol, ports, from }: Opening,
): readonly Rule[] {
  // By number, because a host without /etc/protocols does not know the name.
  const what = protocol === "vrrp" ? "meta l4proto 112" : `${protocol} dport ${setOf(ports)}`;
  const shown = comment.replace(/[^\w.-]+/g, " ").slice(0, 100);
  if (from === "anyone") return [{ note, match: what, comment: shown }];
  const [ip, ip6] = [from.filter((one) => !one.includes(":")), from.filter((one) => one.includes(":"))];
  return [
    ...(ip.length === 0 ? [] : [{ note, match: `ip saddr ${setOf(inOrder(ip))} ${what}`, comment: shown }]),
    ...(ip6.length === 0
      ? []
      : [{ note, match: `ip6 saddr ${setOf(inOrder(ip6))} ${what}`, comment: shown }]),
  ];
}

const setOf = (values: readonly (number | string)[]): string =>
  values.length === 1 ? String(values[0]) : `{ ${values.join(", ")} }`;

/** Each address once, sorted by its numbers, so that the inventory's order does not change the file. */
function inOrder(addresses: readonly string[]): readonly string[] {
  const padded = (address: string): string => address.replace(/\d+/g, (digits) => digits.padStart(3, "0"));
  const key = (address: string): string => (address.includes(":") ? address : padded(address));
  return [...new Set(addresses)].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
