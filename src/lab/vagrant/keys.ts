import { readFileSync } from "node:fs";
import { err, ok, type Result } from "../../base/result.ts";
import { sh } from "../../script/script.ts";
import type { LabFailure, LabHost } from "../driver.ts";
import { keyFile, knownHostsFile, writeWhole } from "../files.ts";
import { loginCommand } from "../hosts.ts";
import { atMost } from "../per-host.ts";
import { mustRun } from "../programs.ts";
import { sshConfigFile, type VagrantFolders } from "./state.ts";

/** Logins at once. */
const AT_ONCE = 8;

/** Lets the lab's key in, for root and for whom Vagrant logs in as; prints the machine's own public keys. */
const welcome = (key: string): string =>
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
 * Learns the machines' own keys, by one login each over the way that their provider made (a forwarded port of this
 * machine, or the provider's own network), writes known_hosts, and logs in once more at the address that the inventory
 * names: from then on, no key is trusted that was not seen here.
 */
export async function pinKeys(
  lab: VagrantFolders,
  hosts: readonly LabHost[],
): Promise<ReadonlyMap<string, Result<void, LabFailure>>> {
  const key = readFileSync(`${keyFile(lab)}.pub`, "utf8").trim();
  const learned = await atMost(AT_ONCE, hosts, async (host) => ({
    host,
    keys: await keysOf(lab, host, key),
  }));
  const known = learned.flatMap(({ host, keys }) => (keys.ok ? knownLines(host, keys.value) : []));
  writeWhole(knownHostsFile(lab), known.map((line) => `${line}\n`).join(""));
  const entered = await atMost(AT_ONCE, learned, async ({ host, keys }) => {
    const done = keys.ok ? await enter(lab, hosts, host) : keys;
    return [host.name, done] as const;
  });
  return new Map(entered);
}

async function keysOf(
  lab: VagrantFolders,
  { name }: LabHost,
  key: string,
): Promise<Result<readonly string[], LabFailure>> {
  const args = ["-F", sshConfigFile(lab), "-o", "BatchMode=yes", "-o", "ConnectTimeout=20", "-T", name];
  const done = await mustRun("ssh", [...args, "sudo", "-n", "sh"], { input: welcome(key) });
  if (!done.ok) return err({ ...done.error, message: `${name}: Vagrant's own login fails` });
  const keys = publicKeys(done.value);
  return keys.length > 0 ? ok(keys) : err({ message: `${name}: it has no host keys`, detail: done.value });
}

/** Public keys, each as known_hosts writes it: type and key, without the comment. */
const publicKeys = (text: string): readonly string[] =>
  text.split("\n").flatMap((line) => /^((?:ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/=]+)( |$)/.exec(line)?.[1] ?? []);

const knownLines = ({ name, address }: LabHost, keys: readonly string[]): readonly string[] =>
  keys.map((key) => `${address},${name} ${key}`);

/** A login as root where `provision` will look for the machine. */
async function enter(
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
    "the provider's network of machines must reach this one: for VirtualBox, 192.168.56.0/21 is allowed";
  return err({ ...done.error, message: `${name}: root cannot log in at ${address}`, hint });
}
