import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { LabHost } from "../driver.ts";
import { type LabFolder, writeWhole } from "../files.ts";

/** The folders of a lab of Vagrant. */
export interface VagrantFolders extends LabFolder {
  /** The folder of the Vagrantfile; absolute. */
  readonly vagrantfile: string;
}

/** The list of machines, which the Vagrantfile reads. It exists as long as the lab. */
export const machinesFile = (lab: LabFolder): string => join(lab.dir, "machines.json");

/** Vagrant's ssh config for the machines, from the last `up`. */
export const sshConfigFile = (lab: LabFolder): string => join(lab.dir, "ssh-config");

/** The folder of Vagrant's own state. */
export const dotFolder = (lab: LabFolder): string => join(lab.dir, "vagrant");

const MachineSchema = z.object({
  ansible_host: z.string(),
  lab: z.object({
    suite: z.string().optional(),
    packages: z.literal("minimal").optional(),
    memory: z.number().optional(),
    cpus: z.number().optional(),
    box: z.string().optional(),
  }),
});

/** The format of `provision inventory --list`, so that the Vagrantfile can read both. */
const ListSchema = z.object({ _meta: z.object({ hostvars: z.record(z.string(), MachineSchema) }) });

/** The machines of the last `up`, in the order of the inventory. Empty if there is no readable list. */
export function readMachines(lab: LabFolder): readonly LabHost[] {
  if (!existsSync(machinesFile(lab))) return [];
  try {
    const list = ListSchema.parse(JSON.parse(readFileSync(machinesFile(lab), "utf8")));
    return Object.entries(list._meta.hostvars).map(([name, { ansible_host: address, lab: fields }]) => ({
      name,
      address,
      ...withoutUndefined(fields),
    }));
  } catch {
    return []; // damaged, or from another version
  }
}

/** Zod's optional fields may be `undefined`. Ours are left out. */
function withoutUndefined(fields: z.infer<typeof MachineSchema>["lab"]): Omit<LabHost, "name" | "address"> {
  const { suite, packages, memory, cpus, box } = fields;
  return {
    ...(suite ? { suite } : {}),
    ...(packages ? { packages } : {}),
    ...(memory ? { memory } : {}),
    ...(cpus ? { cpus } : {}),
    ...(box ? { box } : {}),
  };
}

/** Writes the list of machines, before any machine is created. */
export function writeMachines(lab: LabFolder, hosts: readonly LabHost[]): void {
  const machine = ({ name, address, ...fields }: LabHost) => [name, { ansible_host: address, lab: fields }];
  const list = { _meta: { hostvars: Object.fromEntries(hosts.map(machine)) } };
  mkdirSync(lab.dir, { recursive: true, mode: 0o700 });
  writeWhole(machinesFile(lab), `${JSON.stringify(list, null, 2)}\n`);
}

/** Removes the lab's files, and its folder if it is empty then. */
export function removeMachines(lab: LabFolder): void {
  const parts = ["vagrant", "ssh-config", "known_hosts", "id_ed25519", "id_ed25519.pub", "machines.json"];
  for (const part of parts) rmSync(join(lab.dir, part), { recursive: true, force: true });
  if (existsSync(lab.dir) && readdirSync(lab.dir).length === 0) rmdirSync(lab.dir);
}
