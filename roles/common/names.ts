import { canonicalAddress, type Facts, type Host, isAddress, type Topology } from "provision";

/** A name that a host may have. */
export const hostName =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** The longest host name that the kernel accepts. */
export const longestHostname = 64;

/** A name in /etc/hosts: the C library also accepts `_`, which DNS does not. */
const listedName = /^(?=.{1,253}$)[a-z0-9_]([\w-]{0,61}\w)?(\.[a-z0-9_]([\w-]{0,61}\w)?)*$/i;

/** Names of the loopback, on every host. */
export const isLoopbackName = (name: string): boolean =>
  /^(localhost|ip6-localhost|ip6-loopback)$|^localhost\.|\.localhost$/i.test(name);

const isLoopback = (address: string): boolean => address === "::1" || address.startsWith("127.");

/** The name a host gets: the variable's, else its name in the inventory. Undefined: the host keeps its name. */
export function ownName(host: Host, hostname: string | undefined): string | undefined {
  if (hostname !== undefined) return hostname;
  const { name } = host;
  const possible = hostName.test(name) && name.length <= longestHostname;
  const fits = possible && !isAddress(name) && !isLoopbackName(name);
  return fits ? host.name : undefined;
}

/** A line of /etc/hosts. */
interface HostEntry {
  readonly address: string;
  readonly names: readonly string[];
}

/** A host without a line, and the reason. */
interface LeftOut {
  readonly address: string;
  readonly name: string;
  readonly why: string;
}

/** The data for /etc/hosts of one host. */
interface Wanted {
  readonly topology: Topology;
  readonly facts: Facts;
  /** The host's own name, if it gets one. */
  readonly own: string | undefined;
  readonly extraHosts: Readonly<Record<string, readonly string[]>>;
}

/** One line for each address. A host without an IP address has no line: its name is resolved elsewhere. */
export function hostEntries({ topology, facts, own, extraHosts }: Wanted): {
  readonly entries: readonly HostEntry[];
  readonly leftOut: readonly LeftOut[];
} {
  const lines = new Map<string, string[]>();
  const add = (at: string, given: readonly string[]) =>
    lines.set(at, [...new Set([...(lines.get(at) ?? []), ...given])]);
  const all = topology.hosts
    .map(({ host, address }) => ({ name: host.name, address, why: whyNot(host.name, address) }))
    .filter(({ name, address }) => isAddress(address) && !isAddress(name));
  const known = all.filter(({ why }) => why === undefined);
  const short = known.map(({ name }) => name.split(".")[0] ?? "");
  known.forEach(({ name, address }, index) => {
    const alias = short[index] ?? "";
    const clear = short.filter((one) => one === alias).length === 1 && !isLoopbackName(alias);
    add(address, clear ? [name, alias] : [name]);
  });
  for (const [at, given] of Object.entries(extraHosts)) add(canonicalAddress(at), given);
  // The host must resolve its own name, also where it keeps its old name, or where its address is in no line.
  const name = own ?? facts.hostname;
  const found = [...lines.values()].some((line) => line.includes(name)) || isLoopbackName(name);
  if (!found && listedName.test(name)) add("127.0.1.1", [name]);
  return {
    entries: [...lines].map(([address, names]) => ({ address, names })),
    leftOut: all.flatMap(({ why, ...one }) => (why === undefined ? [] : [{ ...one, why }])),
  };
}

function whyNot(name: string, address: string): string | undefined {
  if (isLoopbackName(name)) return "every host uses this name for itself";
  if (!listedName.test(name))
    return "a name in this file may contain only letters, digits, and - _ . between them";
  return isLoopback(address) ? "every host uses this address for itself" : undefined;
}
