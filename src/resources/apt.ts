import type { Script } from "../model/script.ts";
import { lines, raw, sh } from "../script/script.ts";
import { holdUnits } from "./policy.ts";

/** One transaction: all packages of one host to install (`name` or `name=version`) and to remove. */
export interface Transaction {
  readonly install: readonly string[];
  readonly remove: readonly string[];
  /** Units that the installation must not start. */
  readonly held: readonly string[];
}

/** File whose time is the last fetch of the package lists by provision. */
const stamp = "/var/lib/provision/apt-lists";

/*
 * The reason for each option. Lock: by default `apt-get` fails at once, but unattended-upgrades may hold the lock for minutes.
 * confdef, confold: keep an edited conffile without a question. UCF: the same for files under ucf. needrestart l: only list,
 * because a restart of a database would surprise its cluster. No Recommends: a host gets only declared packages; recommended
 * ones contain mail servers and listening daemons, and differ between releases.
 */
const settings =
  raw(`export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none UCF_FORCE_CONFFOLD=1
get() {
  apt-get -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 \\
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" </dev/null
}
status() { dpkg-query -W -f "\\\${db:Status-Abbrev}\\\\n" "$1" 2>/dev/null; }
there() { status "$1" | grep -q '^.[^nc]'; }`);

/**
 * `repair`: completes an interrupted dpkg. dpkg itself does not wait for its lock, so the function does.
 * `refresh`: fetches the lists, once; waits for the lock of the lists, which apt's option does not cover.
 * `stale`: no lists, lists older than a day, or sources newer than the lists.
 */
const functions = sh`patiently() {
  lock=$1 tries=0
  shift
  while :; do
    said=$("$@" 2>&1 </dev/null)
    code=$?
    case $code$said in
      0*) ;;
      *"$lock"*) if [ "$tries" -lt 60 ]; then tries=$((tries + 1)); sleep 5; continue; fi ;;
    esac
    [ -z "$said" ] || printf '%s\n' "$said"
    return "$code"
  done
}
repair() {
  [ -n "$(ls -A /var/lib/dpkg/updates 2>/dev/null)" ] || [ -n "$(dpkg --audit 2>/dev/null)" ] || return 0
  patiently 'locked by another process' dpkg --force-confdef --force-confold --configure -a
}
refreshed=
refresh() {
  [ -z "$refreshed" ] || return 1
  refreshed=1
  patiently 'lock /var/lib/apt/lists/lock' apt-get -q -o Acquire::Retries=3 update || return
  case $said in *'Some index files failed'*) return ;; esac
  mkdir -p /var/lib/provision && : >${stamp}
}
stale() {
  set -- /var/lib/apt/lists/*_*
  [ -e "$1" ] || return 0
  since=${stamp}
  [ -e "$since" ] || since=/var/lib/apt/lists
  [ -n "$(find "$since" -maxdepth 0 -mmin -1440)" ] || return 0
  [ -n "$(find /etc/apt/sources.list /etc/apt/sources.list.d -newer "$since" 2>/dev/null)" ]
}`;

/**
 * Only declared packages are removed: apt would also remove packages that depend on them, or that conflict with a new one,
 * without a question. If there is nothing to remove, an option of apt prevents this.
 */
const safely = raw(`foreseen() {
  others=$(get -s install "$@" | sed -n 's/^Remv \\([^ :]*\\).*/\\1/p' | grep -vxF -- "$removed")
  [ -z "$others" ] && return
  echo "provision: apt would also remove these packages: $(echo "$others" | tr '\\n' ' ')- declare them absent too, or keep the packages that they need" >&2
  return 1
}
transact() {
  if [ -z "$removed" ]; then get --no-remove install "$@"; else foreseen "$@" && get install "$@"; fi
}
fetch() { get --download-only install "$@"; }`);

/** The whole script, for a subshell. Safe to run again. */
export function transactionScript({ install, remove, held }: Transaction): Script {
  const names = install.map((one) => one.replace(/=.*$/, ""));
  const downgrades = install.some((one) => one.includes("=")) ? ["--allow-downgrades"] : [];
  return lines([
    settings,
    functions,
    safely,
    holdUnits(held),
    raw("repair\nremoved="),
    sh`set -- ${[...downgrades, ...install]}`,
    ...remove.map(
      (name) => sh`if there ${name}; then set -- "$@" ${`${name}-`}; removed="$removed
${raw(name.replace(/:.*$/, ""))}"; fi`,
    ),
    raw("[ $# -gt 0 ] || exit 0"),
    raw("if stale; then refresh; fi"),
    ...names.map(
      (name) => sh`case $(status ${name}) in ??R*) get --reinstall install ${name} || exit ;; esac`,
    ),
    install.length === 0 ? raw(":") : raw('fetch "$@" || { refresh && fetch "$@"; } || exit'),
    raw('transact "$@" || exit'),
    ...names.map(verify),
  ]);
}

/** A virtual package installs another one: without this message the reason would be hard to find. */
function verify(name: string): Script {
  const words = `provision: apt succeeded, but ${name} is not installed. If it is a virtual package, declare the package that provides it`;
  return sh`status ${name} | grep -q '^.i' || { echo ${words} >&2; exit 1; }`;
}
