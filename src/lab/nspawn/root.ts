import { randomUUID } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { err, ok, type Result } from "../../base/result.ts";
import type { LabFailure } from "../driver.ts";
import { keyFile } from "../files.ts";
import { mustRun } from "../programs.ts";
import { subnetOfName } from "../subnet.ts";
import { relayUrl } from "./relay.ts";
import { type ContainerLab, type HostFolders, hostFolders, hostsDir, type KeyedHost } from "./state.ts";

/** The parts of a host's root. */
export interface RootParts {
  /** Read-only overlay layers, the top one first. */
  readonly layers: readonly string[];
  readonly subnet: string;
  readonly mtu: number;
}

/** Creates a host's file system: mounts it and writes the files that differ between hosts. */
export async function makeRoot(
  lab: ContainerLab,
  host: KeyedHost,
  parts: RootParts,
): Promise<Result<void, LabFailure>> {
  const folders = hostFolders(lab, host.name);
  for (const folder of [folders.upper, folders.work, folders.root]) mkdirSync(folder, { recursive: true });
  for (const folder of [folders.upper, folders.root]) chmodSync(folder, 0o755); // "/" as the host's users see it
  const options = `lowerdir=${parts.layers.join(":")},upperdir=${folders.upper},workdir=${folders.work},volatile`;
  const mounted = await mustRun("mount", ["-t", "overlay", "overlay", "-o", options, folders.root]);
  if (!mounted.ok) {
    const hint = "put the lab's folder on a plain file system (ext4, xfs, btrfs), not on an overlay";
    return err({ ...mounted.error, message: `${host.name}: could not mount the root`, hint });
  }
  writeIdentity(folders.root, host);
  writeNetwork(folders.root, host, parts);
  writeKeys(lab, folders);
  return ok(undefined);
}

/** Replaces a file. Does not follow a link of the base tree, which could point out of the host's root. */
function writeInRoot(root: string, path: string, text: string, mode = 0o644): void {
  const file = join(root, path);
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
}

/** With an empty machine-id, the first boot would enable every unit of the vendor presets. */
function writeIdentity(root: string, { name }: KeyedHost): void {
  writeInRoot(root, "etc/machine-id", `${randomUUID().replaceAll("-", "")}\n`, 0o444);
  writeInRoot(root, "etc/hostname", `${name}\n`);
  writeInRoot(
    root,
    "etc/hosts",
    `127.0.0.1 localhost\n127.0.1.1 ${name}\n::1 localhost ip6-localhost ip6-loopback\n`,
  );
}

function writeNetwork(root: string, { address }: KeyedHost, { subnet, mtu }: RootParts): void {
  const network = ["[Match]", "Name=host0", "[Link]", `MTUBytes=${mtu}`, "[Network]"];
  const { gateway, prefix, family } = subnetOfName(subnet);
  network.push(`Address=${address}/${prefix}`, `Gateway=${gateway}`, "IPv6AcceptRA=no");
  network.push(`LinkLocalAddressing=${family === "ipv6" ? "ipv6" : "no"}`);
  writeInRoot(root, "etc/systemd/network/10-lab.network", `${network.join("\n")}\n`);
  writeInRoot(root, "etc/resolv.conf", resolvers());
  if (family === "ipv4") return;
  const proxies = ["http", "https"].map((scheme) => `Acquire::${scheme}::Proxy "${relayUrl(gateway)}";\n`);
  writeInRoot(root, "etc/apt/apt.conf.d/51provision-lab-relay", proxies.join(""));
}

/** The name servers of this machine. systemd-resolved listens on loopback, so hosts use its upstream servers. */
export function resolvers(): string {
  const upstream = "/run/systemd/resolve/resolv.conf";
  const text = readFileSync("/etc/resolv.conf", "utf8");
  return /^nameserver\s+127\./m.test(text) && existsSync(upstream) ? readFileSync(upstream, "utf8") : text;
}

/** Installs the host's key pair, and the lab's key for all three users. */
function writeKeys(lab: ContainerLab, folders: HostFolders): void {
  writeInRoot(
    folders.root,
    "etc/ssh/ssh_host_ed25519_key",
    readFileSync(join(folders.dir, "key"), "utf8"),
    0o600,
  );
  writeInRoot(
    folders.root,
    "etc/ssh/ssh_host_ed25519_key.pub",
    readFileSync(join(folders.dir, "key.pub"), "utf8"),
  );
  const authorized = readFileSync(`${keyFile(lab)}.pub`, "utf8");
  const users = { root: 0, "home/admin": 1000, "home/operator": 1001 };
  const groups = { root: 0, "home/admin": 1000, "home/operator": 37 };
  for (const home of ["root", "home/admin", "home/operator"] as const) {
    const folder = join(folders.root, home, ".ssh");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeInRoot(folders.root, `${home}/.ssh/authorized_keys`, authorized, 0o600);
    for (const path of [folder, join(folder, "authorized_keys")]) chownSync(path, users[home], groups[home]);
  }
}

/** The mount points at or below a folder, deepest first. In mountinfo, a space is \\040. */
function mountsBelow(folder: string): string[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const points = lines.map((line) => (line.split(" ")[4] ?? "").replaceAll("\\040", " "));
  return points.filter((point) => point === folder || point.startsWith(`${folder}/`)).reverse();
}

/** Unmounts the file systems of one host. Without a name: of all hosts. Fails if something stays mounted. */
export async function unmount(lab: ContainerLab, name?: string): Promise<Result<void, LabFailure>> {
  const folder = name === undefined ? hostsDir(lab) : hostFolders(lab, name).dir;
  for (const point of mountsBelow(folder)) await mustRun("umount", [point]);
  for (const point of mountsBelow(folder)) await mustRun("umount", ["--lazy", point]); // a shell may be in it
  const left = mountsBelow(folder);
  return left.length === 0 ? ok(undefined) : err({ message: `could not unmount ${left.join(", ")}` });
}
