import type { Diagnostic } from "../model/source.ts";
import type { Topology } from "../model/topology.ts";

/** What stands in the configurations of all kinds of daemons as it is, and means nothing in any of their languages. */
const plain = /^[\p{L}\p{N}_.:@+-]{1,253}$/u;

/** Hosts with a role whose names would be a sign of somebody's language: a quote, a comment, a variable. */
export function nameProblems(topology: Topology): readonly Diagnostic[] {
  return topology.hosts
    .filter(({ host, members }) => members.length > 0 && !plain.test(host.name))
    .map(({ host }) => ({
      severity: "error",
      message: `\`${host.name}\` cannot be the name of a host with roles: letters, digits and . _ : @ + - only, 253 at most`,
      source: host.source,
      hint: "give it another name, and this one as its `ansible_host`",
    }));
}
