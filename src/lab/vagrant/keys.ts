import { readFileSync } from "node:fs";
import { eachOf } from "../../base/concurrency.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { sh } from "../../script/script.ts";
import type { LabFailure, LabHost } from "../driver.ts";
import { keyFile, knownHostsFile, writeWhole } from "../files.ts";
import { loginCommand } from "../hosts.ts";
import { mustRun } from "../programs.ts";
import { sshConfigFile, type VagrantFolders } from "./state.ts";

/** Logins at the same time. */
const AT_ONCE = 8;

/** Adds the lab's key for root and for Vagrant's user, and prints the public host keys of the machine. */
const installKeyScript = (key: string): string =>
  sh`set -eu
key=${key}
for user in root "$SUDO_USER"; do
  home=$(getent passwd "$user" | cut -d: -f6)
  list=$home/.ssh/authorized_keys
  [ -d "$home/.ssh" ] || install -d -m 700 -o "$user" -g "$(id -g "$user")" "$home/.ssh"
  [ -e "$list" ] || install -m 600 -o "$user" -g "$(id -g "$user")" /dev/null "$list"
  grep -qxF "$key" "$list" || printf '\\n%s\\n' "$key" >> "$list"
done
cat /etc/ssh/ssh_host_*_key.pub
`.text;

/**
 * Logs in to each machine through its provider (a forwarded port, or the provider's network), reads its host keys and writes
 * known_hosts. Then logs in at the address of the inventory. From then on, only these host keys are trusted.
 */
export async function pinKeys(
  lab: VagrantFolders,
  hosts: readonly LabHost[],
): Promise<ReadonlyMap<string, Result<void, LabFailure>>> {
  const key = readFileSync(`${keyFile(lab)}.pub`, "utf8").trim();
  const machines = await eachOf(hosts, AT_ONCE, async (host) => ({
    host,
    keys: await keysOf(lab, host, key),
  }));
  const known = machines.flatMap(({ host, keys }) => (keys.ok ? knownLines(host, keys.value) : []));
  writeWhole(knownHostsFile(lab), known.map((line) => `${line}\n`).join(""));
  const logins = await eachOf(machines, AT_ONCE, async ({ host, keys }) => {
    const done = keys.ok ? await logInAsRoot(lab, hosts, host) : keys;
    return [host.name, done] as const;
  });
  return new Map(logins);
}

async function keysOf(
  lab: VagrantFolders,
  { name }: LabHost,
  key: string,
): Promise<Result<readonly string[], LabFailure>> {
  const args = ["-F", sshConfigFile(lab), "-o", "BatchMode=yes", "-o", "ConnectTimeout=20", "-T", name];
  const done = await mustRun("ssh", [...args, "sudo", "-n", "sh"], { input: installKeyScript(key) });
  if (!done.ok) return err({ ...done.error, message: `${name}: the login with Vagrant's key failed` });
  const keys = publicKeys(done.value);
  return keys.length > 0
    ? ok(keys)
    : err({ message: `${name}: the machine has no host keys`, detail: done.value });
}

/** The public keys in a text, each in the form of known_hosts: type and key, without the comment. */
const publicKeys = (text: string): readonly string[] =>
  text.split("\n").flatMap((line) => /^((?:ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/=]+)( |$)/.exec(line)?.[1] ?? []);

const knownLines = ({ name, address }: LabHost, keys: readonly string[]): readonly string[] =>
  keys.map((key) => `${address},${name} ${key}`);

/** Logs in as root at the address that `provision` uses. */
async function logInAsRoot(
  lab: VagrantFolders,
  hosts: readonly LabHost[],
  { name, address }: LabHost,
): Promise<Result<void, LabFailure>> {
  const login = loginCommand(lab, hosts, name);
  if (!login.ok) return login;
  const [program = "ssh", ...args] = login.value;
  const done = await mustRun(program, ["-o", "BatchMode=yes", "-o", "ConnectTimeout=20", ...args, "true"]);
  if (done.ok) return ok(undefined);
  const hint =
    "the provider must give the machines a network that this machine can reach. VirtualBox allows 192.168.56.0/21";
  return err({ ...done.error, message: `${name}: root cannot log in at ${address}`, hint });
}
