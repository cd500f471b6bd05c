import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "../../base/result.ts";
import type { LabFailure } from "../driver.ts";
import { FOLDERS, lastLines, runLocal } from "../programs.ts";
import { errorIn, readRecord, readRecords, type VagrantError, type VagrantRecord } from "./output.ts";
import { dotFolder, machinesFile, type VagrantFolders } from "./state.ts";

/** Seconds. Boxes are downloaded at the first `up`, and a dozen machines boot. */
const LONGEST = 3600;

/** Seconds that a command waits for an earlier one that works on the same machines: one whose `provision` was killed. */
const PATIENCE = 600;

/** The user's own PATH first: providers install their programs where they like. */
const searchPath = (): string => [process.env.PATH ?? "", ...FOLDERS].join(delimiter);

const PROVIDERS = "VirtualBox, VMware, Parallels or libvirt";
const INSTALL = `install Vagrant (https://developer.hashicorp.com/vagrant/install; on Debian: apt-get install vagrant) and ${PROVIDERS}`;

/** Fails where no Vagrant is installed. Which providers there are, Vagrant itself knows. */
export function checkVagrant(): Result<void, LabFailure> {
  const folders = searchPath().split(delimiter);
  const missing = ["vagrant", "ssh", "ssh-keygen"].filter(
    (program) => !folders.some((folder) => existsSync(join(folder, program))),
  );
  if (missing.length === 0) return ok(undefined);
  return err({
    input: true,
    message: `a lab of Vagrant's machines lacks ${missing.join(", ")}`,
    hint: INSTALL,
  });
}

/** How `vagrant` is called for one lab: its Vagrantfile, its machine list, its own memory. */
const vagrantEnv = (lab: VagrantFolders): Readonly<Record<string, string>> => ({
  PATH: searchPath(),
  VAGRANT_CWD: lab.vagrantfile,
  VAGRANT_DOTFILE_PATH: dotFolder(lab),
  VAGRANT_CHECKPOINT_DISABLE: "1",
  PROVISION_MACHINES: machinesFile(lab),
});

/** How a run of `vagrant` is watched and stopped. */
export interface VagrantWatch {
  onRecord?(record: VagrantRecord): void;
  /** Another `vagrant` works on the same machines, and is waited for. Told once. */
  onWait?(): void;
  readonly signal?: AbortSignal | undefined;
}

/** Runs `vagrant` with machine-readable output; what it printed. Waits while another one works on the same machines. */
export async function vagrant(
  lab: VagrantFolders,
  args: readonly string[],
  watch: VagrantWatch = {},
): Promise<Result<string, LabFailure>> {
  const end = Date.now() + PATIENCE * 1000;
  for (let tries = 0; ; tries += 1) {
    const done = await runLocal("vagrant", [...args, "--machine-readable"], {
      env: vagrantEnv(lab),
      seconds: LONGEST,
      signal: watch.signal,
      gently: true,
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

/** Of several machines at once, Vagrant tells each one's error in the text of a common one. */
const isLocked = (error: VagrantError | undefined): boolean =>
  /because it is locked!|another process is already executing an action/.test(error?.text ?? "");

const NO_PROVIDER = ["NoDefaultProvider", "ProviderNotFound", "ProviderNotUsable", "VBoxManageNotFoundError"];

function failureOf(args: readonly string[], error: VagrantError | undefined, printed: string): LabFailure {
  const command = `vagrant ${args[0] ?? ""}`;
  if (error === undefined) return { message: `${command} failed`, detail: lastLines(printed, 15) };
  if (!NO_PROVIDER.includes(error.kind)) return { message: `${command} failed`, detail: error.text };
  const named = "VAGRANT_DEFAULT_PROVIDER names one (virtualbox, libvirt, vmware_desktop, parallels)";
  const message = "Vagrant has no provider that can make these machines";
  return { input: true, message, detail: error.text, hint: `install ${PROVIDERS}; ${named}` };
}
