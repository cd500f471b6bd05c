import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { breakableLab } from "../lab/support/breakable.ts";
import { start } from "../lab/support/command.ts";
import { bridges, must } from "../lab/support/lab.ts";

/*
 * Hosts whose power can be cut: /var/lib of each, with the data of all daemons, is an ext4 of its own on a loop device. It is not
 * volatile: an fsync inside flushes the journal, and the loop device then calls fsync for its file. A cut freezes all processes of a
 * host, then tells the file system to go down without writing anything more (EXT4_IOC_SHUTDOWN, NOLOGFLUSH, as xfstests does
 * for its power failures), then kills the processes: what was not flushed is lost with the kernel's memory of this file system.
 * At the next start ext4 replays its journal. The kernel, /etc and /usr are those of the lab, and survive.
 */

export const scratch = mkdtempSync(join(tmpdir(), "provision-power-"));
const labFolder = join(scratch, "lab");
export const lab = breakableLab({ dir: labFolder, bridge: bridges.power });

/** Gigabytes of a host's /var/lib; its file holds what is used only. */
const DISK = 2;

const addresses = new Map([
  ["db1", "10.86.0.41"],
  ["db2", "10.86.0.42"],
  ["db3", "10.86.0.43"],
]);
export const names: readonly string[] = [...addresses.keys()];
export const addressOf = (name: string): string => addresses.get(name) ?? name;

/** How an inventory logs in to them. */
export const LOGIN = `all:
  vars:
    ansible_user: root
    ansible_ssh_private_key_file: lab/id_ed25519
    ansible_ssh_common_args: "-o UserKnownHostsFile=lab/known_hosts"
`;

const diskOf = (name: string): string => join(scratch, `${name}.disk`);
const dataOf = (name: string): string => join(labFolder, "hosts", name, "root", "var", "lib");
const run = (program: string, ...args: readonly string[]): string =>
  execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Hosts with disks of their own. */
export async function prepare(inventory: string): Promise<void> {
  writeFileSync(join(scratch, "hosts.yml"), inventory);
  must(await lab.up(names.map((name) => ({ name, address: addressOf(name) }))));
  await Promise.all(names.map(moveData));
}

/** From the lab's volatile file system to a disk. */
async function moveData(name: string): Promise<void> {
  must(await lab.powerOff(name));
  run("truncate", "-s", `${DISK}G`, diskOf(name));
  run("mke2fs", "-q", "-t", "ext4", diskOf(name));
  const place = join(scratch, `${name}.mounted`);
  mkdirSync(place);
  run("mount", "-o", "loop", diskOf(name), place);
  run("cp", "-a", `${dataOf(name)}/.`, place);
  run("umount", place);
  await startMachine(name);
}

/** Mounts the disk of a host, which replays its journal, and boots the host. */
export async function startMachine(name: string): Promise<void> {
  run("mount", "-o", "loop", diskOf(name), dataOf(name));
  must(await lab.powerOn(name));
}

const GO_DOWN = `import fcntl, os, struct, sys
for path in sys.argv[1:]:
    fcntl.ioctl(os.open(path, os.O_RDONLY), 0x8004587D, struct.pack("I", 2))`;

/** Cuts the power of hosts at the same moment. */
export async function cutPower(cut: readonly string[]): Promise<void> {
  await Promise.all(cut.map(async (name) => must(await lab.freeze(name))));
  run("python3", "-c", GO_DOWN, ...cut.map(dataOf));
  await Promise.all(cut.map(async (name) => must(await lab.powerOff(name))));
  for (const name of cut) replaceDisk(name);
}

/**
 * The kernel holds a file system, which is down, until the last mount namespace that used it has ended. So the host gets another
 * disk with the same content, which does not change any more.
 */
function replaceDisk(name: string): void {
  run("umount", "--lazy", dataOf(name));
  run("cp", "--sparse=always", diskOf(name), `${diskOf(name)}.next`);
  renameSync(`${diskOf(name)}.next`, diskOf(name));
}

/** Runs a command on a host, not over ssh. The exit code must be 0. */
export async function on(name: string, script: string): Promise<string> {
  const { code, stdout, stderr } = must(await lab.exec(name, script, 120));
  if (code !== 0) throw new Error(`${name}: ${script}: ended with ${code}: ${stdout}${stderr}`);
  return stdout.trim();
}

/** Removes all that the hosts have here. */
export async function clear(): Promise<void> {
  await Promise.all(names.map((name) => lab.powerOff(name)));
  for (const name of names) spawnSync("umount", ["--lazy", dataOf(name)]);
  must(await lab.down());
  rmSync(scratch, { recursive: true, force: true });
}

/** The built `provision`, in the scratch folder. */
export const command = (...args: readonly string[]) => start(args, scratch).ended;
