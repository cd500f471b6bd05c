import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { err, ok, type Result } from "../base/result.ts";
import { reasonOf } from "./problem.ts";

/** Milliseconds that a run waits for the lock. Writing takes well under a second. */
const MAX_WAIT = 20_000;
/** Milliseconds between two attempts. */
const RETRY_DELAY = 25;

/** A lock that is held. */
export interface HeldLock {
  /** False: another process has taken the lock, because it found that this process is gone. */
  held(): boolean;
  release(): void;
}

/**
 * Takes a lock: a file that names its holder. Takes over the lock of a process that is gone. The error says who holds the
 * lock, or why the file cannot be written.
 */
export async function lockFile(path: string): Promise<Result<HeldLock, string>> {
  const own = `${hostname()} ${process.pid} ${randomBytes(8).toString("hex")}\n`;
  for (let waited = 0; ; waited += RETRY_DELAY) {
    const error = tryWrite(path, own);
    if (error === undefined) {
      const held = (): boolean => read(path) === own;
      return ok({ held, release: () => void (held() && rmSync(path, { force: true })) });
    }
    if (error !== "EEXIST") return err(`${path} cannot be written: ${error}`);
    const holder = read(path);
    if (holder !== undefined && isGone(holder)) removeDead(path, holder);
    else if (waited >= MAX_WAIT) return err(`${describe(holder)} holds the lock ${path}`);
    else await sleep(RETRY_DELAY);
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

/** Removes the lock of a dead process. Only one process can rename the file; it puts a newer lock back. */
function removeDead(path: string, dead: string): void {
  const moved = `${path}-${randomBytes(6).toString("hex")}`;
  try {
    renameSync(path, moved);
    if (read(moved) !== dead) linkSync(moved, path);
  } catch {
    // Another process was faster.
  } finally {
    rmSync(moved, { force: true });
  }
}

function describe(holder: string | undefined): string {
  const [host = "another machine", pid = "?"] = (holder ?? "").trim().split(" ");
  return `process ${pid} on ${host}`;
}
