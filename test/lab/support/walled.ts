import { join } from "node:path";
import { firewall } from "../../../roles/firewall/role.ts";
import type { Host } from "../../../src/model/inventory.ts";
import type { Json } from "../../../src/model/json.ts";
import type { AnyRole } from "../../../src/model/role.ts";
import type { RunInput } from "../../../src/run/input.ts";
import { loadTemplates, render } from "../../../src/template/templates.ts";
import { buildTopology } from "../../../src/topology/topology.ts";
import { root } from "./command.ts";
import { must } from "./lab.ts";

/** A service that needs no package, to be let through or not. */
const echo: AnyRole = {
  name: "echo",
  tier: "app",
  summary: "made for a test",
  vars: { safeParse: () => ({ success: true, data: {} }) },
  provides: () => ({
    echo: { port: 7000, health: { type: "command", command: "true" }, redundancy: "balanced" },
  }),
  resources: () => [],
};
const caller: AnyRole = { ...echo, name: "caller", needs: { to: "echo" }, provides: () => ({}) };

const roles: ReadonlyMap<string, AnyRole> = new Map(
  [firewall, echo, caller].map((role): [string, AnyRole] => [role.name, role]),
);

/** A host behind the firewall, and what else it is. */
export interface Walled {
  readonly name: string;
  readonly address: string;
  readonly roles: readonly string[];
}

/** What the engine needs to know of such a stack, with these variables of the role `firewall`. */
export function walledStack(
  walled: readonly Walled[],
  vars: Json,
): Partial<RunInput> & Pick<RunInput, "topology"> {
  const source = { file: "test", line: 1, col: 1 };
  const hosts = walled.map(({ name, address, roles: played }) => {
    const host: Host = {
      name,
      groups: ["all"],
      vars: new Map([["address", { value: address, origin: { source } }]]),
      source,
    };
    const members = played.map((role) => {
      const parsed = roles.get(role)?.vars.safeParse(role === "firewall" ? vars : {});
      if (parsed?.success !== true) throw new Error(`${role}: ${JSON.stringify(vars)}`);
      return { host, role, vars: parsed.data };
    });
    return { host, members };
  });
  const templates = must(loadTemplates([join(root, "templates")]));
  return {
    topology: must(buildTopology(hosts, roles)),
    roles,
    render: (role, name, data) => render(templates, role, name, data),
  };
}
