import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "../../base/result.ts";
import type { LabFailure, LabHost, LabOutput } from "../driver.ts";
import { lastLines, runLocal, startDetached } from "../programs.ts";
import { cgroupsOf, runningHosts } from "./processes.ts";
import { type ContainerLab, hostFolders } from "./state.ts";

/** 13 hosts that boot at the same time on two cores need 10 s. */
const BOOT_MS = 90_000;

/** `$1`: the log of the console. `$2`: the number of cgroup folders, which follow. Then the program to run in these cgroups. */
const INTO_CGROUPS = `umask 077; exec >> "$1" 2>&1; n=$2; shift 2
umask 022
while [ "$n" -gt 0 ]; do echo $$ > "$1/cgroup.procs" || exit 1; shift; n=$((n - 1)); done
exec "$@"
`;

/** The arguments that boot a host. Its machine name contains the bridge, because two labs may both have a web1. */
function nspawnArgs(lab: ContainerLab, name: string): string[] {
  return [
    `--directory=${hostFolders(lab, name).root}`,
    `--machine=${lab.bridge}-${name}`,
    `--hostname=${name}`,
    `--network-bridge=${lab.bridge}`,
    ...["--boot", "--register=no", "--keep-unit", "--settings=no", "--console=read-only"],
    ...["--resolv-conf=off", "--timezone=off", "--link-journal=no"],
  ];
}

/** Boots a host whose root is mounted. Waits until sshd answers and systemd has started everything. */
export async function boot(
  lab: ContainerLab,
  host: LabHost,
  signal?: AbortSignal,
): Promise<Result<void, LabFailure>> {
  const cgroups = cgroupsOf(lab, host.name);
  for (const folder of cgroups) mkdirSync(folder, { recursive: true });
  const log = hostFolders(lab, host.name).console;
  const args = [log, String(cgroups.length), ...cgroups, "systemd-nspawn", ...nspawnArgs(lab, host.name)];
  const ended = { how: "" };
  // /tmp is on disk, as in Debian. systemd 262 requires the unified cgroup hierarchy.
  const unified = host.suite === "sid" ? { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1" } : {};
  const env = { SYSTEMD_NSPAWN_TMPFS_TMP: "0", ...unified };
  void startDetached("sh", ["-c", INTO_CGROUPS, "sh", ...args], env).ended.then((how) => {
    ended.how = how;
  });
  return waitUntilReady(lab, host, () => ended.how, signal);
}

/** Waits for sshd's banner, then for systemd. `ended` returns how the host ended, or "". */
export async function waitUntilReady(
  lab: ContainerLab,
  host: LabHost,
  ended: () => string,
  signal?: AbortSignal,
): Promise<Result<void, LabFailure>> {
  const end = Date.now() + BOOT_MS;
  let waitsFor = "sshd does not answer";
  while (Date.now() < end && ended() === "" && !signal?.aborted) {
    if (await answersAsSshd(host.address)) {
      const state = await systemState(lab, host.name);
      if (state === "running" || state === "degraded") return ok(undefined);
      waitsFor = `systemd is ${state}`;
    }
    await sleep(100);
  }
  if (signal?.aborted) return err({ message: `${host.name}: stopped while booting` });
  const why =
    ended() === "" ? `not up within ${BOOT_MS / 1000} s: ${waitsFor}` : `ended while booting: ${ended()}`;
  return err({ message: `${host.name}: ${why}`, detail: consoleEnd(lab, host.name) });
}

/** The last lines of a host's console, without colours. */
function consoleEnd(lab: ContainerLab, name: string): string {
  const file = hostFolders(lab, name).console;
  // biome-ignore lint/complexity/useRegexLiterals: a literal would contain a control character
  const colours = new RegExp("\\u001b\\[[0-9;?]*[A-Za-z]", "g");
  return existsSync(file) ? lastLines(readFileSync(file, "utf8").replace(colours, ""), 15) : "";
}

/** Whether port 22 of an address sends the banner of an SSH server. */
function answersAsSshd(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address, port: 22, timeout: 1000 });
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("data", (bytes) => finish(bytes.toString("latin1").startsWith("SSH-")));
    for (const event of ["error", "timeout", "end"] as const) socket.once(event, () => finish(false));
  });
}

/** The state of systemd after it has started everything, or why the state is unknown. */
async function systemState(lab: ContainerLab, name: string): Promise<string> {
  const done = await runInside(lab, name, "systemctl is-system-running --wait", 30);
  if (!done.ok) return done.error.message;
  return done.value.stdout.trim() || done.value.stderr.trim();
}

/** Runs a shell command as root in a host's namespaces, in a clean environment. */
export async function runInside(
  lab: ContainerLab,
  name: string,
  command: string,
  seconds = 60,
): Promise<Result<LabOutput, LabFailure>> {
  const init = runningHosts(lab).get(name)?.init;
  if (init === undefined) return err({ message: `${name} is not running` });
  const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const clean = ["env", "-i", path, "HOME=/root", "LANG=C.UTF-8", "TERM=dumb"];
  const args = ["--target", String(init), "--all", ...clean, "sh", "-c", `cd /root; ${command}`];
  return runLocal("nsenter", args, { seconds });
}
