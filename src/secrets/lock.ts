import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "../base/result.ts";
import { reasonOf } from "./problem.ts";

/** Milliseconds a run waits for another one that is writing: that takes well under a second. */
const PATIENCE = 20_000;
/** Milliseconds between two looks. */
const PAUSE = 25;

/** A lock that is held. */
export interface HeldLock {
  /** True: nobody has taken it away, as one may whose machine thinks that this process is gone. */
  held(): boolean;
  release(): void;
}

/**
 * One writer at a time: a file beside the other that says who writes. One whose process is gone is taken over. The error
 * says who holds it, or why it cannot be made.
 */
export async function lockFile(path: string): Promise<Result<HeldLock, string>> {
  const mine = `${hostname()} ${process.pid} ${randomBytes(8).toString("hex")}\n`;
  for (let waited = 0; ; waited += PAUSE) {
    const failed = tryWrite(path, mine);
    if (failed === undefined) {
      const held = (): boolean => read(path) === mine;
      return ok({ held, release: () => void (held() && rmSync(path, { force: true })) });
    }
    if (failed !== "EEXIST") return err(`${path} cannot be written: ${failed}`);
    const holder = read(path);
    if (holder !== undefined && isGone(holder)) takeAway(path, holder);
    else if (waited >= PATIENCE) return err(`${path} says that ${describe(holder)} is writing`);
    else await sleep(PAUSE);
  }
}

function tryWrite(path: string, text: string): string | undefined {
  const staged = `${path}-${randomBytes(6).toString("hex")}`;
  try {
    writeFileSync(staged, text, { flag: "wx" });
    linkSync(staged, path);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  } finally {
    rmSync(staged, { force: true });
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function isGone(holder: string): boolean {
  const [host, pid] = holder.split(" ");
  if (host !== hostname() || !/^\d+$/.test(pid ?? "")) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return reasonOf(error) === "ESRCH";
  }
}

/** Only one of several can move a file away; whoever finds that it has moved a newer one puts it back. */
function takeAway(path: string, dead: string): void {
  const aside = `${path}-${randomBytes(6).toString("hex")}`;
  try {
    renameSync(path, aside);
    if (read(aside) !== dead) linkSync(aside, path);
  } catch {
    // Another one was faster.
  } finally {
    rmSync(aside, { force: true });
  }
}

function describe(holder: string | undefined): string {
  const [host = "another machine", pid = "?"] = (holder ?? "").trim().split(" ");
  return `process ${pid} on ${host}`;
}
