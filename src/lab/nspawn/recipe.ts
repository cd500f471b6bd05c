import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { LabHost } from "../driver.ts";

/** What a base tree is made of. Equal hashes mean equal trees, but for the day's packages. */
export interface Recipe {
  readonly suite: string;
  readonly packages: readonly string[];
  /** Lines of sources.list; the first one is where the tree comes from. None: mmdebstrap's own choice for the suite. */
  readonly sources: readonly string[];
  /** A sh script; `$1` is the tree. */
  readonly customize: string;
  /** 12 hex digits of the SHA-256 of all the above. */
  readonly hash: string;
}

const BOOTABLE = ["systemd", "systemd-sysv", "dbus", "openssh-server"];
const COMFORTS = ["sudo", "iproute2", "ca-certificates", "procps", "libpam-systemd"];

/** The first mirror of an archive (`debian`, `debian-security`) that this machine's own apt uses. */
function mirrorOf(archive: string, sources: string): string | undefined {
  const found = new RegExp(`^[^#\\n]*?(https?://\\S+/${archive})/?(?=\\s|$)`, "m").exec(sources);
  return found?.[1];
}

/** All text of this machine's apt sources, in both formats. */
function machineSources(): string {
  const read = (file: string): string => {
    try {
      return readFileSync(file, "utf8");
    } catch {
      return ""; // no such file: mmdebstrap has a mirror of its own
    }
  };
  let names: string[] = [];
  try {
    names = readdirSync("/etc/apt/sources.list.d").sort();
  } catch {
    // no such folder: not a Debian machine
  }
  return [
    read("/etc/apt/sources.list"),
    ...names.map((name) => read(`/etc/apt/sources.list.d/${name}`)),
  ].join("\n");
}

/** From the machine's own mirror, so that what it may reach is enough. sid has neither updates nor security updates. */
function sourcesFor(suite: string): string[] {
  const text = machineSources();
  const debian = mirrorOf("debian", text);
  if (debian === undefined) return [];
  // A mirror of sid that stood still for a week is past its date, and apt would refuse it: good enough for test hosts.
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
 * The users: `admin` becomes root without, `operator` with a password. Debian has a group `operator`, so useradd must not make one.
 * The lists stay, and apt's index of them is made here, so that hosts install at once; nobody
 * reads translated descriptions, which are half of what `apt-get update` would fetch. No timer may hold the dpkg lock.
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

/** How the base tree of one sort of host is made. */
export function recipeFor(host: Pick<LabHost, "suite" | "packages">): Recipe {
  const suite = host.suite ?? "bookworm";
  const packages = host.packages === "minimal" ? BOOTABLE : [...BOOTABLE, ...COMFORTS];
  const sources = sourcesFor(suite);
  const text = JSON.stringify([suite, packages, sources, CUSTOMIZE]);
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return { suite, packages, sources, customize: CUSTOMIZE, hash };
}
