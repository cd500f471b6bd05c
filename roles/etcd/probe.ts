import { quote } from "provision";
import { place } from "./place.ts";

/** A voter, by its name and the URL that it is known by to the others. */
export interface Voter {
  readonly name: string;
  readonly peer: string;
}

const tls = ["cacert", "cert", "key"]
  .map((option) => `--${option} ${place.settings}/${option === "cacert" ? "ca" : option}.pem`)
  .join(" ");

const curl = `curl -q --noproxy '*' -fsS --max-time 5 ${tls}`;

/**
 * Ends with 0 where this member has a majority behind it: a read goes through the leader. An alarm for want of space does not
 * count here: monitoring has a check of its own, and a greater quota must be rolled out in spite of it.
 */
export const healthOf = (port: number): string =>
  `said=$(${curl} "https://127.0.0.1:${port}/health?exclude=NOSPACE") && echo "$said" && case $said in *'"health":"true"'*) ;; *) exit 1 ;; esac`;

/** Ends with 0 where all of these are voters, by the list that this member has; with `only`, where nobody else is. */
export function voting(port: number, voters: readonly Voter[], only: boolean): string {
  const lines = voters.map(
    ({ name, peer }) => `has ${quote(`"name":${JSON.stringify(name)},"peerURLs":["${peer}"]`)}`,
  );
  return `[ -s ${place.known} ] || exit 1
said=$(${curl} -d '{}' https://127.0.0.1:${port}/v3/cluster/member/list) || exit 1
members=$(printf '%s' "$said" | tr '{}' '\\n\\n' | grep '"peerURLs"') || exit 1
has() { printf '%s\\n' "$members" | grep -F -- "$1" | grep -qv '"isLearner":true'; }
${[...lines, ...(only ? [`[ "$(printf '%s\\n' "$members" | wc -l)" -eq ${voters.length} ]`] : [])].join(" && ")}`;
}
