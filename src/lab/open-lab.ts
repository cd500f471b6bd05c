import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { err, ok, type Result } from "../base/result.ts";
import type { LabDriver, LabFailure } from "./driver.ts";
import { nspawnLab } from "./nspawn/nspawn.ts";
import { stateFile } from "./nspawn/state.ts";
import { machinesFile } from "./vagrant/state.ts";
import { vagrantLab } from "./vagrant/vagrant.ts";

/** Who makes the hosts: containers on this machine, or whatever provider Vagrant has. */
export type LabDriverName = "nspawn" | "vagrant";

/** Which lab. */
export interface LabOptions {
  /** Its folder; `.provision/lab` of the current one. */
  readonly dir?: string;
  /** nspawn: its network bridge. */
  readonly bridge?: string;
  /** Left out: the driver that the lab was made with, else nspawn. */
  readonly driver?: LabDriverName;
  /** vagrant: the folder of the Vagrantfile. Asked for only where Vagrant makes the hosts. */
  vagrantfile(): string;
}

/** The driver of a lab. Its files tell which one made it; another one is refused while they are there. */
export function openLab(options: LabOptions): Result<LabDriver, LabFailure> {
  const { driver: asked } = options;
  const dir = resolve(options.dir ?? ".provision/lab");
  const made = driverOf(dir);
  if (asked !== undefined && made !== undefined && asked !== made) {
    const message = `the lab in ${dir} was made with the driver ${made}, not ${asked}`;
    return err({ input: true, message, hint: "provision lab down removes it" });
  }
  if ((asked ?? made) === "vagrant") return ok(vagrantLab({ dir, vagrantfile: options.vagrantfile() }));
  return ok(nspawnLab({ dir, ...(options.bridge === undefined ? {} : { bridge: options.bridge }) }));
}

function driverOf(dir: string): LabDriverName | undefined {
  if (existsSync(machinesFile({ dir }))) return "vagrant";
  return existsSync(stateFile({ dir })) ? "nspawn" : undefined;
}
