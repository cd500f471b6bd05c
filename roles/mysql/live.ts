import { canonicalAddress, type LiveNotes } from "provision";
import { stateFunction } from "./state.ts";

/** The state of a member, and the lag of a replica as its daemon reports it. */
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
        return [`${follows}, also takes writes`];
      case "closed":
        return ["takes no writes, follows no member"];
      case "down":
        return ["database down"];
      default:
        return [];
    }
  },
};
