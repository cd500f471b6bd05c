import { isAddress } from "../../base/ip.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { LoadRequest, Workload } from "../../model/role.ts";
import type { Script } from "../../model/script.ts";
import type { Endpoint, Topology } from "../../model/topology.ts";
import { hostPort } from "../../resources/health.ts";
import { quote, raw, sh } from "../../script/script.ts";
import { type Breakage, noRules, table } from "./breakage.ts";

/**
 * Cuts some hosts off from all others of the stack, but not from each other, nor from this machine. An error: a host has a name
 * instead of an address.
 */
export function islandOf(island: readonly string[], { hosts }: Topology): Result<Breakage, string> {
  const others = hosts.filter(({ host }) => !island.includes(host.name));
  const unclear = others.find(({ address }) => !isAddress(address));
  if (unclear !== undefined)
    return err(`${unclear.host.name} has no address, but the name ${unclear.address}`);
  const rules = others.flatMap(({ address }) => {
    const family = address.includes(":") ? "ip6" : "ip";
    return [
      `add rule inet ${table} input ${family} saddr ${address} drop`,
      `add rule inet ${table} output ${family} daddr ${address} drop`,
    ];
  });
  const chains = ["input", "output"].map(
    (hook) => `add chain inet ${table} ${hook} { type filter hook ${hook} priority -400; }`,
  );
  return ok({
    hurt: sh`nft ${[`add table inet ${table}`, ...chains, ...rules].join("; ")}`,
    heal: noRules,
  });
}

/** Writes for some seconds, from the host of an endpoint and to it, and prints the ids that were acknowledged. */
export function writesFrom(
  endpoint: Endpoint,
  write: NonNullable<Workload["write"]>,
  seconds: number,
): Script {
  const url = `http://${hostPort(endpoint)}${write.path}`;
  return sh`end=$(($(date +%s) + ${seconds}))
while [ "$(date +%s)" -lt "$end" ]; do
  read -r id </proc/sys/kernel/random/uuid
  with_id() { printf %s "$1" | sed "s/{id}/$id/g"; }
  code=$(curl -q --noproxy '*' -s -o /dev/null -w '%{http_code}' --max-time 3 ${raw(curlWords(write))} "$(with_id ${url})")
  case $code in 2??) echo "$id";; esac
  sleep 0.1
done`;
}

function curlWords({ method = "GET", body }: LoadRequest): string {
  const data =
    body === undefined
      ? ""
      : ` -H 'Content-Type: application/json' --data "$(with_id ${quote(JSON.stringify(body))})"`;
  return `-X ${quote(method)}${data}`;
}
