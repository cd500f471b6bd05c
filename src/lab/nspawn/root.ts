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

/** What a host's root is made from. */
export interface RootParts {
  /** Read-only folders under the host's own files, uppermost first. */
  readonly layers: readonly string[];
  readonly subnet: string;
  readonly mtu: number;
}

/** Makes a host's file system from scratch: mounts it and writes what only this host has. */
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
    const hint = "the lab's folder must be on a plain file system (ext4, xfs, btrfs), not on an overlay";
    return err({ ...mounted.error, message: `${host.name}: cannot mount its root`, hint });
  }
  writeIdentity(folders.root, host);
  writeNetwork(folders.root, host, parts);
  writeKeys(lab, folders);
  return ok(undefined);
}

/** Never through a link in the base tree: that could point out of the host's root. */
function writeInRoot(root: string, path: string, text: string, mode = 0o644): void {
  const file = join(root, path);
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
}

/** An empty machine-id would make the first boot enable every unit its vendor's presets name. */
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

/** This machine's name servers. systemd-resolved's own address is the machine's loopback: hosts ask those behind it. */
export function resolvers(): string {
  const behind = "/run/systemd/resolve/resolv.conf";
  const text = readFileSync("/etc/resolv.conf", "utf8");
  return /^nameserver\s+127\./m.test(text) && existsSync(behind) ? readFileSync(behind, "utf8") : text;
}

/** The host's own key pair was made beside its root; the lab's key opens all three users. */
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

/** Mount points at or below a folder, deepest first. mountinfo writes a space as \\040. */
function mountsBelow(folder: string): string[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const points = lines.map((line) => (line.split(" ")[4] ?? "").replaceAll("\\040", " "));
  return points.filter((point) => point === folder || point.startsWith(`${folder}/`)).reverse();
}

/** Unmounts what is mounted for one host; of all hosts without a name. Fails rather than leave anything mounted. */
export async function unmount(lab: ContainerLab, name?: string): Promise<Result<void, LabFailure>> {
  const folder = name === undefined ? hostsDir(lab) : hostFolders(lab, name).dir;
  for (const point of mountsBelow(folder)) await mustRun("umount", [point]);
  for (const point of mountsBelow(folder)) await mustRun("umount", ["--lazy", point]); // someone's shell stands in it
  const left = mountsBelow(folder);
  return left.length === 0 ? ok(undefined) : err({ message: `cannot unmount ${left.join(", ")}` });
}
