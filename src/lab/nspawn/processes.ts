import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ContainerLab, hostsDir } from "./state.ts";

/**
 * The processes of a running host. They are found each time by the folder in the command line of systemd-nspawn. A stored
 * process id could belong to another process later, and a killed run stores none.
 */
export interface HostProcesses {
  readonly host: string;
  /** systemd-nspawn, or the shell that becomes it. */
  readonly pid: number;
  /** The host's init. Undefined just after the start. */
  readonly init: number | undefined;
}

const readOr = (file: string, otherwise: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return otherwise; // the process or cgroup no longer exists
  }
};

const allPids = (): number[] =>
  readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));

/** The running hosts of this lab, by name. */
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

/** Whether a process is the first one of its own PID namespace and a child of `parent`. */
function isInitOf(pid: number, parent: number): boolean {
  const status = readOr(`/proc/${pid}/status`, "");
  return new RegExp(`^PPid:\\t${parent}$`, "m").test(status) && /^NSpid:\t\d+\t(\d+\t)*1$/m.test(status);
}

/** The mount points of the unified cgroup hierarchy, and of systemd's own if both are in use. */
function cgroupTrees(): string[] {
  const lines = readOr("/proc/self/mountinfo", "").split("\n");
  return lines.flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const ours = after.startsWith("cgroup2 ") || /^cgroup .*\bname=systemd\b/.test(after);
    const point = before.split(" ")[4];
    return ours && point ? [point] : [];
  });
}

/** The folders of a host's cgroup, one for each hierarchy. Without a name: the lab's cgroup. */
export function cgroupsOf(lab: ContainerLab, host = ""): string[] {
  return cgroupTrees().map((tree) => join(tree, "provision-lab", lab.bridge, host));
}

/** A cgroup folder and all folders below it, deepest first. */
function below(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...inside.flatMap((entry) => below(join(folder, entry.name))), folder];
}

/** All processes in a host's cgroups, with systemd-nspawn. */
function pidsOf(lab: ContainerLab, host: string): number[] {
  const files = cgroupsOf(lab, host).flatMap(below);
  return files.flatMap((folder) => readOr(join(folder, "cgroup.procs"), "").split("\n").flatMap(parsePid));
}

const parsePid = (text: string): number[] => (Number(text) > 0 ? [Number(text)] : []);

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has already ended.
  }
}

/** Kills all processes of a host and waits until they have ended. False if some still run after 10 s. */
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

/** Removes the empty cgroups of a host. Without a name: of the lab, and `provision-lab` itself if no other lab exists. */
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
    // It contains hosts of another lab, or no longer exists.
  }
}

/** Whether a host is frozen. Without the unified cgroup hierarchy: always false. */
export function isFrozen(lab: ContainerLab, host: string): boolean {
  return cgroupsOf(lab, host).some((folder) => readOr(join(folder, "cgroup.freeze"), "0").trim() === "1");
}
