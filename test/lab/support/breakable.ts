import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "../../../src/base/result.ts";
import type { LabDriver, LabFailure, LabHost, LabOutput } from "../../../src/lab/driver.ts";
import { findHost } from "../../../src/lab/hosts.ts";
import { runInside } from "../../../src/lab/nspawn/boot.ts";
import { nspawnLab } from "../../../src/lab/nspawn/nspawn.ts";
import { cgroupsOf, runningHosts } from "../../../src/lab/nspawn/processes.ts";
import { type ContainerLab, containerLab, readState } from "../../../src/lab/nspawn/state.ts";
import { mustRun } from "../../../src/lab/programs.ts";

type Done = Promise<Result<void, LabFailure>>;

/** A lab whose hosts can be crashed, frozen and disconnected. */
export interface BreakableLab extends LabDriver {
  /** Shuts the host down cleanly, and waits until it is off. Keeps its files. */
  shutDown(name: string): Done;
  /** Runs a shell command as root inside the host, without its network and sshd. */
  exec(name: string, command: string, seconds?: number): Promise<Result<LabOutput, LabFailure>>;
  /** Freezes all processes of the host. */
  freeze(name: string): Done;
  thaw(name: string): Done;
  /** Takes the host's network interface down, like a pulled cable. */
  linkDown(name: string): Done;
  linkUp(name: string): Done;
}

/** The time limit of a clean shutdown. systemd gives each unit 90 s. */
const POWER_OFF_SECONDS = 100;

/** The lab of containers, with functions that break its hosts. */
export function breakableLab(options: { readonly dir: string; readonly bridge?: string }): BreakableLab {
  const driver = nspawnLab(options);
  const lab = containerLab(options.dir, options.bridge);
  return {
    ...driver,
    shutDown: (name) => shutDown(lab, name),
    exec: (name, command, seconds) => runInside(lab, name, command, seconds),
    freeze: (name) => withHost(lab, name, async () => setFrozen(lab, name, "1")),
    thaw: (name) => withHost(lab, name, async () => setFrozen(lab, name, "0")),
    linkDown: (name) => setLink(lab, name, "down"),
    linkUp: (name) => setLink(lab, name, "up"),
  };
}

async function withHost(lab: ContainerLab, name: string, work: (host: LabHost) => Done): Done {
  const host = findHost(readState(lab)?.hosts ?? [], name);
  return host.ok ? work(host.value) : host;
}

async function shutDown(lab: ContainerLab, name: string): Done {
  const done = await runInside(lab, name, "systemctl poweroff --no-wall");
  if (!done.ok) return done;
  const end = Date.now() + POWER_OFF_SECONDS * 1000;
  while (runningHosts(lab).has(name)) {
    if (Date.now() > end) return err({ message: `${name} is not off after ${POWER_OFF_SECONDS} s` });
    await sleep(50);
  }
  return ok(undefined);
}

function setFrozen(lab: ContainerLab, name: string, frozen: "0" | "1"): Result<void, LabFailure> {
  const freezer = cgroupsOf(lab, name)
    .map((folder) => join(folder, "cgroup.freeze"))
    .find((file) => existsSync(file));
  if (freezer === undefined)
    return err({ message: `${name} cannot be frozen here`, hint: "it needs the unified cgroup hierarchy" });
  writeFileSync(freezer, frozen);
  return ok(undefined);
}

/** Uses this machine's `ip` in the host's network namespace, because the host may have no `ip`. */
async function setLink(lab: ContainerLab, name: string, state: "up" | "down"): Done {
  const init = runningHosts(lab).get(name)?.init;
  if (init === undefined) return err({ message: `${name} is not running` });
  const ip = ["ip", "link", "set", "host0", state];
  const set = await mustRun("nsenter", ["--target", String(init), "--net", ...ip]);
  return set.ok ? ok(undefined) : set;
}
