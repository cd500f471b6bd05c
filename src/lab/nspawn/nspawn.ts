import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "../../base/result.ts";
import type { BreakableLab, LabFailure, LabHost, LabStatus, LabWatch } from "../driver.ts";
import { findHost, loginCommand } from "../hosts.ts";
import { mustRun } from "../local.ts";
import { checkMachine } from "../requirements.ts";
import { atMost, firstFailure } from "../work.ts";
import { boot, inside } from "./boot.ts";
import { removeHost } from "./down.ts";
import { isFrozen, killHost, leaders, removeCgroups, setFrozen } from "./leader.ts";
import { alone } from "./lock.ts";
import { networkDown } from "./network.ts";
import { relayDown } from "./relay.ts";
import { unmount } from "./root.ts";
import { hostsOnDisk, type LabPlace, labPlace, readState, removeState } from "./state.ts";
import { bringUp } from "./up.ts";

/** Which lab of this machine. */
export interface NspawnOptions {
  /** Where its hosts, keys and state are; `.provision/lab` of the current folder if left out. */
  readonly dir?: string;
  /** Its network bridge, at most 15 characters; `pvlab0` if left out. Labs on other bridges and subnets do not meet. */
  readonly bridge?: string;
}

/** Seconds a host may take to shut down cleanly. systemd gives a unit 90 of its own. */
const POWER_OFF_SECONDS = 100;

/** Removals at once: each waits for the kernel more than it works. */
const REMOVALS = 8;

/** A lab of containers on this machine: real systemd, sshd and apt, an own network each. */
export function nspawnLab(options: NspawnOptions = {}): BreakableLab {
  const lab = labPlace(options.dir ?? ".provision/lab", options.bridge ?? "pvlab0");
  return {
    up: (hosts, watch = {}) => onThisMachine(() => up(lab, hosts, watch)),
    down: (watch = {}) => onThisMachine(() => alone(lab, () => takeDown(lab, watch))),
    status: async () => ok(statusOf(lab)),
    sshCommand: (name) => loginCommand(lab, hostsOf(lab), name),
    powerOff: (name) => powerOff(lab, name),
    kill: async (name) => withHost(lab, name, () => crash(lab, name)),
    start: (name) => withHost(lab, name, (host) => start(lab, host)),
    exec: (name, command, seconds) => inside(lab, name, command, seconds),
    freeze: async (name) => withHost(lab, name, async () => freeze(lab, name, true)),
    thaw: async (name) => withHost(lab, name, async () => freeze(lab, name, false)),
    linkDown: (name) => setLink(lab, name, "down"),
    linkUp: (name) => setLink(lab, name, "up"),
  };
}

/** Does something only where the lab can run at all. */
async function onThisMachine<T>(work: () => Promise<Result<T, LabFailure>>): Promise<Result<T, LabFailure>> {
  const fit = checkMachine();
  return fit.ok ? work() : fit;
}

async function up(
  lab: LabPlace,
  hosts: readonly LabHost[],
  watch: LabWatch,
): Promise<Result<readonly LabStatus[], LabFailure>> {
  const done = await alone(lab, () => bringUp(lab, hosts, watch));
  return done.ok ? ok(statusOf(lab)) : done;
}

/** Also what lab.json does not know of: hosts found by their folders and processes. */
async function takeDown(lab: LabPlace, watch: LabWatch): Promise<Result<void, LabFailure>> {
  const known = readState(lab)?.hosts ?? [];
  const names = new Set([...known.map((host) => host.name), ...hostsOnDisk(lab), ...leaders(lab).keys()]);
  const removed = await atMost(REMOVALS, [...names], async (name) => {
    const begun = performance.now();
    watch.onEvent?.({ host: name, step: "removing", ms: 0 });
    const done = await removeHost(lab, known.find((host) => host.name === name) ?? { name });
    const ms = Math.round(performance.now() - begun);
    watch.onEvent?.({
      host: name,
      ms,
      ...(done.ok ? { step: "removed" } : { step: "failed", detail: done.error.message }),
    });
    return done;
  });
  const hostsGone = firstFailure(removed);
  if (!hostsGone.ok) return hostsGone;
  const unmounted = await unmount(lab);
  if (!unmounted.ok) return unmounted;
  relayDown(lab);
  removeCgroups(lab);
  removeState(lab);
  return networkDown(lab.bridge);
}

const hostsOf = (lab: LabPlace): readonly LabHost[] => readState(lab)?.hosts ?? [];

function statusOf(lab: LabPlace): readonly LabStatus[] {
  const running = leaders(lab);
  return (readState(lab)?.hosts ?? []).map(({ key: _, ...host }) => {
    const init = running.get(host.name)?.init;
    if (init === undefined) return { ...host, state: "stopped" };
    return { ...host, state: isFrozen(lab, host.name) ? "frozen" : "running", pid: init };
  });
}

async function withHost(
  lab: LabPlace,
  name: string,
  work: (host: LabHost) => Promise<Result<void, LabFailure>>,
): Promise<Result<void, LabFailure>> {
  const host = findHost(hostsOf(lab), name);
  return host.ok ? work(host.value) : host;
}

async function powerOff(lab: LabPlace, name: string): Promise<Result<void, LabFailure>> {
  const asked = await inside(lab, name, "systemctl poweroff --no-wall");
  if (!asked.ok) return asked;
  const end = Date.now() + POWER_OFF_SECONDS * 1000;
  while (leaders(lab).has(name)) {
    if (Date.now() > end) return err({ message: `${name} is not off after ${POWER_OFF_SECONDS} s` });
    await sleep(50);
  }
  return ok(undefined);
}

async function crash(lab: LabPlace, name: string): Promise<Result<void, LabFailure>> {
  return (await killHost(lab, name)) ? ok(undefined) : err({ message: `${name} cannot be killed` });
}

async function start(lab: LabPlace, host: LabHost): Promise<Result<void, LabFailure>> {
  if (leaders(lab).has(host.name)) return err({ message: `${host.name} is running already` });
  removeCgroups(lab, host.name);
  return boot(lab, host);
}

function freeze(lab: LabPlace, name: string, frozen: boolean): Result<void, LabFailure> {
  const hint = "it needs the unified cgroup hierarchy";
  return setFrozen(lab, name, frozen)
    ? ok(undefined)
    : err({ message: `${name} cannot be frozen here`, hint });
}

/** In the host's own network namespace, with this machine's `ip`: the host may have none. */
async function setLink(lab: LabPlace, name: string, state: "up" | "down"): Promise<Result<void, LabFailure>> {
  const init = leaders(lab).get(name)?.init;
  if (init === undefined || !existsSync(`/proc/${init}`)) return err({ message: `${name} is not running` });
  const set = await mustRun("nsenter", [
    "--target",
    String(init),
    "--net",
    "ip",
    "link",
    "set",
    "host0",
    state,
  ]);
  return set.ok ? ok(undefined) : set;
}
