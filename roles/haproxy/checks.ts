import { type Check, quote } from "provision";
import { ask } from "./socket.ts";

/** Whether each backend of an instance has all of its servers, or at least one. */
export function backendsCheck(socket: string): Check {
  // Columns of `show stat`: $1 backend, $2 server, $18 its status, $33 the type of the line (2: a server).
  const program = `$33 == 2 { all[$1]++; if ($18 ~ /^(UP|no check)/) up[$1]++; else down = down " " $1 "/" $2 " is " $18 }
END {
  for (name in all) { n++; servers += all[name]; if (!up[name]) dead = dead " " name }
  if (!n) { print "HAProxy reports no backends"; exit 2 }
  if (dead) { print "no server left in:" dead; exit 2 }
  if (down) { print "not all servers are in use:" down; exit 1 }
  print "all " servers " servers of " n " backends are up"
}`;
  return {
    name: "backends",
    summary: "every backend has all of its servers",
    // The server's own check alerts when it is down.
    quietWarnings: true,
    command: `${ask(socket, "show stat")} | awk -F, ${quote(program)}`,
    root: true,
  };
}

const [warnDays, criticalDays] = [30, 7];

/** Whether the certificates in use are valid for some time. The check asks HAProxy and does not read the files. */
export function certificatesCheck(socket: string, paths: readonly string[]): Check {
  const each = paths.map(
    (path) =>
      `check_days ${quote(path)} "$(${ask(socket, `show ssl cert ${path}`)} | sed -n 's/^notAfter: //p')"`,
  );
  return {
    name: "certificates",
    summary: "no certificate expires soon",
    command: `now=$(date +%s) worst=0 said=
check_days() {
  if [ -z "$2" ] || ! at=$(date -d "$2" +%s); then said="$said \${1##*/} is not loaded" worst=2; return; fi
  days=$(((at - now) / 86400)) said="$said \${1##*/} $days days"
  [ $days -ge ${warnDays} ] || [ $worst -gt 0 ] || worst=1
  [ $days -ge ${criticalDays} ] || worst=2
}
${each.join("\n")}
echo "valid for:$said"
exit $worst`,
    root: true,
  };
}
