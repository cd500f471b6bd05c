import type { Check } from "provision";
import type { Vars } from "./vars.ts";

/** The checks of monitoring. The keeper answers all of them, so that no check needs rights of its own. */
export function checksOf({ statePort }: Vars): readonly Check[] {
  const url = `http://127.0.0.1:${statePort}`;
  const check = (name: string, summary: string): Check => ({
    name,
    summary,
    command: `said=$(curl -q --noproxy '*' -fsS --max-time 8 ${url}/check/${name} 2>&1) || { echo "$said"; exit 2; }; echo "\${said#* }"; exit "\${said%% *}"`,
  });
  const notice = (name: string, summary: string): Check => ({ ...check(name, summary), notices: true });
  return [
    check("replication", "The member follows the leader and keeps up"),
    check("set", "Other members have every acknowledged write"),
    check("leader", "A member leads, or the cluster knows whom it waits for"),
    notice("aside", "No data are kept aside"),
    notice("paused", "The keepers are not paused"),
    notice("moved", "The leader has not changed in the last minutes"),
    check("connections", "There are free connections"),
    {
      name: "primary",
      summary: "Exactly one member takes writes",
      command: `curl -q --noproxy '*' -fsS --max-time 8 -o /dev/null ${url}/primary`,
      exactly: 1,
    },
  ];
}
