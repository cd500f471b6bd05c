import type { Topology } from "../model/topology.ts";
import type { RoleTopology } from "../run/observe/desired.ts";
import { raw } from "../script/script.ts";
import type { Hosts } from "./hosts.ts";

/** An alert that monitoring has sent. */
export interface Alert {
  /** Seconds since 1970. */
  readonly at: number;
  /** `web1 http CRITICAL mon1`: about what, and who sent it. */
  readonly words: string;
}

/** Seconds within which two servers may note the same alert. */
const NOTED = 120;

/** All alerts that monitoring has sent, the oldest first. */
export async function alertsNow(hosts: Hosts, { topology, roles }: RoleTopology): Promise<readonly Alert[]> {
  const asked = membersOf(topology).flatMap(({ host, role }) => {
    const script = roles.get(role)?.drilling?.alerts;
    return script === undefined ? [] : [hosts.ask(host, raw(script), 15)];
  });
  const said = await Promise.all(asked);
  return once(said.flatMap((one) => (one.ok ? one.value.split("\n").flatMap(alertIn) : [])));
}

const membersOf = ({ hosts }: Topology) =>
  hosts.flatMap(({ host, members }) => members.map(({ role }) => ({ host: host.name, role })));

function alertIn(line: string): readonly Alert[] {
  const [, at, words] = /^(\d{1,12}) (\S.*)$/.exec(line) ?? [];
  return at === undefined || words === undefined ? [] : [{ at: Number(at), words }];
}

/** Each alert once: servers also note what others have sent. */
export function once(alerts: readonly Alert[]): readonly Alert[] {
  const last = new Map<string, number>();
  return alerts
    .toSorted((a, b) => a.at - b.at)
    .filter(({ at, words }) => {
      const before = last.get(words);
      last.set(words, at);
      return before === undefined || at - before > NOTED;
    });
}

/** The alerts that came after others. */
export function alertsSince(before: readonly Alert[], now: readonly Alert[]): readonly Alert[] {
  const newest = before.at(-1)?.at ?? 0;
  const known = new Set(before.map(({ at, words }) => `${at} ${words}`));
  return now.filter(({ at, words }) => at >= newest && !known.has(`${at} ${words}`));
}

/** Whether an alert tells that a service on a host is not well. */
export function tellsOf({ words }: Alert, host = "", service = ""): boolean {
  return words.startsWith(`${host} ${service} `) && !words.startsWith(`${host} ${service} OK`);
}
