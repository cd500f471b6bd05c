import type { Change, HostPlan } from "../model/plan.ts";

/** Why a plan is not carried out without `--force`. */
export interface Refusal {
  readonly host: string;
  readonly message: string;
}

/** Packages without which a host cannot be reached, or cannot be mended. */
const vitalPackages = new Set([
  "apt",
  "base-files",
  "coreutils",
  "dpkg",
  "libc6",
  "openssh-server",
  "sudo",
  "systemd",
  "systemd-sysv",
]);
/** Without `.service`, as the keys of units are. */
const vitalUnits = new Set(["ssh", "sshd", "ssh.socket", "dbus", "systemd-journald"]);
const vitalPaths =
  /^\/(|bin|boot|dev|etc|home|lib|lib64|opt|proc|root|run|sbin|srv|sys|tmp|usr|var|usr\/[^/]+|var\/(lib|log|cache|spool))$/;

/** A plan that removes more than this share of what we manage on a host is more likely a mistake than a wish… */
const largeShare = 0.3;
/** …if it is also more than a handful. */
const handful = 5;

/** What is too dangerous to do unasked. Empty = nothing. */
export function guard(plans: readonly HostPlan[]): readonly Refusal[] {
  return plans.flatMap((plan) => [
    ...plan.changes.flatMap((change) => {
      const reason = danger(change);
      return reason === undefined ? [] : [{ host: plan.host, message: `${change.id}: ${reason}` }];
    }),
    ...massRemoval(plan),
  ]);
}

function danger(change: Change): string | undefined {
  const { kind, key, desired } = change.resource;
  // Also what could not be observed yet: it would be removed at its turn.
  const removed = desired === null;
  if (kind === "package" && removed && vitalPackages.has(key.replace(/:.*/, ""))) {
    return "the host needs this package to be reached or mended";
  }
  if (kind === "user" && removed && key === "root") return "root cannot be removed";
  if (["file", "directory", "link"].includes(kind) && removed && vitalPaths.test(key)) {
    return "this path belongs to the system";
  }
  if (kind === "unit" && vitalUnits.has(key.replace(/\.service$/, ""))) {
    const off = removed || desired.running === false || desired.enabled === false || desired.masked === true;
    if (off) return "without this unit the host could not be reached again";
  }
  return undefined;
}

function massRemoval({ host, changes, unchanged }: HostPlan): readonly Refusal[] {
  const removed = changes.filter((change) => change.action === "delete").length;
  const all = changes.length + unchanged;
  if (removed <= handful || removed <= all * largeShare) return [];
  return [{ host, message: `${removed} of ${all} resources would be removed` }];
}
