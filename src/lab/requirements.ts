import { existsSync } from "node:fs";
import { platform, userInfo } from "node:os";
import { join } from "node:path";
import { err, ok, type Result } from "../base/result.ts";
import type { LabFailure } from "./driver.ts";
import { FOLDERS } from "./programs.ts";

/** Program → the Debian package that brings it. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "systemd-nspawn": "systemd-container",
  mmdebstrap: "mmdebstrap",
  ip: "iproute2",
  nft: "nftables",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  nsenter: "util-linux",
  flock: "util-linux",
  mount: "mount",
};

/** What the embedded lab needs and this machine lacks, each sorted; both empty when nothing is missing. */
function missingRequirements(): {
  readonly programs: readonly string[];
  readonly packages: readonly string[];
} {
  const there = (program: string): boolean => FOLDERS.some((folder) => existsSync(join(folder, program)));
  const programs = Object.keys(PROGRAMS).filter((program) => !there(program));
  const packages = new Set(programs.flatMap((program) => PROGRAMS[program] ?? []));
  return { programs: programs.sort(), packages: [...packages].sort() };
}

/** The command that installs packages by hand. */
const installLine = (packages: readonly string[]): string =>
  `apt-get install --no-install-recommends ${packages.join(" ")}`;

/** Fails where the embedded lab cannot run: not Linux, not root, no containers, a program missing. */
export function checkMachine(): Result<void, LabFailure> {
  const elsewhere =
    "run the lab as root on Linux, let Vagrant make the hosts (--driver vagrant), or put your own into the inventory";
  if (platform() !== "linux")
    return err({ message: `the embedded lab needs Linux, this is ${platform()}`, hint: elsewhere });
  if (userInfo().uid !== 0) return err({ message: "the embedded lab needs root", hint: elsewhere });
  const { programs, packages } = missingRequirements();
  if (programs.length > 0)
    return err({ message: `the embedded lab lacks ${programs.join(", ")}`, hint: installLine(packages) });
  for (const file of ["/proc/self/ns/net", "/proc/self/ns/cgroup", "/sys/fs/cgroup"])
    if (!existsSync(file)) return err({ message: `this kernel has no ${file}`, hint: elsewhere });
  return ok(undefined);
}
