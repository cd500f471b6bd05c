import type { Diagnostic } from "../model/source.ts";
import type { Topology } from "../model/topology.ts";

/** Names without a special meaning in the configuration of any daemon. */
const plain = /^[\p{L}\p{N}_.:@+-]{1,253}$/u;

/** Hosts with roles whose names contain a character with a special meaning: a quote, a comment, a variable. */
export function nameProblems(topology: Topology): readonly Diagnostic[] {
  return topology.hosts
    .filter(({ host, members }) => members.length > 0 && !plain.test(host.name))
    .map(({ host }) => ({
      severity: "error",
      message: `\`${host.name}\` cannot be the name of a host with roles. Such a name has at most 253 letters, digits and . _ : @ + -`,
      source: host.source,
      hint: "give the host another name, and set this one as its `ansible_host`",
    }));
}
