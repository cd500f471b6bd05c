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
 * Packages are downloaded once. When a host is removed, its downloaded packages go to a cache. New hosts have them in their
 * apt archives. This needs no proxy and no shared lock, and apt verifies each file before it uses it.
 */

const ARCHIVES = "var/cache/apt/archives";

/** No current release needs older packages. */
const KEEP_MS = 30 * 24 * 3600 * 1000;

const cacheFolder = (host: Pick<LabHost, "suite">): string => join(CACHE, "debs", host.suite ?? "bookworm");

const debsIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".deb")) : [];

/** Copies a host's downloaded packages to the cache. All are complete: apt names a download `.deb` after it has verified it. */
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
 * Creates a layer with the cached packages for hosts of one suite, and returns its folder. The layer of a running host must
 * not change, so each `up` creates its own layer from hard links.
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
    // The folders are on different file systems, or another lab has just removed the file.
    if (existsSync(from)) copyFileSync(from, to);
  }
}

/** Removes the layers of earlier runs if no host can use them. */
export function removePackageLayers(lab: ContainerLab): void {
  const mounted = hostsOnDisk(lab).some((name) => existsSync(hostFolders(lab, name).root));
  if (!mounted) rmSync(join(lab.dir, "debs"), { recursive: true, force: true });
}
