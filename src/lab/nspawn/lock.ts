import { mkdirSync } from "node:fs";
import { execa } from "execa";
import { err, type Result } from "../../base/result.ts";
import type { LabFailure } from "../driver.ts";
import { PROGRAM_FOLDERS } from "../programs.ts";
import type { ContainerLab } from "./state.ts";

/** The lock of a command that was just killed is released within this time. */
const LOCK_SECONDS = "3";

const FOLDER = "/run/provision-lab";

/** Runs `work` under the lock of the bridge. Fails if another `lab up` or `down` has the lock. */
export async function withLabLock<T>(
  lab: ContainerLab,
  work: () => Promise<Result<T, LabFailure>>,
): Promise<Result<T, LabFailure>> {
  mkdirSync(FOLDER, { recursive: true });
  // `cat` holds the lock until its input closes, also if this process is killed.
  const args = [
    "--timeout",
    LOCK_SECONDS,
    `${FOLDER}/${lab.bridge}.lock`,
    "sh",
    "-c",
    "echo locked; exec cat",
  ];
  const holder = execa("flock", args, {
    reject: false,
    stdin: "pipe",
    detached: true,
    env: { PATH: PROGRAM_FOLDERS.join(":") },
  });
  const locked = await new Promise<boolean>((resolve) => {
    holder.stdout.once("data", () => resolve(true));
    void holder.then(() => resolve(false));
  });
  if (!locked)
    return err({
      message: `another command is working on the lab at ${lab.bridge}`,
      hint: "wait until it ends",
    });
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await holder;
  }
}
