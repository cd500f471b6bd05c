import { rmSync } from "node:fs";
import { err, ok, type Result } from "../../base/result.ts";
import type { LabFailure, LabHost } from "../driver.ts";
import { keepPackages } from "./downloaded-packages.ts";
import { killHost, removeCgroups } from "./processes.ts";
import { unmount } from "./root.ts";
import { type ContainerLab, hostFolders } from "./state.ts";

/** Removes one host, whatever state it is in: processes, mounts, cgroups, files. Packages it downloaded are kept. */
export async function removeHost(
  lab: ContainerLab,
  host: Pick<LabHost, "name" | "suite">,
): Promise<Result<void, LabFailure>> {
  const folders = hostFolders(lab, host.name);
  if (!(await killHost(lab, host.name)))
    return err({ message: `${host.name}: its processes do not end, not even by SIGKILL` });
  const unmounted = await unmount(lab, host.name);
  if (!unmounted.ok) return unmounted;
  removeCgroups(lab, host.name);
  keepPackages(host, folders);
  rmSync(folders.dir, { recursive: true, force: true });
  return ok(undefined);
}
