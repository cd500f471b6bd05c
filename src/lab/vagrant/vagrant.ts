import { existsSync } from "node:fs";
import { err, ok, type Result } from "../../base/result.ts";
import type { LabDriver, LabFailure, LabHost, LabStatus, LabStep, LabWatch } from "../driver.ts";
import { keyFile, makeKey, writeWhole } from "../files.ts";
import { findHost, loginCommand, subnetOf } from "../hosts.ts";
import { eventEmitter, joinFailures } from "../per-host.ts";
import { pinKeys } from "./keys.ts";
import { messageOf, readRecords, statesIn, type VagrantRecord } from "./output.ts";
import { checkVagrant, vagrant } from "./run.ts";
import {
  machinesFile,
  readMachines,
  removeMachines,
  sshConfigFile,
  type VagrantFolders,
  writeMachines,
} from "./state.ts";

/** A lab of virtual machines, created by Vagrant with any provider. */
export function vagrantLab(lab: VagrantFolders): LabDriver {
  return {
    up: (hosts, watch = {}) => bringUp(lab, hosts, watch),
    down: (watch = {}) => takeDown(lab, watch),
    status: () => statusOf(lab),
    powerOff: (name) => onMachine(lab, name, ["halt", "--force"]),
    powerOn: (name) => onMachine(lab, name, ["up", "--no-provision"]),
    sshCommand: (name) => loginCommand(lab, readMachines(lab), name),
  };
}

async function bringUp(
  lab: VagrantFolders,
  hosts: readonly LabHost[],
  watch: LabWatch,
): Promise<Result<readonly LabStatus[], LabFailure>> {
  const subnet = subnetOf(hosts);
  if (!subnet.ok) return subnet;
  if (subnet.value.includes(":"))
    return err({
      input: true,
      message: "a lab of Vagrant supports only IPv4 addresses",
      hint: "use the embedded lab (--driver nspawn), or IPv4 addresses",
    });
  const checked = checkVagrant();
  if (!checked.ok) return checked;
  const old = readMachines(lab);
  const others = old.filter((one) => !hosts.some((host) => isSame(host, one)));
  const removed = await destroy(lab, others, watch);
  if (!removed.ok) return removed;
  writeMachines(lab, hosts);
  const key = await makeKey(keyFile(lab), "provision-lab");
  if (!key.ok) return key;
  const kept = old.length > others.length ? await runningMachines(lab) : ok(new Set<string>());
  if (!kept.ok) return kept;
  const made = await createMachines(lab, hosts, kept.value, watch);
  return made.ok ? ok(hosts.map((host) => ({ ...host, state: "running" }))) : made;
}

const isSame = (a: LabHost, b: LabHost): boolean =>
  (["name", "address", "suite", "packages", "memory", "cpus", "box"] as const).every(
    (field) => a[field] === b[field],
  );

/** The machines that run before `up` changes anything. */
async function runningMachines(lab: VagrantFolders): Promise<Result<ReadonlySet<string>, LabFailure>> {
  const printed = await vagrant(lab, ["status"]);
  if (!printed.ok) return printed;
  const states = [...statesIn(readRecords(printed.value))];
  return ok(new Set(states.flatMap(([name, state]) => (state === "running" ? [name] : []))));
}

