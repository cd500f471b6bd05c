import { unreachable } from "../../base/result.ts";
import type { Way } from "../../model/drill.ts";
import type { Script } from "../../model/script.ts";
import { lines, quote, raw, sh } from "../../script/script.ts";

/** What breaks a daemon or a host from inside, and what heals it. Both are safe to run twice. */
export interface Breakage {
  readonly hurt: Script;
  readonly heal: Script;
}

/** The ways that need no help from outside of the host. */
export type InnerWay = Exclude<Way, "off" | "moved" | "restarted" | "alerted" | "islanded">;

/** The table of nftables of a drill. */
export const table = "provision_drill";

/** Earlier than any firewall. Loopback stays, as it does when a cable is pulled. */
const chain = (hook: "input" | "output", what: string): string =>
  `add chain inet ${table} ${hook} { type filter hook ${hook} priority -400; }; add rule inet ${table} ${hook} ${hook === "input" ? "iifname" : "oifname"} != "lo" ${what}`;

const rules = (what: string): Script =>
  sh`nft ${`add table inet ${table}; ${chain("input", what)}; ${chain("output", what)}`}`;

/** Removes it. */
export const noRules = sh`nft delete table inet ${raw(table)} 2>/dev/null || :`;

/** How a unit or its host is broken. `unit` has the form of `unitName`; what is done to a host needs none. */
export function breakageOf(way: InnerWay, unit: string): Breakage {
  const start = sh`systemctl start ${unit}`;
  const signal = (name: string): Script => sh`systemctl kill -s ${name} ${unit}`;
  switch (way) {
    case "killed":
      return { hurt: signal("KILL"), heal: start };
    case "stopped":
      return { hurt: sh`systemctl stop ${unit}`, heal: start };
    case "frozen":
      return { hurt: signal("STOP"), heal: lines([sh`systemctl kill -s CONT ${unit} 2>/dev/null`, start]) };
    case "paused":
      return { hurt: lines([signal("STOP"), raw("sleep 1"), signal("CONT")]), heal: signal("CONT") };
    case "cut":
      return { hurt: rules("drop"), heal: noRules };
    case "lossy":
      return { hurt: rules("numgen random mod 50 < 1 drop"), heal: noRules };
    case "busy":
      return {
        hurt: raw("for _ in 1 2 3 4 5 6 7 8; do timeout 10 sh -c 'while :; do :; done' & done; wait"),
        heal: raw(":"),
      };
    default:
      return unreachable(way);
  }
}

const healing = "provision-drill-heal";
const hurting = "provision-drill";

/**
 * Hurts a host, which heals itself after some seconds even if nobody asks it to: the timer is set first. The work is done by
 * units of the host's own, because the connection may be what breaks.
 */
export function hurtFor(seconds: number, { hurt, heal }: Breakage): Script {
  return sh`systemctl stop ${healing}.timer ${hurting}.service 2>/dev/null
systemctl reset-failed ${healing}.service ${hurting}.service 2>/dev/null
systemd-run --quiet --collect --unit=${healing} --on-active=${seconds} --timer-property=AccuracySec=100ms /bin/sh -c ${heal.text} || exit
systemd-run --quiet --collect --unit=${hurting} /bin/sh -c ${`sleep 0.1; ${hurt.text}`}`;
}

/** Heals a host before its time. */
export function healNow({ heal }: Breakage): Script {
  return sh`systemctl stop ${healing}.timer 2>/dev/null
${raw(`( ${heal.text} )`)}`;
}

/** Whether a host can be broken in this way: what the scripts need that not every host has. Prints what is missing. */
export function missingPrograms(way: Way): Script {
  const needed = ["systemd-run", ...(way === "cut" || way === "lossy" ? ["nft"] : [])];
  return raw(needed.map((name) => `command -v ${quote(name)} >/dev/null || echo ${quote(name)}`).join("\n"));
}
