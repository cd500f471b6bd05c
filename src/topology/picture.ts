import type {
  Flawed,
  HostState,
  Picture,
  PictureAddress,
  PictureFlaw,
  PictureHost,
  PictureNeed,
  PicturePart,
  PictureTier,
  Placed,
} from "../model/picture.ts";
import type { PartReport, RedundancyReport } from "../model/redundancy.ts";
import type { Service, Topology } from "../model/topology.ts";

/** The tier of roles that serve only their own host. */
const baseTier = "base";

/** The data for a picture. `states`: by host, if the hosts were observed. */
interface Subject {
  readonly topology: Topology;
  readonly report: RedundancyReport;
  readonly states?: ReadonlyMap<string, HostState>;
  /** Time of the observation, for people. */
  readonly seen?: string;
}

/** The contents of a drawing: tiers, hosts, services, needs and flaws. */
export function pictureOf({ topology, report, states, seen }: Subject): Picture {
  const flaws = report.flaws.map((flaw, i) => ({ ...flaw, number: i + 1 }));
  const tiers = tiersOf(topology, report, flaws);
  const addresses = addressesOf(report, flaws);
  return {
    hosts: hostsOf(topology, tiers, flaws, states),
    tiers,
    needs: needsOf(topology),
    addresses,
    open: openRoles(report, addresses),
    flaws,
    ...(seen === undefined ? {} : { seen }),
  };
}

function flawed(all: readonly PictureFlaw[], has: (flaw: PictureFlaw) => boolean): Flawed {
  const found = all.filter(has);
  const flaws = found.map(({ number }) => number);
  if (found.length === 0) return { flaws };
  return { flaws, mark: found.some(({ severity }) => severity === "outage") ? "outage" : "risk" };
}

function tiersOf(
  topology: Topology,
  report: RedundancyReport,
  flaws: readonly PictureFlaw[],
): readonly PictureTier[] {
  const seen = report.tiers.map(({ tier, parts }) => {
    const pictureParts = parts.map((part) => partOf(part.role, { topology, flaws, report: part, tier }));
    return { tier, parts: pictureParts, names: namesIn(pictureParts, topology) };
  });
  const otherTierHosts = new Set(seen.flatMap(({ names }) => names));
  const base = report.base.map((role) => partOf(role, { topology, flaws, tier: baseTier }));
  const baseOnly = namesIn(base, topology).filter((name) => !otherTierHosts.has(name));
  const known = [...seen, ...(base.length === 0 ? [] : [{ tier: baseTier, parts: base, names: baseOnly }])];
  const isInTiers = (name: string, tiers: readonly string[]): boolean =>
    known.some(({ tier, names }) => tiers.includes(tier) && names.includes(name));
  // A flaw of another tier, such as missing monitoring, marks the host in every tier.
  const placeOf = (tier: string, name: string): Placed => ({
    name,
    ...flawed(
      flaws,
      ({ hosts, tiers }) => hosts.includes(name) && (tiers.includes(tier) || !isInTiers(name, tiers)),
    ),
  });
  return known.map(({ tier, parts, names }) => ({
    tier,
    parts,
    hosts: names.map((name) => placeOf(tier, name)),
    ...flawed(flaws, ({ tiers }) => tiers.includes(tier)),
  }));
}

/** Hosts of some parts, in inventory order. */
function namesIn(parts: readonly PicturePart[], topology: Topology): readonly string[] {
  const names = new Set(parts.flatMap(({ hosts }) => hosts));
  return topology.hosts.map(({ host }) => host.name).filter((name) => names.has(name));
}

interface Setting {
  readonly topology: Topology;
  readonly flaws: readonly PictureFlaw[];
  readonly tier: string;
  readonly report?: PartReport;
}

function partOf(role: string, { topology, flaws, tier, report }: Setting): PicturePart {
  const hosts = topology.hosts.filter(({ members }) => members.some((member) => member.role === role));
  const own = [...topology.services.values()].filter((service) => rolesOf(service).includes(role));
  const needed = topology.needs.get(role) ?? [];
  return {
    role,
    tier,
    hosts: hosts.map(({ host }) => host.name),
    services: own.map(({ name, endpoints }) => ({
      name,
      port: endpoints[0]?.port ?? 0,
      protocol: endpoints[0]?.protocol ?? "tcp",
      hosts: [...new Set(endpoints.map(({ host }) => host))],
      ...flawed(flaws, ({ services }) => services.includes(name)),
    })),
    among: own.map(({ name }) => name).filter((name) => needed.includes(name)),
    ...(report === undefined ? {} : { report }),
  };
}

const rolesOf = ({ endpoints }: Service): readonly string[] => [
  ...new Set(endpoints.map(({ role }) => role)),
];

/**
 * One arrow from a role to each other role that it uses, for all services together. The arrow goes past a proxy on the role's own
 * host to what the proxy leads to.
 */
function needsOf(topology: Topology): readonly PictureNeed[] {
  return [...topology.needs].flatMap(([from, names]) => {
    const used = new Map<string, string[]>();
    for (const name of new Set(names)) {
      const service = topology.services.get(name);
      const way = service?.endpoints.some(({ leadsTo }) => leadsTo !== undefined);
      for (const to of service === undefined || way ? [] : rolesOf(service)) {
        if (to !== from) used.set(to, [...(used.get(to) ?? []), name]);
      }
    }
    return [...used].map(([to, services]) => ({ from, to, services }));
  });
}

function addressesOf(report: RedundancyReport, flaws: readonly PictureFlaw[]): readonly PictureAddress[] {
  const parts = report.tiers.flatMap((tier) => tier.parts);
  const floatingAddresses = parts.flatMap(({ role, services }) =>
    services.flatMap(({ name, floating }) => floating.map((one) => ({ ...one, role, name }))),
  );
  const addresses = [...new Set(floatingAddresses.map(({ address }) => address))];
  return addresses.map((address) => {
    const carried = floatingAddresses.filter((one) => one.address === address);
    const names = carried.map(({ name }) => name);
    return {
      address,
      hosts: [...new Set(carried.flatMap(({ hosts }) => hosts))],
      roles: [...new Set(carried.map(({ role }) => role))],
      ...flawed(flaws, ({ services }) => services.some((name) => names.includes(name))),
    };
  });
}

/** Roles with users outside, on hosts without a floating address. */
function openRoles(report: RedundancyReport, addresses: readonly PictureAddress[]): readonly string[] {
  const carriers = new Set(addresses.flatMap(({ hosts }) => hosts));
  return report.tiers
    .flatMap((tier) => tier.parts)
    .filter(({ hosts }) => hosts.some((host) => !carriers.has(host)))
    .filter(({ services }) =>
      services.some(({ access }) => access === "anyone" || typeof access === "object"),
    )
    .map(({ role }) => role);
}

function hostsOf(
  topology: Topology,
  tiers: readonly PictureTier[],
  flaws: readonly PictureFlaw[],
  states: Subject["states"],
): readonly PictureHost[] {
  return topology.hosts
    .filter(({ members }) => members.length > 0)
    .map(({ host: { name }, address, members }) => {
      const state = states?.get(name);
      return {
        name,
        address,
        roles: members.map(({ role }) => role),
        tiers: tiers.filter(({ hosts }) => hosts.some((one) => one.name === name)).map(({ tier }) => tier),
        ...(state === undefined ? {} : { state }),
        ...flawed(flaws, ({ hosts }) => hosts.includes(name)),
      };
    });
}
