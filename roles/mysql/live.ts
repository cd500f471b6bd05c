import { canonicalAddress, type LiveNotes } from "provision";
import { stateFunction } from "./state.ts";

/** What a member is, and how far behind a replica is: in the daemon's own words. */
export const live: LiveNotes = {
  script: `${stateFunction}
sql_state; echo "$said"
case $said in replica*) sql_client 5 --vertical --execute 'SHOW REPLICA STATUS' </dev/null 2>/dev/null | while read -r key value; do
  case $key in Seconds_Behind_Master: | Seconds_Behind_Source:) echo "$value"; break ;; esac
done ;; esac`,
  notes(output, hostAt) {
    const [said = "", behind = ""] = output.split("\n").map((line) => line.trim());
    const [role = "", source = ""] = said.split(" ");
    const follows = `replica of ${hostAt(canonicalAddress(source))}`;
    switch (role) {
      case "primary":
        return said === "primary" ? ["primary"] : ["primary", "commits wait for no replica"];
      case "replica":
        return [/^\d+$/.test(behind) ? `${follows}, ${behind} s behind` : follows];
      case "replica-stopped":
        return [`${follows}, stopped`];
      case "replica-broken":
        return [`${follows}, broken`];
      case "replica-open":
        return [`${follows}, takes writes of its own`];
      case "closed":
        return ["takes no writes, follows nobody"];
      case "down":
        return ["database down"];
      default:
        return [];
    }
  },
};
