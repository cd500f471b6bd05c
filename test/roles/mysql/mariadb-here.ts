import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** A mariadbd of a test, and its folder: its socket is `sock` there. */
export interface Mariadb {
  readonly daemon: ReturnType<typeof spawn>;
  readonly at: string;
}

/** Starts a mariadbd with new data in a folder, without a port. Root logs in over the socket. */
export async function startMariadb(folder: string): Promise<Mariadb> {
  chmodSync(folder, 0o755);
  const at = join(folder, "own");
  mkdirSync(at);
  const as = process.getuid?.() === 0 ? ["--user=root"] : [];
  const data = `--datadir=${at}/data`;
  await new Promise((done) => {
    execFile(
      "mariadb-install-db",
      ["--no-defaults", data, "--auth-root-authentication-method=socket", "--skip-test-db", ...as],
      done,
    );
  });
  const daemon = spawn(
    "/usr/sbin/mariadbd",
    [
      "--no-defaults",
      data,
      `--socket=${at}/sock`,
      `--pid-file=${at}/pid`,
      "--skip-networking",
      "--skip-name-resolve",
      ...as,
    ],
    { stdio: "ignore" },
  );
  const ended = once(daemon, "exit");
  for (let tries = 0; tries < 200 && !existsSync(`${at}/sock`); tries++) {
    if (daemon.exitCode !== null) await ended;
    await new Promise((done) => setTimeout(done, 100));
  }
  return { daemon, at };
}
