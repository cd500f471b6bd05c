import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { LabHost } from "../driver.ts";
import { knownHostsFile, type LabFolder, writeWhole } from "../files.ts";

/** The folder and the bridge of a lab of containers. */
export interface ContainerLab extends LabFolder {
  /** The network bridge, which belongs to one lab. At most 15 characters, the limit of the kernel. */
  readonly bridge: string;
}

const HostSchema = z.object({
  name: z.string(),
  address: z.string(),
  suite: z.string().optional(),
  packages: z.literal("minimal").optional(),
  /** The host's public key in the form of known_hosts. */
  key: z.string(),
});

/** `lab.json`: the hosts of the last `up`, written before any host is created. */
const StateSchema = z.object({
  version: z.literal(1),
  bridge: z.string(),
  subnet: z.string(),
  hosts: z.array(HostSchema),
});

/** A host of the lab and its public key. */
export interface KeyedHost extends LabHost {
  readonly key: string;
}

/** The hosts of a lab, in the order of the inventory. `subnet`: the name of its network, `10.77.0` or `fd77::`. */
export interface LabState {
  readonly subnet: string;
  readonly hosts: readonly KeyedHost[];
}

/** The folders and files of one host. */
export interface HostFolders {
  /** Removed with the host. */
  readonly dir: string;
  /** The mounted root. It identifies the host in the command line of systemd-nspawn. */
  readonly root: string;
  readonly upper: string;
  readonly work: string;
  readonly console: string;
}

/** The lab in a folder. */
export const containerLab = (dir = ".provision/lab", bridge = "pvlab0"): ContainerLab => ({
  dir: resolve(dir),
  bridge,
});

/** The folder of all hosts. */
export const hostsDir = (lab: ContainerLab): string => join(lab.dir, "hosts");

export function hostFolders(lab: ContainerLab, name: string): HostFolders {
  const dir = join(hostsDir(lab), name);
  const inside = (part: string): string => join(dir, part);
  return {
    dir,
    root: inside("root"),
    upper: inside("upper"),
    work: inside("work"),
    console: inside("console.log"),
  };
}

/** The state of the lab. It exists as long as the lab. */
export const stateFile = (lab: LabFolder): string => join(lab.dir, "lab.json");

/** The hosts of the last `up`. Undefined if there is no readable lab.json. */
export function readState(lab: ContainerLab): LabState | undefined {
  if (!existsSync(stateFile(lab))) return undefined;
  try {
    const state = StateSchema.parse(JSON.parse(readFileSync(stateFile(lab), "utf8")));
    return { subnet: state.subnet, hosts: state.hosts.map(withoutUndefined) };
  } catch {
    return undefined; // damaged, or from another version: `down` finds the hosts by their folders and processes
  }
}

/** Zod's optional fields may be `undefined`. Ours are left out. */
function withoutUndefined(host: z.infer<typeof HostSchema>): KeyedHost {
  const { name, address, key, suite, packages } = host;
  return { name, address, key, ...(suite ? { suite } : {}), ...(packages ? { packages } : {}) };
}

/** Replaces lab.json and known_hosts, each in one step. */
export function writeState(lab: ContainerLab, state: LabState): void {
  mkdirSync(lab.dir, { recursive: true, mode: 0o700 });
  const json = JSON.stringify({ version: 1, bridge: lab.bridge, ...state }, null, 2);
  writeWhole(stateFile(lab), `${json}\n`);
  const known = state.hosts.map((host) => `${host.address},${host.name} ${host.key}\n`);
  writeWhole(knownHostsFile(lab), known.join(""));
}

/** All hosts with files, also if they are not in lab.json. */
export function hostsOnDisk(lab: ContainerLab): readonly string[] {
  return existsSync(hostsDir(lab)) ? readdirSync(hostsDir(lab)).sort() : [];
}

/** Removes the lab's files, and its folder if it is empty then. Nothing may be mounted in it. */
export function removeState(lab: ContainerLab): void {
  for (const part of [
    "hosts",
    "debs",
    "lab.json",
    "lab.json.new",
    "known_hosts",
    "known_hosts.new",
    "id_ed25519",
    "id_ed25519.pub",
  ])
    rmSync(join(lab.dir, part), { recursive: true, force: true });
  if (existsSync(lab.dir) && readdirSync(lab.dir).length === 0) rmdirSync(lab.dir);
}
