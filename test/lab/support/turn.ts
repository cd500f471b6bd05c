import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { execa } from "execa";
import { nspawnLab } from "../../../src/lab/nspawn/nspawn.ts";
import { bridges, must } from "./lab.ts";

const REGISTER = "/run/provision-lab";

/** Seconds: a whole run of the tests, and some. */
const PATIENCE = 30 * 60;

let release = async (): Promise<void> => undefined;

/**
 * All clones of the project on this machine bring their test labs up on the same bridges: one run of the lab tests at a
 * time, the others wait for their turn. What a run that was killed left on the bridges is removed first.
 */
export async function setup(): Promise<void> {
  mkdirSync(REGISTER, { recursive: true });
  // `cat` holds the lock until our end of its input closes: also when this process is killed.
  const args = ["--timeout", String(PATIENCE), `${REGISTER}/tests.lock`, "sh", "-c", "echo ours; exec cat"];
  const holder = execa("flock", args, { reject: false, stdin: "pipe", detached: true });
  const waiting = setTimeout(() => {
    process.stdout.write(
      `Another run of the lab tests is going on on this machine: waiting for it, at most ${PATIENCE / 60} minutes\n`,
    );
  }, 1000);
  const ours = await new Promise<boolean>((resolve) => {
    holder.stdout.once("data", () => resolve(true));
    void holder.then(() => resolve(false));
  });
  clearTimeout(waiting);
  release = async () => {
    holder.stdin.end();
    await holder;
  };
  if (!ours) throw new Error(`another run of the lab tests has not ended within ${PATIENCE / 60} minutes`);
  for (const bridge of Object.values(bridges)) {
    const left = `${REGISTER}/labs/${bridge}`;
    if (existsSync(left)) must(await nspawnLab({ dir: readFileSync(left, "utf8"), bridge }).down());
  }
}

export const teardown = (): Promise<void> => release();
