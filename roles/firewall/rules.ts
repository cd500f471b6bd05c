import type { Endpoint, Topology } from "provision";
import { Refusal } from "provision";
import { z } from "zod";

/** What one line of the ruleset lets in: `match` is nft's own words, `comment` the name of the service. */
export interface Rule {
  /** Who may: for people who read the file. */
  readonly note: string;
  readonly match: string;
  readonly comment: string;
}

/** What nft is told of the ports of one opening. */
interface Opening {
  readonly protocol: "tcp" | "udp" | "vrrp";
  /** Ports and ranges such as `8000-8010`; none for vrrp. */
  readonly ports: readonly (number | string)[];
  /** Addresses and networks; "anyone" = no question asked. */
  readonly from: "anyone" | readonly string[];
}

/** The rules for all that this host's roles provide: open to those who need it, and to nobody else. */
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
    // One rule each: in a set, a network inside another would be an error.
    ...networks.flatMap((network) =>
      ruleLines(`${note}, for ${network}`, service, { ...opening, from: [network] }),
    ),
  ];
}

/** Hosts that play a role which uses the service. Not its own host: that comes over loopback. */
function usersOf({ service, host }: Endpoint, topology: Topology): readonly string[] {
  return topology.hosts
    .filter((one) => one.host.name !== host)
    .filter(({ members }) => members.some(({ role }) => topology.needs.get(role)?.includes(service)))
    .map((one) => one.host.name);
}

/** Where a host's connections come from: its own address, and those that may have moved to it. */
function addressesOf(name: string, topology: Topology): readonly string[] {
  const found = topology.hosts.find(({ host }) => host.name === name);
  if (found === undefined) throw new Error(`no such host: ${name}`);
  if (!isIp(found.address)) {
    throw new Refusal(
      `other hosts reach ${name} by the name ${found.address}, and a firewall knows addresses only: give ${name} the variable \`address\`, its IP address`,
    );
  }
  const floating = [...topology.services.values()]
    .flatMap(({ endpoints }) => endpoints.filter(({ host }) => host === name))
    .flatMap((endpoint) => endpoint.floating ?? []);
  // A floating address may be written with its prefix, as on the interface it moves to.
  return [found.address, ...floating.map((address) => address.replace(/\/.*$/, ""))];
}

/** The lines for one opening: one for each family of addresses. No line where nobody may. */
export function ruleLines(
  note: string,
  comment: string,
  { protocol, ports, from }: Opening,
): readonly Rule[] {
  // By number: a host without /etc/protocols knows no such name.
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

/** Each once, in the order of their numbers, so that the inventory's order changes nothing. */
function inOrder(addresses: readonly string[]): readonly string[] {
  const padded = (address: string): string => address.replace(/\d+/g, (digits) => digits.padStart(3, "0"));
  const key = (address: string): string => (address.includes(":") ? address : padded(address));
  return [...new Set(addresses)].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

const isIp = (text: string): boolean => z.union([z.ipv4(), z.ipv6()]).safeParse(text).success;
