// What docs/roles/stack.yml comes to: its topology, and what each role wants of its first host.
import { join } from "node:path";

/** The pages say so: hosts have Debian 13, where every role has what it can use. */
const facts = { os: { id: "debian", version: "13", codename: "trixie" } };

export function standingStack({ loadProject, resourcesOf, redundancyReport }, root) {
  const inventory = join(root, "docs/roles/stack.yml");
  const project = loadProject({ inventory: [inventory], extraVars: [] }, root);
  if (!project.ok) throw new Error(JSON.stringify(project.error, undefined, 2));
  const { topology } = project.value;
  const known = Object.fromEntries(topology.hosts.map(({ host }) => [host.name, facts]));
  const parts = redundancyReport(topology).tiers.flatMap((tier) => tier.parts);
  return {
    topology,
    partOf: (role) => parts.find((part) => part.role === role),
    /** The first host with a role, and what that role wants of it. */
    wantedBy(role) {
      const host = topology.hosts.find(({ members }) => members.some((member) => member.role === role));
      if (host === undefined) throw new Error(`docs/roles/stack.yml has no host with the role ${role}`);
      const { name } = host.host;
      return {
        host: name,
        resources: resourcesOf(name, { inventory, folder: root, roles: [role], facts: known }),
      };
    },
  };
}
