import { randomUUID } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import type { LabHost } from "../driver.ts";
import { CACHE } from "./base-tree.ts";
import { type ContainerLab, type HostFolders, hostFolders, hostsOnDisk } from "./state.ts";

/*
 * Packages are downloaded once. What a host's apt has downloaded is kept when the host is removed, and the next hosts
 * find it in their own archives folder: no proxy runs, no lock is shared, and apt verifies each file before it uses it.
 */

const ARCHIVES = "var/cache/apt/archives";

/** Packages older than this are of no release that is still installed. */
const KEEP_MS = 30 * 24 * 3600 * 1000;

const cacheFolder = (host: Pick<LabHost, "suite">): string => join(CACHE, "debs", host.suite ?? "bookworm");

const debsIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".deb")) : [];

/** Keeps what a host's apt downloaded. Whole files only: apt renames a download to `.deb` when it has verified it. */
export function keepPackages(host: Pick<LabHost, "suite">, folders: HostFolders): void {
  const from = join(folders.upper, ARCHIVES);
  const to = cacheFolder(host);
  mkdirSync(to, { recursive: true });
  for (const name of debsIn(from)) {
    if (existsSync(join(to, name)) || !statSync(join(from, name)).isFile()) continue;
    const temporary = join(to, `${name}.${randomUUID()}`);
    copyFileSync(join(from, name), temporary);
    renameSync(temporary, join(to, name));
  }
  for (const name of debsIn(to))
    if (Date.now() - statSync(join(to, name)).mtimeMs > KEEP_MS) rmSync(join(to, name), { force: true });
}

/**
 * A layer for hosts of one suite that holds the kept packages. A layer under a mounted host must not change, so each `up`
 * makes its own, of hard links. Returns its folder.
 */
export function packageLayer(lab: ContainerLab, host: Pick<LabHost, "suite">): string {
  const layer = join(lab.dir, "debs", `${host.suite ?? "bookworm"}-${Date.now()}`);
  const archives = join(layer, ARCHIVES);
  mkdirSync(archives, { recursive: true, mode: 0o755 });
  for (const name of debsIn(cacheFolder(host)))
    linkOrCopy(join(cacheFolder(host), name), join(archives, name));
  return layer;
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    if (existsSync(from)) copyFileSync(from, to); // another file system; or another lab has just removed it: no matter
  }
}

/** Removes the layers of earlier runs, if no host is left that may stand on one. */
export function removePackageLayers(lab: ContainerLab): void {
  const mounted = hostsOnDisk(lab).some((name) => existsSync(hostFolders(lab, name).root));
  if (!mounted) rmSync(join(lab.dir, "debs"), { recursive: true, force: true });
}
