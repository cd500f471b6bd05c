import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { err, ok, type Result } from "../base/result.ts";
import type { LabDriver, LabFailure } from "./driver.ts";
import { nspawnLab } from "./nspawn/nspawn.ts";
import { stateFile } from "./nspawn/state.ts";
import { machinesFile } from "./vagrant/state.ts";
import { vagrantLab } from "./vagrant/vagrant.ts";

/** nspawn: containers on this machine. vagrant: virtual machines of Vagrant's provider. */
export type LabDriverName = "nspawn" | "vagrant";

/** Which lab. */
export interface LabOptions {
  /** Its folder. Default: `.provision/lab`. */
  readonly dir?: string;
  /** nspawn: its network bridge. */
  readonly bridge?: string;
  /** Default: the driver of the existing lab, else nspawn. */
  readonly driver?: LabDriverName;
  /** The folder of the Vagrantfile. Called only for the driver vagrant. */
  vagrantfile(): string;
}

/** The driver of a lab. Refuses another driver than that of the existing lab. */
export function openLab(options: LabOptions): Result<LabDriver, LabFailure> {
  const { driver: wanted } = options;
  const dir = resolve(options.dir ?? ".provision/lab");
  const existing = driverOf(dir);
  if (wanted !== undefined && existing !== undefined && wanted !== existing) {
    const message = `the lab in ${dir} uses the driver ${existing}, not ${wanted}`;
    return err({ input: true, message, hint: "provision lab down removes it" });
  }
  if ((wanted ?? existing) === "vagrant")
    return ok(vagrantLab({ dir, vagrantfile: resolve(options.vagrantfile()) }));
  return ok(nspawnLab({ dir, ...(options.bridge === undefined ? {} : { bridge: options.bridge }) }));
}

function driverOf(dir: string): LabDriverName | undefined {
  if (existsSync(machinesFile({ dir }))) return "vagrant";
  return existsSync(stateFile({ dir })) ? "nspawn" : undefined;
}
