import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ContainerLab, hostsDir } from "./state.ts";

/**
 * The processes of a running host. Found by the folder in systemd-nspawn's command line (and that of the shell that becomes it), each time anew: a process id
 * written down may belong to somebody else later, and a run that was killed writes nothing down.
 */
export interface HostProcesses {
  readonly host: string;
  /** systemd-nspawn itself. */
  readonly pid: number;
  /** The host's init; undefined in the first moments. */
  readonly init: number | undefined;
}

const readOr = (file: string, otherwise: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return otherwise; // the process or cgroup is gone: that is what the caller asks
  }
};

const allPids = (): number[] =>
  readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));

/** Every host of this lab that runs, by name. */
export function runningHosts(lab: ContainerLab): ReadonlyMap<string, HostProcesses> {
  const found = new Map<string, HostProcesses>();
  const pids = allPids();
  for (const pid of pids) {
    const args = readOr(`/proc/${pid}/cmdline`, "").split("\0");
    const root = args.find((arg) => arg.startsWith("--directory="))?.slice("--directory=".length) ?? "";
    if (basename(root) !== "root" || dirname(dirname(root)) !== hostsDir(lab)) continue;
    const host = basename(dirname(root));
    const init = pids.find((child) => isInitOf(child, pid));
    if (init !== undefined || !found.has(host)) found.set(host, { host, pid, init });
  }
  return found;
}

/** The first process of its own process namespace, and a child of `parent`. */
function isInitOf(pid: number, parent: number): boolean {
  const status = readOr(`/proc/${pid}/status`, "");
  return new RegExp(`^PPid:\\t${parent}$`, "m").test(status) && /^NSpid:\t\d+\t(\d+\t)*1$/m.test(status);
}

/** Mount points of the cgroup trees that matter: the unified one, and systemd's own where both are in use. */
function cgroupTrees(): string[] {
  const lines = readOr("/proc/self/mountinfo", "").split("\n");
  return lines.flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const ours = after.startsWith("cgroup2 ") || /^cgroup .*\bname=systemd\b/.test(after);
    const point = before.split(" ")[4];
    return ours && point ? [point] : [];
  });
}

/** Folders of a host's own cgroup, one per tree; of the whole lab's without a name. */
export function cgroupsOf(lab: ContainerLab, host = ""): string[] {
  return cgroupTrees().map((tree) => join(tree, "provision-lab", lab.bridge, host));
}

/** Every cgroup folder in and below one, deepest first. */
function below(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...inside.flatMap((entry) => below(join(folder, entry.name))), folder];
}

/** Every process in a host's cgroups, systemd-nspawn included. */
function pidsOf(lab: ContainerLab, host: string): number[] {
  const files = cgroupsOf(lab, host).flatMap(below);
  return files.flatMap((folder) => readOr(join(folder, "cgroup.procs"), "").split("\n").flatMap(parsePid));
}

const parsePid = (text: string): number[] => (Number(text) > 0 ? [Number(text)] : []);

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // already gone
  }
}

/** Kills every process of a host at once and waits until they are gone; false if some are not after ten seconds. */
export async function killHost(lab: ContainerLab, host: string): Promise<boolean> {
  const end = Date.now() + 10_000;
  for (;;) {
    const found = runningHosts(lab).get(host);
    const alive = [...(found ? [found.pid] : []), ...pidsOf(lab, host)];
    if (alive.length === 0) return true;
    if (Date.now() > end) return false;
    alive.forEach(killProcess);
    await sleep(20);
  }
}

/** Removes the empty cgroups of a host, or of the whole lab without a name; then `provision-lab` itself if no lab is left. */
export function removeCgroups(lab: ContainerLab, host = ""): void {
  for (const folder of cgroupsOf(lab, host)) {
    const upwards = host === "" ? [dirname(folder)] : [];
    for (const empty of [...below(folder), ...upwards]) removeEmpty(empty);
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // another lab's host is in it, or it is gone
  }
}

/** Whether a host was stopped where it is: never, on a machine without the unified cgroup tree. */
export function isFrozen(lab: ContainerLab, host: string): boolean {
  return cgroupsOf(lab, host).some((folder) => readOr(join(folder, "cgroup.freeze"), "0").trim() === "1");
}
