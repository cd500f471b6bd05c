import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { LabHost } from "../driver.ts";

/** The contents of a base tree. Trees with equal hashes differ only in the versions of packages. */
export interface Recipe {
  readonly suite: string;
  readonly packages: readonly string[];
  /** Lines of sources.list. The first one is the source of the tree. Empty: mmdebstrap's default for the suite. */
  readonly sources: readonly string[];
  /** A sh script. `$1`: the tree. */
  readonly customize: string;
  /** 12 hex digits of the SHA-256 of the fields above. */
  readonly hash: string;
}

const BOOTABLE = ["systemd", "systemd-sysv", "dbus", "openssh-server"];
const STANDARD = ["sudo", "iproute2", "ca-certificates", "procps", "libpam-systemd"];

/** The first mirror of an archive (`debian`, `debian-security`) in this machine's apt sources. */
function mirrorOf(archive: string, sources: string): string | undefined {
  const found = new RegExp(`^[^#\\n]*?(https?://\\S+/${archive})/?(?=\\s|$)`, "m").exec(sources);
  return found?.[1];
}

/** The apt sources of this machine, in both formats. */
function machineSources(): string {
  const read = (file: string): string => {
    try {
      return readFileSync(file, "utf8");
    } catch {
      return ""; // without a file, mmdebstrap uses its default mirror
    }
  };
  let names: string[] = [];
  try {
    names = readdirSync("/etc/apt/sources.list.d").sort();
  } catch {
    // This is not a Debian machine.
  }
  return [
    read("/etc/apt/sources.list"),
    ...names.map((name) => read(`/etc/apt/sources.list.d/${name}`)),
  ].join("\n");
}

/** Uses the mirrors of this machine, because it may have access to no others. sid has no updates and no security updates. */
function sourcesFor(suite: string): string[] {
  const text = machineSources();
  const debian = mirrorOf("debian", text);
  if (debian === undefined) return [];
  // apt refuses a mirror of sid that is a week old. For test hosts it is good enough.
  if (suite === "sid" || suite === "unstable") return [`deb [check-valid-until=no] ${debian} ${suite} main`];
  const main = `deb ${debian} ${suite} main`;
  const security = mirrorOf("debian-security", text);
  const updates = `deb ${debian} ${suite}-updates main`;
  return security === undefined ? [main, updates] : [main, updates, `deb ${security} ${suite}-security main`];
}

const SSHD = `PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
HostKey /etc/ssh/ssh_host_ed25519_key
MaxStartups 100
UseDNS no
LogLevel VERBOSE
`;

/**
 * sudo needs no password for `admin`, and one for `operator`. Debian already has a group `operator`. Package lists and apt's
 * index stay in the tree, so hosts can install packages at once. Translated descriptions are off: they are half of the
 * download of `apt-get update`. apt's timers are off, because they take the dpkg lock.
 */
const CUSTOMIZE = `set -eu
echo force-unsafe-io > "$1/etc/dpkg/dpkg.cfg.d/provision-lab"
rm -f "$1"/etc/ssh/ssh_host_*
mkdir -p "$1/etc/sudoers.d" "$1/etc/ssh/sshd_config.d"
cat > "$1/etc/ssh/sshd_config.d/lab.conf" <<'END'
${SSHD}END
chroot "$1" useradd -m -s /bin/bash -u 1000 admin
chroot "$1" useradd -m -s /bin/bash -u 1001 -N -g operator operator
echo operator:operator-password | chroot "$1" chpasswd
printf '%s\\n' 'admin ALL=(ALL:ALL) NOPASSWD: ALL' 'operator ALL=(ALL:ALL) ALL' > "$1/etc/sudoers.d/lab"
chmod 440 "$1/etc/sudoers.d/lab"
chroot "$1" systemctl enable systemd-networkd
chroot "$1" systemctl mask apt-daily.timer apt-daily-upgrade.timer
echo 'Acquire::Languages "none";' > "$1/etc/apt/apt.conf.d/50provision-lab"
rm -f "$1"/var/cache/apt/archives/*.deb
chroot "$1" apt-cache gencaches
`;

/** The recipe for the base tree of a host. */
export function recipeFor(host: Pick<LabHost, "suite" | "packages">): Recipe {
  const suite = host.suite ?? "bookworm";
  const packages = host.packages === "minimal" ? BOOTABLE : [...BOOTABLE, ...STANDARD];
  const sources = sourcesFor(suite);
  const text = JSON.stringify([suite, packages, sources, CUSTOMIZE]);
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return { suite, packages, sources, customize: CUSTOMIZE, hash };
}
