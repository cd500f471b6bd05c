// What docs/roles/stack.yml comes to: its topology, and what each role wants of its first host.
import { join } from "node:path";

const facts = {
  hostname: "debian",
  os: { id: "debian", version: "13", codename: "trixie" },
  arch: "x86_64",
  kernel: "6.1.0",
  cpus: 2,
  memoryMb: 2048,
  addresses: [{ interface: "eth0", address: "192.0.2.1", prefix: 24 }],
  bootId: "b",
  systemd: true,
  role: new Map(),
};

const secrets = {
  password: (name) => `password of ${name}`,
  certificate: (name) => ({ certificate: `certificate of ${name}\n`, key: `key of ${name}\n` }),
  values: [],
};

export function standingStack({ loadProject, desiredOf, redundancyReport, roles }, root) {
  const inventory = [join(root, "docs/roles/stack.yml")];
  const { topology, assets, render } = must(loadProject({ inventory, extraVars: [] }, root));
  const known = new Map(topology.hosts.map(({ host }) => [host.name, facts]));
  const parts = redundancyReport(topology).tiers.flatMap((tier) => tier.parts);
  return {
    topology,
    partOf: (role) => parts.find((part) => part.role === role),
    /** The first host with a role, and what that role wants of it. */
    wantedBy(role) {
      const host = topology.hosts.find(({ members }) => members.some((member) => member.role === role));
      if (host === undefined) throw new Error(`docs/roles/stack.yml has no host with the role ${role}`);
      const desired = must(desiredOf(host, known, { topology, roles, assets, render, secrets }));
      const own = desired.filter((one) => one.role === role || one.also.includes(role));
      return { host: host.host.name, resources: own.map(({ resource }) => resource) };
    },
  };
}

function must(result) {
  if (result.ok) return result.value;
  throw new Error(JSON.stringify(result.error, undefined, 2));
}