/** One `vagrant up` and one `vagrant ssh-config` for all machines, then the logins. */
async function createMachines(
  lab: VagrantFolders,
  hosts: readonly LabHost[],
  kept: ReadonlySet<string>,
  watch: LabWatch,
): Promise<Result<void, LabFailure>> {
  const emitters = createEmitters(hosts, watch);
  const { signal } = watch;
  const up = await vagrant(lab, ["up", "--no-install-provider"], {
    signal,
    onRecord: (record) => emitMessage(emitters, record),
    onWait: () => emitAll(emitters, "booting", WAITING),
  });
  const config = up.ok ? await vagrant(lab, ["ssh-config"], { signal }) : up;
  if (!config.ok) {
    emitAll(emitters, "failed", config.error.message);
    return config;
  }
  const openssh = config.value.split("\n").filter((line) => readRecords(line).length === 0);
  writeWhole(sshConfigFile(lab), `${openssh.join("\n")}\n`);
  const pinned = await pinKeys(lab, hosts);
  for (const [name, done] of pinned) {
    if (!done.ok) emitters.get(name)?.("failed", done.error.message);
    else emitters.get(name)?.(kept.has(name) ? "kept" : "ready");
  }
  return joinFailures([...pinned.values()]);
}

type Emit = (step: LabStep, detail?: string) => void;

const createEmitters = (hosts: readonly LabHost[], watch: LabWatch): ReadonlyMap<string, Emit> =>
  new Map(hosts.map(({ name }) => [name, eventEmitter(watch, name)]));

const WAITING = "waiting for another vagrant on the same machines";

function emitAll(emitters: ReadonlyMap<string, Emit>, step: LabStep, detail?: string): void {
  for (const one of emitters.values()) one(step, detail);
}

function emitMessage(emitters: ReadonlyMap<string, Emit>, record: VagrantRecord): void {
  const message = messageOf(record);
  if (message !== undefined) emitters.get(record.target)?.("booting", message);
}

async function onMachine(
  lab: VagrantFolders,
  name: string,
  command: readonly string[],
): Promise<Result<void, LabFailure>> {
  const host = findHost(readMachines(lab), name);
  if (!host.ok) return host;
  const done = await vagrant(lab, [...command, name]);
  return done.ok ? ok(undefined) : done;
}

const BY_HAND = "`vagrant global-status` lists the machines, `vagrant destroy ID` removes one";

/** After an `up` that was killed, waits for its `vagrant`, then destroys all machines. */
async function takeDown(lab: VagrantFolders, watch: LabWatch): Promise<Result<void, LabFailure>> {
  if (!existsSync(machinesFile(lab))) return ok(undefined);
  const checked = checkVagrant();
  if (!checked.ok) return checked;
  const hosts = readMachines(lab);
  if (hosts.length === 0) return err({ message: `could not read ${machinesFile(lab)}`, hint: BY_HAND });
  const destroyed = await destroy(lab, hosts, watch);
  if (destroyed.ok) removeMachines(lab);
  return destroyed;
}

async function destroy(
  lab: VagrantFolders,
  hosts: readonly LabHost[],
  watch: LabWatch,
): Promise<Result<void, LabFailure>> {
  if (hosts.length === 0) return ok(undefined);
  const emitters = createEmitters(hosts, watch);
  const destroyed = await vagrant(
    lab,
    ["destroy", "--force", "--parallel", ...hosts.map(({ name }) => name)],
    {
      signal: watch.signal,
      onWait: () => emitAll(emitters, "removing", WAITING),
      onRecord: ({ target, type, data: [action, phase] }) => {
        if (type === "action" && action === "destroy" && phase === "start")
          emitters.get(target)?.("removing");
      },
    },
  );
  if (destroyed.ok) emitAll(emitters, "removed");
  else emitAll(emitters, "failed", destroyed.error.message);
  return destroyed.ok ? ok(undefined) : destroyed;
}

async function statusOf(lab: VagrantFolders): Promise<Result<readonly LabStatus[], LabFailure>> {
  const hosts = readMachines(lab);
  if (hosts.length === 0) return ok([]);
  const checked = checkVagrant();
  if (!checked.ok) return checked;
  const printed = await vagrant(lab, ["status"]);
  if (!printed.ok) return err(printed.error);
  const states = statesIn(readRecords(printed.value));
  return ok(
    hosts.map((host) => {
      const state = states.get(host.name) ?? "missing";
      return { ...host, state: state === "missing" ? "stopped" : state };
    }),
  );
}
