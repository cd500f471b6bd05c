import type { Script } from "../model/script.ts";
import { raw, sh } from "../script/script.ts";

/*
 * Debian starts a daemon when its package is installed, before it has its configuration. /usr/sbin/policy-rc.d may refuse the
 * start (101). Our policy exists only while packages are installed, and refuses only the units of this host's roles. It names
 * its owner: boot, process and start of that process. So another run, which observes before it has the lock, can distinguish
 * a running transaction from the rest of an interrupted one.
 */

const policy = "/usr/sbin/policy-rc.d";
const saved = `${policy}.provision-saved`;
const marker = "# provision: held units";

/** Shell functions `policy_owner` (this process), `policy_ours` (whether the file is ours) and `policy_restore`. */
const functions: Script = sh`policy=${raw(policy)} saved=${raw(saved)}
policy_owner() { echo "$(cat /proc/sys/kernel/random/boot_id) $1 $(cut -d ' ' -f 22 "/proc/$1/stat" 2>/dev/null)"; }
policy_ours() { [ -f "$policy" ] && grep -q ${`^${marker}`} "$policy"; }
policy_restore() {
  if policy_ours; then
    if [ -e "$saved" ] || [ -L "$saved" ]; then mv -f -- "$saved" "$policy"; else rm -f -- "$policy"; fi
  elif cmp -s -- "$saved" "$policy"; then rm -f -- "$saved"
  fi
}`;

/**
 * Restores the user's policy-rc.d after an interrupted installation. Safe at any time: it does nothing while the run that
 * wrote ours is alive, and forks no process if there is nothing to do.
 */
export function restorePolicy(): Script {
  return sh`if [ -e ${policy} ] || [ -e ${saved} ] || [ -L ${saved} ]; then (
${functions}
owner=$(sed -n ${`s/^${marker}, owner //p`} "$policy" 2>/dev/null)
pid=\${owner#* } pid=\${pid%% *}
if [ -z "$owner" ] || [ "$owner" != "$(policy_owner "$pid")" ]; then policy_restore; fi
) fi`;
}

/** The text of our policy: it refuses these units, with and without `.service`, and asks the user's policy about all others. */
function policyText(units: readonly string[]): string {
  const names = [...new Set(units.flatMap((unit) => [unit, unit.replace(/\.service$/, "")]))].sort();
  const pattern = names.flatMap((name) => (name.includes(".") ? [name] : [name, `${name}.service`]));
  return `for word do
  case $word in -*) continue ;; esac
  case $word in ${[...new Set(pattern)].map((name) => `'${name}'`).join("|")}) exit 101 ;; esac
  break
done
if [ -x ${saved} ]; then exec ${saved} "$@"; fi
exit 0
`;
}

/**
 * Holds these units until the subshell around it ends, for any reason. The user's policy is copied before ours is renamed
 * over it, so there is always one; `restorePolicy` handles an interruption at any point.
 */
export function holdUnits(units: readonly string[]): Script {
  if (units.length === 0) return raw(":");
  return sh`${functions}
policy_restore
trap policy_restore EXIT
trap 'exit 143' TERM HUP INT PIPE
if [ -e "$policy" ] || [ -L "$policy" ]; then cp -pP -- "$policy" "$saved" || exit; fi
rm -f -- "$policy.provision~"
{ printf '#!/bin/sh\n%s, owner %s\n' ${marker} "$(policy_owner $$)"; printf %s ${policyText(units)}; } >"$policy.provision~" || exit
chmod 0755 -- "$policy.provision~" && mv -fT -- "$policy.provision~" "$policy" || exit`;
}
