import { err, ok, type Result } from "../../base/result.ts";
import type { LabFailure } from "../driver.ts";
import { findHost } from "../hosts.ts";
import { mustRun } from "../programs.ts";
import { boot } from "./boot.ts";
import { killHost, removeCgroups, runningHosts } from "./processes.ts";
import { type ContainerLab, readState } from "./state.ts";

type Done = Promise<Result<void, LabFailure>>;

/**
 * Ends a host at once, and keeps its files. Its link goes first, because what loses power says goodbye to nobody. The link is
 * removed, because the kernel keeps the network of a host while sockets of killed programs wait for answers.
 */
export async function powerOff(lab: ContainerLab, name: string): Done {
  const host = findHost(readState(lab)?.hosts ?? [], name);
  if (!host.ok) return host;
  const link = await linkOf(lab, name);
  if (link !== undefined) await mustRun("ip", ["link", "set", link, "down"]);
  if (!(await killHost(lab, name))) return err({ message: `${name} cannot be killed` });
  if (link !== undefined) await mustRun("ip", ["link", "delete", link]);
  return ok(undefined);
}

/** Boots a host that is off, with its files. Does nothing if it runs. */
export async function powerOn(lab: ContainerLab, name: string): Done {
  const host = findHost(readState(lab)?.hosts ?? [], name);
  if (!host.ok) return host;
  if (runningHosts(lab).has(name)) return ok(undefined);
  removeCgroups(lab, name);
  return boot(lab, host.value);
}

/** The end of a host's link on the bridge. */
async function linkOf(lab: ContainerLab, name: string): Promise<string | undefined> {
  const init = runningHosts(lab).get(name)?.init;
  if (init === undefined) return undefined;
  const show = ["ip", "-oneline", "link", "show", "host0"];
  const inside = await mustRun("nsenter", ["--target", String(init), "--net", ...show]);
  const index = inside.ok ? /host0@if(\d+):/.exec(inside.value)?.[1] : undefined;
  const ports = await mustRun("ip", ["-oneline", "link", "show", "master", lab.bridge]);
  const lines = ports.ok ? ports.value.split("\n") : [];
  return lines.map((line) => /^(\d+): ([^@:]+)/.exec(line)).find((found) => found?.[1] === index)?.[2];
}
