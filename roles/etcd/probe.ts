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
 * Ends with 0 where this host is a voter, by the list that its own member has. With `inventory`, only where nobody is on that list
 * who left the inventory.
 */
export function voting(port: number, own: Voter, inventory?: readonly Voter[]): string {
  const { name, peer } = patternsOf(own);
  const known = inventory?.map(patternsOf).flatMap((one) => [`-e ${one.name}`, `-e ${one.peer}`]);
  return `[ -s ${place.known} ] || exit 1
said=$(${curl} -d '{}' https://127.0.0.1:${port}/v3/cluster/member/list) || exit 1
members=$(printf '%s' "$said" | tr '{}' '[\\n*]' | grep '"peerURLs"') || exit 1
printf '%s\\n' "$members" | grep -F -- ${name} | grep -F -- ${peer} | grep -qv '"isLearner":true' || exit 1${
    known === undefined
      ? ""
      : `\nif printf '%s\\n' "$members" | grep -qvF ${known.join(" ")}; then exit 1; fi`
  }`;
}

/** How etcd's gateway prints a voter's name and URL. */
const patternsOf = ({ name, peer }: Voter): Voter => ({
  name: quote(`"name":${JSON.stringify(name)}`),
  peer: quote(`"peerURLs":["${peer}"]`),
});
