import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "../../base/result.ts";
import type { LabFailure } from "../driver.ts";
import { lastLines, PROGRAM_FOLDERS, runLocal } from "../programs.ts";
import { errorIn, readRecord, readRecords, type VagrantError, type VagrantRecord } from "./output.ts";
import { dotFolder, machinesFile, type VagrantFolders } from "./state.ts";

/** The time limit: the first `up` downloads boxes, and a dozen machines boot. */
const MAX_SECONDS = 3600;

/** How long a command waits for another `vagrant` on the same machines, for example of a `provision` that was killed. */
const LOCK_SECONDS = 600;

/** The user's PATH comes first, because providers install their programs in many places. */
const searchPath = (): string => [process.env.PATH ?? "", ...PROGRAM_FOLDERS].join(delimiter);

const PROVIDERS = "VirtualBox, VMware, Parallels or libvirt";
const INSTALL = `install Vagrant (https://developer.hashicorp.com/vagrant/install; on Debian: apt-get install vagrant) and ${PROVIDERS}`;

/** Fails if Vagrant is not installed. Vagrant itself checks its providers. */
export function checkVagrant(): Result<void, LabFailure> {
  const folders = searchPath().split(delimiter);
  const missing = ["vagrant", "ssh", "ssh-keygen"].filter(
    (program) => !folders.some((folder) => existsSync(join(folder, program))),
  );
  if (missing.length === 0) return ok(undefined);
  return err({
    input: true,
    message: `a lab of Vagrant needs ${missing.join(", ")}`,
    hint: INSTALL,
  });
}

/** The environment of `vagrant` for one lab: the Vagrantfile, the list of machines, the folder of Vagrant's state. */
const vagrantEnv = (lab: VagrantFolders): Readonly<Record<string, string>> => ({
  PATH: searchPath(),
  VAGRANT_CWD: lab.vagrantfile,
  VAGRANT_DOTFILE_PATH: dotFolder(lab),
  VAGRANT_CHECKPOINT_DISABLE: "1",
  PROVISION_MACHINES: machinesFile(lab),
});

/** Receives the output of `vagrant`, and can stop it. */
export interface VagrantWatch {
  onRecord?(record: VagrantRecord): void;
  /** Called once, when `vagrant` must wait for another one on the same machines. */
  onWait?(): void;
  readonly signal?: AbortSignal | undefined;
}

/** Runs `vagrant` and returns its machine-readable output. Waits while another one works on the same machines. */
export async function vagrant(
  lab: VagrantFolders,
  args: readonly string[],
  watch: VagrantWatch = {},
): Promise<Result<string, LabFailure>> {
  const end = Date.now() + LOCK_SECONDS * 1000;
  for (let tries = 0; ; tries += 1) {
    const done = await runLocal("vagrant", [...args, "--machine-readable"], {
      env: vagrantEnv(lab),
      seconds: MAX_SECONDS,
      signal: watch.signal,
      interruptOnly: true,
      lines: "stdout",
      onLine: (line) => {
        const record = readRecord(line);
        if (record) watch.onRecord?.(record);
      },
    });
    if (!done.ok) return done;
    const { code, stdout, stderr } = done.value;
    if (code === 0) return ok(stdout);
    const error = errorIn(readRecords(stdout));
    if (!isLocked(error) || Date.now() > end || watch.signal?.aborted)
      return err(failureOf(args, error, `${stderr}\n${stdout}`));
    if (tries === 0) watch.onWait?.();
    await sleep(2000);
  }
}

/** With several machines, Vagrant joins their errors into one text. */
const isLocked = (error: VagrantError | undefined): boolean =>
  /because it is locked!|another process is already executing an action/.test(error?.text ?? "");

const NO_PROVIDER = ["NoDefaultProvider", "ProviderNotFound", "ProviderNotUsable", "VBoxManageNotFoundError"];

function failureOf(args: readonly string[], error: VagrantError | undefined, printed: string): LabFailure {
  const command = `vagrant ${args[0] ?? ""}`;
  if (error === undefined) return { message: `${command} failed`, detail: lastLines(printed, 15) };
  if (!NO_PROVIDER.includes(error.kind)) return { message: `${command} failed`, detail: error.text };
  const choose = "Choose one with VAGRANT_DEFAULT_PROVIDER (virtualbox, libvirt, vmware_desktop, parallels)";
  const message = "Vagrant has no provider that can create these machines";
  return { input: true, message, detail: error.text, hint: `install ${PROVIDERS}. ${choose}` };
}
