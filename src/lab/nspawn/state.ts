import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import type { LabHost } from "../driver.ts";
import { knownHostsFile, type LabFolder, writeWhole } from "../files.ts";

/** Where one lab lives on this machine. */
export interface ContainerLab {
  /** Absolute. */
  readonly dir: string;
  /** The network bridge; at most 15 characters, the kernel's limit. One lab each. */
  readonly bridge: string;
}

const HostSchema = z.object({
  name: z.string(),
  address: z.string(),
  suite: z.string().optional(),
  packages: z.literal("minimal").optional(),
  /** The host's public key, as known_hosts writes it. */
  key: z.string(),
});

/** `lab.json`: what `up` was asked for, written before anything is begun. */
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

/** What a lab holds, in the order of the inventory. `subnet`: the name of its network, `10.77.0` or `fd77::`. */
export interface LabState {
  readonly subnet: string;
  readonly hosts: readonly KeyedHost[];
}

/** Where everything of one host is. */
export interface HostFolders {
  /** Removed as a whole with the host. */
  readonly dir: string;
  /** The mounted root; given to systemd-nspawn, whose command line it identifies. */
  readonly root: string;
  readonly upper: string;
  readonly work: string;
  readonly console: string;
}

/** Which lab; a relative folder is relative to the current one. */
export const containerLab = (dir = ".provision/lab", bridge = "pvlab0"): ContainerLab => ({
  dir: resolve(dir),
  bridge,
});

/** The folder of all hosts. */
export const hostsDir = (lab: ContainerLab): string => join(lab.dir, "hosts");

/** Where one host's files are. */
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

/** What tells that there is such a lab. */
export const stateFile = (lab: LabFolder): string => join(lab.dir, "lab.json");

/** What the last `up` was asked for; undefined if there is no lab, or its file cannot be read. */
export function readState(lab: ContainerLab): LabState | undefined {
  if (!existsSync(stateFile(lab))) return undefined;
  try {
    const state = StateSchema.parse(JSON.parse(readFileSync(stateFile(lab), "utf8")));
    return { subnet: state.subnet, hosts: state.hosts.map(present) };
  } catch {
    return undefined; // half a file, or of another version: what stands in the folder and in /proc is taken down
  }
}

/** Zod's optional fields hold `undefined`; ours are left out. */
function present(host: z.infer<typeof HostSchema>): KeyedHost {
  const { name, address, key, suite, packages } = host;
  return { name, address, key, ...(suite ? { suite } : {}), ...(packages ? { packages } : {}) };
}

/** Writes lab.json and known_hosts, each as a whole or not at all. */
export function writeState(lab: ContainerLab, state: LabState): void {
  mkdirSync(lab.dir, { recursive: true, mode: 0o700 });
  const json = JSON.stringify({ version: 1, bridge: lab.bridge, ...state }, null, 2);
  writeWhole(stateFile(lab), `${json}\n`);
  const known = state.hosts.map((host) => `${host.address},${host.name} ${host.key}\n`);
  writeWhole(knownHostsFile(lab), known.join(""));
}

/** Every host that left files, whether lab.json knows it or not. */
export function hostsOnDisk(lab: ContainerLab): readonly string[] {
  return existsSync(hostsDir(lab)) ? readdirSync(hostsDir(lab)).sort() : [];
}

/** Removes the lab's files, and its folder if nobody else put anything there. Nothing may be mounted there any more. */
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
