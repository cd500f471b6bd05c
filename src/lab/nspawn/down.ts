import { rmSync } from "node:fs";
import { err, ok, type Result } from "../../base/result.ts";
import type { LabFailure, LabHost } from "../driver.ts";
import { keepPackages } from "./downloaded-packages.ts";
import { killHost, removeCgroups } from "./processes.ts";
import { unmount } from "./root.ts";
import { type ContainerLab, hostFolders } from "./state.ts";

/** Removes one host in any state: processes, mounts, cgroups, files. Keeps its downloaded packages. */
export async function removeHost(
  lab: ContainerLab,
  host: Pick<LabHost, "name" | "suite">,
): Promise<Result<void, LabFailure>> {
  const folders = hostFolders(lab, host.name);
  if (!(await killHost(lab, host.name)))
    return err({ message: `${host.name}: its processes do not end after SIGKILL` });
  const unmounted = await unmount(lab, host.name);
  if (!unmounted.ok) return unmounted;
  removeCgroups(lab, host.name);
  keepPackages(host, folders);
  rmSync(folders.dir, { recursive: true, force: true });
  return ok(undefined);
}
