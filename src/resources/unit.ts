import type { Kind } from "../model/kind.ts";
import type { Change } from "../model/plan.ts";
import type { Observed, Resource, State } from "../model/resource.ts";
import type { Script } from "../model/script.ts";
import { chunks, steps, subshell } from "../script/block.ts";
import { lines, raw, sh } from "../script/script.ts";
import { ResourceError, type Watched, watching } from "./resource.ts";
import { noAnswer } from "./stat.ts";
import { checkUnit, fullUnit } from "./words.ts";

/** Desired state of a unit. "any": not managed. */
export interface UnitOptions {
  /** Active now. Default true. */
  readonly running?: boolean | "any";
  /** Started at boot. Default true. */
  readonly enabled?: boolean | "any";
  /** Nothing can start it. Default false; "any" if it must be neither running nor enabled. */
  readonly masked?: boolean | "any";
  /** A change of one of these makes the unit reload, or restart if it cannot reload. */
  readonly reloadOn?: readonly Watched[];
  /** A change of one of these makes the unit restart. */
  readonly restartOn?: readonly Watched[];
}

/**
 * A systemd unit: service (the type may be omitted), socket, timer, instance of a template. Its files and drop-ins are
 * ordinary `file`s in `restartOn`. `stale` is part of the state: the unit's files are newer than the version that systemd has
 * read.
 *
 * @example
 * unit("nginx", { reloadOn: ["file:/etc/nginx/nginx.conf"] })
 */
export function unit(name: string, options: UnitOptions = {}): Resource {
  const id = `unit:${name}`;
  const key = checkUnit(id, name);
  // A unit that must neither run nor be enabled may be masked.
  const unwanted = options.running === false && options.enabled === false;
  const { masked = unwanted ? "any" : false, running = masked !== true, enabled = masked !== true } = options;
  if (masked === true && (running === true || enabled === true)) {
    throw new ResourceError(id, "a masked unit can be neither running nor enabled");
  }
  const desired = {
    ...managed("running", running),
    ...managed("enabled", enabled),
    ...managed("masked", masked),
    stale: false,
  };
  return { kind: "unit", key, desired, ...watching(options) };
}

const managed = (field: string, value: boolean | "any"): State => (value === "any" ? {} : { [field]: value });

const properties = "Names,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload";

function observe(resources: readonly Resource[]): Script {
  const names = chunks(resources.map(({ key }) => fullUnit(key)));
  return lines(names.map((some) => sh`systemctl show --no-pager -p ${properties} -- ${some} 2>&1; echo`));
}

