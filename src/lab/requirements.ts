import { existsSync } from "node:fs";
import { platform, userInfo } from "node:os";
import { join } from "node:path";
import { err, ok, type Result } from "../base/result.ts";
import type { LabFailure } from "./driver.ts";
import { PROGRAM_FOLDERS } from "./programs.ts";

/** Programs of the embedded lab and their Debian packages. */
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

/** The programs that this machine does not have, and their packages, sorted. */
function missingRequirements(): {
  readonly programs: readonly string[];
  readonly packages: readonly string[];
} {
  const isInstalled = (program: string): boolean =>
    PROGRAM_FOLDERS.some((folder) => existsSync(join(folder, program)));
  const programs = Object.keys(PROGRAMS).filter((program) => !isInstalled(program));
  const packages = new Set(programs.flatMap((program) => PROGRAMS[program] ?? []));
  return { programs: programs.sort(), packages: [...packages].sort() };
}

/** The command that installs the packages. */
const installLine = (packages: readonly string[]): string =>
  `apt-get install --no-install-recommends ${packages.join(" ")}`;

/** Fails if the embedded lab cannot run here: not Linux, not root, no containers, or a missing program. */
export function checkMachine(): Result<void, LabFailure> {
  const elsewhere =
    "run the lab as root on Linux, use Vagrant (--driver vagrant), or put your own hosts into the inventory";
  if (platform() !== "linux")
    return err({ message: `the embedded lab needs Linux, and this is ${platform()}`, hint: elsewhere });
  if (userInfo().uid !== 0) return err({ message: "the embedded lab needs root", hint: elsewhere });
  const { programs, packages } = missingRequirements();
  if (programs.length > 0)
    return err({ message: `the embedded lab needs ${programs.join(", ")}`, hint: installLine(packages) });
  for (const file of ["/proc/self/ns/net", "/proc/self/ns/cgroup", "/sys/fs/cgroup"])
    if (!existsSync(file)) return err({ message: `this kernel has no ${file}`, hint: elsewhere });
  return ok(undefined);
}
