import { eachOf } from "../../base/concurrency.ts";
import { ok, type Result } from "../../base/result.ts";
import type { LabDriver, LabFailure, LabHost, LabStatus, LabWatch } from "../driver.ts";
import { loginCommand } from "../hosts.ts";
import { joinFailures } from "../per-host.ts";
import { checkMachine } from "../requirements.ts";
import { removeHost } from "./down.ts";
import { withLabLock } from "./lock.ts";
import { networkDown } from "./network.ts";
import { powerOff, powerOn } from "./power.ts";
import { isFrozen, removeCgroups, runningHosts } from "./processes.ts";
import { relayDown } from "./relay.ts";
import { unmount } from "./root.ts";
import { type ContainerLab, containerLab, hostsOnDisk, readState, removeState } from "./state.ts";
import { bringUp } from "./up.ts";

/** The folder and the bridge of a lab. */
export interface NspawnOptions {
  /** The folder of its hosts, keys and state. Default: `.provision/lab`. */
  readonly dir?: string;
  /** Its network bridge, at most 15 characters. Default: `pvlab0`. Labs with different bridges and subnets are independent. */
  readonly bridge?: string;
}

/** Hosts that are removed at the same time. A removal mostly waits for the kernel. */
const REMOVALS = 8;

/** A lab of containers on this machine. Each has systemd, sshd, apt and its own network. */
export function nspawnLab(options: NspawnOptions = {}): LabDriver {
  const lab = containerLab(options.dir, options.bridge);
  return {
    up: (hosts, watch = {}) => onThisMachine(() => up(lab, hosts, watch)),
    down: (watch = {}) => onThisMachine(() => withLabLock(lab, () => takeDown(lab, watch))),
    status: async () => ok(statusOf(lab)),
    powerOff: (name) => onThisMachine(() => powerOff(lab, name)),
    powerOn: (name) => onThisMachine(() => powerOn(lab, name)),
    sshCommand: (name) => loginCommand(lab, hostsOf(lab), name),
  };
}

/** Runs `work` if the lab can run on this machine. */
async function onThisMachine<T>(work: () => Promise<Result<T, LabFailure>>): Promise<Result<T, LabFailure>> {
  const checked = checkMachine();
  return checked.ok ? work() : checked;
}

async function up(
  lab: ContainerLab,
  hosts: readonly LabHost[],
  watch: LabWatch,
): Promise<Result<readonly LabStatus[], LabFailure>> {
  const done = await withLabLock(lab, () => bringUp(lab, hosts, watch));
  return done.ok ? ok(statusOf(lab)) : done;
}

/** Removes the lab, including hosts that are not in lab.json but have folders or processes. */
async function takeDown(lab: ContainerLab, watch: LabWatch): Promise<Result<void, LabFailure>> {
  const known = readState(lab)?.hosts ?? [];
  const names = new Set([
    ...known.map((host) => host.name),
    ...hostsOnDisk(lab),
    ...runningHosts(lab).keys(),
  ]);
  const removed = await eachOf([...names], REMOVALS, async (name) => {
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
  const hostsGone = joinFailures(removed);
  if (!hostsGone.ok) return hostsGone;
  const unmounted = await unmount(lab);
  if (!unmounted.ok) return unmounted;
  relayDown(lab);
  removeCgroups(lab);
  removeState(lab);
  return networkDown(lab.bridge);
}

const hostsOf = (lab: ContainerLab): readonly LabHost[] => readState(lab)?.hosts ?? [];

function statusOf(lab: ContainerLab): readonly LabStatus[] {
  const running = runningHosts(lab);
  return (readState(lab)?.hosts ?? []).map(({ key: _, ...host }) => {
    const init = running.get(host.name)?.init;
    if (init === undefined) return { ...host, state: "stopped" };
    return { ...host, state: isFrozen(lab, host.name) ? "frozen" : "running", pid: init };
  });
}