/** An empty line separates answers. A unit with aliases has several names. */
function parse(output: string, resources: readonly Resource[]): ReadonlyMap<string, Observed> {
  const byName = new Map<string, ReadonlyMap<string, string>>();
  for (const block of output.split(/\n\n+/)) {
    const answer = new Map(
      [...block.matchAll(/^([A-Za-z]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
    );
    for (const name of answer.get("Names")?.split(" ") ?? []) byName.set(name, answer);
  }
  return new Map(
    resources.map((resource) => [resource.key, observed(resource, byName.get(fullUnit(resource.key)))]),
  );
}

function observed({ desired }: Resource, answer: ReadonlyMap<string, string> | undefined): Observed {
  const [load, active, file] = [
    answer?.get("LoadState"),
    answer?.get("ActiveState"),
    answer?.get("UnitFileState"),
  ];
  if (load === undefined || active === undefined || file === undefined) return noAnswer;
  const isMasked = load === "masked" || file.startsWith("masked");
  // A mask in /run ends at the next boot: it counts for a unit that must run, but not for one that must be masked.
  const masked = isMasked && !(desired?.masked === true && file === "masked-runtime");
  const state = {
    running: active === "active" || active === "reloading",
    // A generated unit (init scripts, fstab) starts at each boot, and cannot be enabled.
    enabled: file === "enabled" || file === "alias" || file === "generated",
    masked,
    // systemd reads no files of a masked unit, so it would count as stale for ever.
    stale: !isMasked && answer?.get("NeedDaemonReload") === "yes",
  };
  const idle = !state.running && !state.enabled;
  if (desired === null) return idle ? { status: "absent" } : { status: "present", state };
  // A missing unit is neither running nor enabled, which may be the desired state.
  const wanted = desired.running === true || desired.enabled === true;
  if (load === "not-found" && idle && wanted) return { status: "absent" };
  return { status: "present", state };
}

/** Seconds to wait for a job: more than systemd's own limits (90 by default, 900 for databases). */
const jobSeconds = 930;

/**
 * `act VERB`: waits for the job and, if it fails, prints the unit's status and journal. `up`: fails if the unit is not active
 * after its job. `unmask`: systemctl changes only /etc, or only /run.
 */
const functions = raw(`prop() { systemctl show --no-pager -p "$1" --value -- "$unit"; }
explain() {
  systemctl status --no-pager --full --lines=0 -- "$unit"
  journalctl --no-pager --quiet -n 20 -o short-iso -u "$unit"
  exit 1
} </dev/null >&2
act() {
  timeout -k 5 ${jobSeconds} systemctl --no-pager "$@" -- "$unit" </dev/null && return
  [ $? -ne 124 ] || echo "provision: $1 of $unit did not end within ${jobSeconds} s" >&2
  explain
}
unmask() {
  [ "$(prop LoadState)" = masked ] || return 0
  act unmask
  [ "$(prop LoadState)" != masked ] || act unmask --runtime
  [ "$(prop LoadState)" != masked ] || { echo "provision: $unit is still masked by $(prop FragmentPath). Remove that file" >&2; exit 1; }
}
up() { case $(prop ActiveState) in active | reloading) ;; *) echo "provision: $unit stopped right after its start" >&2; explain ;; esac; }
start() { systemctl reset-failed -- "$unit" 2>/dev/null; act start; up; }
again() { if [ "$1" = reload ] && [ "$(prop CanReload)" = yes ]; then act reload; else act restart; fi; up; }`);

function convergeOne(change: Change): Script {
  const name = sh`unit=${fullUnit(change.resource.key)}`;
  const { desired } = change.resource;
  if (desired === null) {
    return subshell([
      name,
      sh`[ "$(prop LoadState)" = not-found ] || act disable`,
      sh`case $(prop ActiveState) in inactive) ;; *) act stop ;; esac`,
    ]);
  }
  const fields = change.action === "update" ? change.fields.map(({ field }) => field) : Object.keys(desired);
  const due = (field: string): boolean =>
    change.action !== "reload" && fields.includes(field) && desired[field] !== undefined;
  return subshell([
    name,
    managerReload(change),
    ...(due("masked") && desired.masked === false ? [raw("unmask")] : []),
    ...(due("running") && desired.running === false
      ? [raw("case $(prop ActiveState) in inactive) ;; *) act stop ;; esac")]
      : []),
    ...(due("enabled")
      ? [desired.enabled === true ? enable : raw('[ "$(prop LoadState)" = not-found ] || act disable')]
      : []),
    ...(due("masked") && desired.masked === true ? [raw("act mask")] : []),
    ...running(change, due("running") && desired.running === true),
  ]);
}

/**
 * systemd notices that a file it has read is newer on the disk. It does not notice the first drop-in of a unit, because it
 * caches the list of folders. So if the unit watches such files, systemd always reads them again.
 */
function managerReload({ resource: { reloadOn = [], restartOn = [] } }: Change): Script {
  const watched = [...reloadOn, ...restartOn].some((id) =>
    /^(file|link):\/(etc|run|lib|usr\/lib)\/systemd\//.test(id),
  );
  if (watched) return raw("systemctl daemon-reload || exit");
  return raw('if [ "$(prop NeedDaemonReload)" = yes ]; then systemctl daemon-reload || exit; fi');
}

const enable = raw(`act enable
case $(systemctl is-enabled -- "$unit" 2>/dev/null) in
  static) echo "provision: $unit has no [Install] section and cannot be enabled. Declare it with enabled: \\"any\\"" >&2; exit 1 ;;
esac`);

/**
 * A stopped unit reads its new files when it starts. A starting unit may have read the old ones: the script waits for it and
 * then reloads it.
 */
function running({ resource: { desired }, trigger }: Change, start: boolean): readonly Script[] {
  if (desired?.running === false || (trigger === undefined && !start)) return [];
  const again = trigger === undefined ? raw("") : sh` again ${trigger}`;
  const down = desired?.running === true ? raw("start") : raw(":");
  return [
    sh`case $(prop ActiveState) in
  active | reloading)${again} ;;
  activating) act start; up;${again} ;;
  *) ${down} ;;
esac`,
  ];
}

/** Units without which nobody can log in again, or nothing works. Without `.service`, as the keys of units are. */
const vital: ReadonlySet<string> = new Set(["ssh", "sshd", "ssh.socket", "dbus", "systemd-journald"]);

function guard({ resource: { key, desired } }: Change): string | undefined {
  if (!vital.has(key.replace(/\.service$/, ""))) return undefined;
  const off =
    desired === null || desired.running === false || desired.enabled === false || desired.masked === true;
  return off ? "without this unit the host could not be reached again" : undefined;
}

/** The kind `unit`. */
export const unitKind: Kind = {
  name: "unit",
  removal: (key) => ({ kind: "unit", key: checkUnit(`unit:${key}`, key), desired: null }),
  observe,
  parse,
  converge: (changes) => subshell([functions, ...steps(changes.map(convergeOne))]),
  guard,
  deadline: 2000,
};
