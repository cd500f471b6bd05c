import type { Check } from "provision";
import type { Vars } from "./vars.ts";

/** The checks of monitoring. The responder answers all of them, so that no check needs rights of its own. */
export function checksOf({ statePort }: Vars): readonly Check[] {
  const url = `http://127.0.0.1:${statePort}`;
  const ask = (name: string): string =>
    `said=$(curl -q --noproxy '*' -fsS --max-time 8 ${url}/check/${name} 2>&1) || { echo "$said"; exit 2; }; echo "\${said#* }"; exit "\${said%% *}"`;
  return [
    {
      name: "replication",
      summary: "The replica runs and keeps up with its primary",
      command: ask("replication"),
    },
    {
      name: "semi-sync",
      summary: "Commits of the primary wait for a replica",
      command: ask("semi-sync"),
    },
    { name: "connections", summary: "There are free connections", command: ask("connections") },
    {
      name: "primary",
      summary: "Exactly one member takes writes",
      command: `curl -q --noproxy '*' -fsS --max-time 8 ${url}/primary`,
      exactly: 1,
    },
  ];
}
