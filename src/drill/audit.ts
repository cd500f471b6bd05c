import type { LoadRequest, Workload } from "../model/role.ts";
import type { Service } from "../model/topology.ts";
import type { RoleTopology } from "../run/observe/desired.ts";
import { raw } from "../script/script.ts";
import type { Hosts } from "./hosts.ts";
import { type Client, isGood } from "./load/client.ts";

/** How acknowledged writes are looked for. */
export interface Auditor {
  /** Each acknowledged id that is not where it must be: `db1: ID`, or why somebody could not be asked. */
  missing(ids: ReadonlySet<string>): Promise<readonly string[]>;
}

/** Seconds that a member may take to print all ids. */
const PRINTING = 60;

/** Reads the database on each member by its own client; without a role that can, asks the application for a list. Undefined: neither. */
export function auditorOf(
  { topology, roles }: RoleTopology,
  workload: Workload,
  { hosts, client }: { readonly hosts: Hosts; readonly client: Client },
): Auditor | undefined {
  const { stored, list } = workload;
  if (stored !== undefined) {
    for (const service of topology.services.values()) {
      const rows = roles.get(service.role)?.drilling?.rows;
      if (rows !== undefined && service.redundancy === "replicated")
        return onEachMember(hosts, service, rows(stored));
    }
  }
  return list === undefined ? undefined : overList(client, list);
}

function onEachMember(hosts: Hosts, { endpoints }: Service, script: string): Auditor {
  const members = endpoints.map(({ host }) => host);
  return {
    missing: async (ids) => {
      const all = await Promise.all(
        members.map(async (host) => {
          const said = await hosts.ask(host, raw(script), PRINTING);
          if (!said.ok) return [`${host}: ${said.error.message}`];
          const rows = new Set(said.value.split("\n"));
          return [...ids].filter((id) => !rows.has(id)).map((id) => `${host}: ${id}`);
        }),
      );
      return all.flat();
    },
  };
}

function overList(client: Client, list: LoadRequest): Auditor {
  return {
    missing: async (ids) => {
      const answer = await client.send(list, "").catch((error: unknown) => String(error));
      if (typeof answer === "string") return [`the list at ${list.path}: ${answer}`];
      if (!isGood(answer)) return [`the list at ${list.path}: ${answer.status}`];
      return [...ids].filter((id) => !answer.body.includes(id));
    },
  };
}
