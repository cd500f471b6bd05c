import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { err, ok, type Result } from "../../base/result.ts";
import type { LabDriver, LabFailure, LabHost, LabStatus, LabStep, LabWatch } from "../driver.ts";
import { keyFile, makeKey, writeWhole } from "../files.ts";
import { loginCommand, subnetOf } from "../hosts.ts";
import { firstFailure, narrator } from "../per-host.ts";
import { pinKeys } from "./keys.ts";
import { readRecords, statesIn, type VagrantRecord, wordsOf } from "./output.ts";
import { checkVagrant, vagrant } from "./run.ts";
import {
  machinesFile,
  readMachines,
  removeMachines,
  sshConfigFile,
  type VagrantFolders,
  writeMachines,
} from "./state.ts";

/** Which lab, and how its machines are described to Vagrant. */
export interface VagrantOptions {
  /** Where its keys and state are; `.provision/lab` of the current folder if left out. */
  readonly dir?: string;
  /** The folder of the Vagrantfile. */
  readonly vagrantfile: string;
}

/** A lab of virtual machines, made by Vagrant with whatever provider it has. */
export function vagrantLab(options: VagrantOptions): LabDriver {
  const lab = { dir: resolve(options.dir ?? ".provision/lab"), vagrantfile: resolve(options.vagrantfile) };
  return {
    up: (hosts, watch = {}) => bringUp(lab, hosts, watch),
    down: (watch = {}) => takeDown(lab, watch),
    status: () => statusOf(lab),
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
      message: "Vagrant makes hosts with IPv4 addresses only",
      hint: "use the embedded lab (--driver nspawn), or IPv4 addresses",
    });
  const fit = checkVagrant();
  if (!fit.ok) return fit;
  const old = readMachines(lab);
  const others = old.filter((one) => !hosts.some((host) => same(host, one)));
  const removed = await destroy(lab, others, watch);
  if (!removed.ok) return removed;
  writeMachines(lab, hosts);
  const key = await makeKey(keyFile(lab), "provision-lab");
  if (!key.ok) return key;
  const kept = old.length > others.length ? await running(lab) : ok(new Set<string>());
  if (!kept.ok) return kept;
  const made = await make(lab, hosts, kept.value, watch);
  return made.ok ? ok(hosts.map((host) => ({ ...host, state: "running" }))) : made;
}

const same = (a: LabHost, b: LabHost): boolean =>
  (["name", "address", "suite", "packages", "memory", "cpus", "box"] as const).every(
    (field) => a[field] === b[field],
  );

/** The machines that run before `up` has done anything. */
async function running(lab: VagrantFolders): Promise<Result<ReadonlySet<string>, LabFailure>> {
  const printed = await vagrant(lab, ["status"]);
  if (!printed.ok) return printed;
  const states = [...statesIn(readRecords(printed.value))];
  return ok(new Set(states.flatMap(([name, state]) => (state === "running" ? [name] : []))));
}

/** One `vagrant up` for all, one `vagrant ssh-config`, and one login each. */
async function make(
  lab: VagrantFolders,
  hosts: readonly LabHost[],
  kept: ReadonlySet<string>,
  watch: LabWatch,
): Promise<Result<void, LabFailure>> {
  const tell = tellers(hosts, watch);
  const { signal } = watch;
  const up = await vagrant(lab, ["up", "--no-install-provider"], {
    signal,
    onRecord: (record) => tellWords(tell, record),
    onWait: () => tellAll(tell, "booting", WAITING),
  });
  const config = up.ok ? await vagrant(lab, ["ssh-config"], { signal }) : up;
  if (!config.ok) {
    tellAll(tell, "failed", config.error.message);
    return config;
  }
  const openssh = config.value.split("\n").filter((line) => readRecords(line).length === 0);
  writeWhole(sshConfigFile(lab), `${openssh.join("\n")}\n`);
  const pinned = await pinKeys(lab, hosts);
  for (const [name, done] of pinned) {
    if (!done.ok) tell.get(name)?.("failed", done.error.message);
    else tell.get(name)?.(kept.has(name) ? "kept" : "ready");
  }
  return firstFailure([...pinned.values()]);
}

type Tell = (step: LabStep, detail?: string) => void;

const tellers = (hosts: readonly LabHost[], watch: LabWatch): ReadonlyMap<string, Tell> =>
  new Map(hosts.map(({ name }) => [name, narrator(watch, name)]));

const WAITING = "waiting for another vagrant that works on the same machines";

function tellAll(tell: ReadonlyMap<string, Tell>, step: LabStep, detail?: string): void {
  for (const one of tell.values()) one(step, detail);
}

function tellWords(tell: ReadonlyMap<string, Tell>, record: VagrantRecord): void {
  const words = wordsOf(record);
  if (words !== undefined) tell.get(record.target)?.("booting", words);
}

const BY_HAND = "`vagrant global-status` lists the machines, `vagrant destroy ID` removes one";

/** Also after an `up` that was killed: the `vagrant` it had begun is waited for, then all it made is destroyed. */
async function takeDown(lab: VagrantFolders, watch: LabWatch): Promise<Result<void, LabFailure>> {
  if (!existsSync(machinesFile(lab))) return ok(undefined);
  const fit = checkVagrant();
  if (!fit.ok) return fit;
  const hosts = readMachines(lab);
  if (hosts.length === 0) return err({ message: `${machinesFile(lab)} cannot be read`, hint: BY_HAND });
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
  const tell = tellers(hosts, watch);
  const destroyed = await vagrant(
    lab,
    ["destroy", "--force", "--parallel", ...hosts.map(({ name }) => name)],
    {
      signal: watch.signal,
      onWait: () => tellAll(tell, "removing", WAITING),
      onRecord: ({ target, type, data: [action, phase] }) => {
        if (type === "action" && action === "destroy" && phase === "start") tell.get(target)?.("removing");
      },
    },
  );
  if (destroyed.ok) tellAll(tell, "removed");
  else tellAll(tell, "failed", destroyed.error.message);
  return destroyed.ok ? ok(undefined) : destroyed;
}

async function statusOf(lab: VagrantFolders): Promise<Result<readonly LabStatus[], LabFailure>> {
  const hosts = readMachines(lab);
  if (hosts.length === 0) return ok([]);
  const fit = checkVagrant();
  if (!fit.ok) return fit;
  const printed = await vagrant(lab, ["status"]);
  if (!printed.ok) return err(printed.error);
  const states = statesIn(readRecords(printed.value));
  return ok(
    hosts.map((host) => {
      const state = states.get(host.name) ?? "unmade";
      return { ...host, state: state === "unmade" ? "stopped" : state };
    }),
  );
}
