import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { start } from "../lab/support/command.ts";
import { vmBox } from "./vm-box.ts";

/*
 * Vagrant with one machine of libvirt's, whose processor is emulated: slow, but it runs anywhere.
 */

export const NAME = "provision-vm1";
const BOX = "provision-vm";

export const scratch = mkdtempSync(join(tmpdir(), "provision-vm-"));

const inventory = `all:
  vars:
    ansible_user: vagrant
    ansible_become: true
    ansible_ssh_private_key_file: .provision/lab/id_ed25519
    ansible_ssh_common_args: "-o UserKnownHostsFile=.provision/lab/known_hosts"
    roles: [common, memcached]
    lab: { memory: 512 }
  hosts:
    ${NAME}: { ansible_host: 192.168.56.11 }
`;

/** Vagrant keeps its network for the first login when its machines are gone, and libvirt a copy of the box. */
const NETWORK = "vagrant-libvirt";
const POOL = "default";

/** What is to be ended after the tests, the last first. */
const undo: (() => void)[] = [];

export async function prepare(): Promise<void> {
  writeFileSync(join(scratch, "hosts.yml"), inventory);
  const before = tables();
  undo.push(() => {
    for (const table of tables().filter(
      (one) => !before.includes(one) && /^ip6? (filter|nat|mangle)$/.test(one),
    ))
      spawnSync("nft", ["delete", "table", ...table.split(" ")]);
  });
  // Where systemd does not run them, as in containers: only then are they ours to end.
  await daemon("virtlogd", "/run/libvirt/virtlogd-sock");
  await daemon("libvirtd", "/run/libvirt/libvirt-sock");
  const [networks, pools] = [listed("net-list"), listed("pool-list")];
  undo.push(() => {
    const volumes = virsh("vol-list", POOL).match(
      new RegExp(`${BOX}_vagrant_box_image_\\S+_box\\.img(?=\\s)`, "g"),
    );
    for (const volume of volumes ?? []) virsh("vol-delete", "--pool", POOL, volume);
    if (!pools.includes(POOL)) for (const act of ["pool-destroy", "pool-undefine"]) virsh(act, POOL);
    if (!networks.includes(NETWORK)) for (const act of ["net-destroy", "net-undefine"]) virsh(act, NETWORK);
  });
  Object.assign(process.env, {
    VAGRANT_HOME: join(scratch, "home"),
    VAGRANT_DEFAULT_PROVIDER: "libvirt",
    PROVISION_BOX: BOX,
    PROVISION_LIBVIRT_DRIVER: "qemu",
  });
  execFileSync("vagrant", ["box", "add", "--name", BOX, await vmBox()], { stdio: "pipe" });
}

export async function clear(): Promise<void> {
  await command("lab", "down");
  for (const step of undo.reverse()) step();
  rmSync(scratch, { recursive: true, force: true });
}

async function daemon(program: string, socket: string): Promise<void> {
  if (spawnSync("pidof", [program]).status === 0) return;
  rmSync(socket, { force: true });
  const child = spawn(program, { stdio: "ignore", detached: true });
  undo.push(() => child.kill());
  for (let tries = 0; !existsSync(socket); tries += 1) {
    if (tries > 100 || child.exitCode !== null) throw new Error(`${program} does not start`);
    await sleep(100);
  }
}

function virsh(...args: readonly string[]): string {
  return spawnSync("virsh", ["--connect", "qemu:///system", ...args], { encoding: "utf8" }).stdout;
}

/** Tables of packet rules, as `ip nat`: libvirt leaves its own, empty, when its networks are gone. */
const tables = (): readonly string[] =>
  spawnSync("nft", ["list", "tables"], { encoding: "utf8" })
    .stdout.split("\n")
    .flatMap((line) => /^table (.*)$/.exec(line)?.[1] ?? []);

const listed = (what: "net-list" | "pool-list" | "list"): readonly string[] =>
  virsh(what, "--all", "--name").split("\n").filter(Boolean);

/** What the machine has on this one, seen without Vagrant and the lab's own code. */
export function traces() {
  const links = spawnSync("ip", ["-oneline", "-4", "address"], { encoding: "utf8" }).stdout;
  return {
    machines: listed("list").filter((name) => name.includes(NAME)),
    disks: virsh("vol-list", POOL).includes(NAME),
    network: links.includes("192.168.56."),
    state: existsSync(join(scratch, ".provision", "lab")),
  };
}

/** The built `provision`, in the scratch folder. */
export const command = (...args: readonly string[]) => start(args, scratch).ended;
