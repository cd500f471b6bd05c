import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "..");

/** The package as it would be published. */
export interface Packed {
  /** The .tgz. */
  readonly path: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** `npm pack` into a folder. dist/ is what the tests were started with: a build here would take it from under the others. */
export function pack(folder: string): Packed {
  const args = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const [told] = JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: quiet }));
  return { ...told, path: join(folder, told.filename) };
}

/** Installs it in a folder, from nothing but itself: there is no registry and nothing kept from before. */
export function installAlone({ path }: Packed, folder: string): void {
  const nothing = join(folder, "npm-cache");
  execFileSync(
    "npm",
    ["install", "--prefix", folder, "--offline", "--cache", nothing, "--no-audit", "--no-fund", path],
    {
      cwd: folder,
      stdio: quiet,
    },
  );
  rmSync(nothing, { recursive: true, force: true });
}

const quiet: ("ignore" | "pipe")[] = ["ignore", "pipe", "pipe"];

/** Which release stands for a major version, where the one that runs the tests is another. */
const releases: Readonly<Record<number, string>> = { 20: "20.19.5", 22: "22.23.3" };

/** The folder of a `node` of that major version: this one's, or one from the package registry, which is kept for the next time. */
export function nodeFolder(major: number): string {
  if (process.version.startsWith(`v${major}.`)) return dirname(process.execPath);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "provision", "test");
  const kept = join(cache, `node-${releases[major]}`);
  const bin = join(kept, "node_modules", "node", "bin");
  if (runs(bin, major)) return bin;
  mkdirSync(cache, { recursive: true });
  const staged = mkdtempSync(join(cache, "staged-"));
  try {
    const options = ["--no-audit", "--no-fund", "--ignore-scripts=false", "--loglevel=error"];
    execFileSync("npm", ["install", "--prefix", staged, ...options, `node@${releases[major]}`], {
      cwd: tmpdir(),
      stdio: quiet,
    });
    rmSync(kept, { recursive: true, force: true });
    renameSync(staged, kept);
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
  if (!runs(bin, major)) throw new Error(`${bin}/node does not run`);
  return bin;
}

function runs(bin: string, major: number): boolean {
  if (!existsSync(join(bin, "node"))) return false;
  return String(spawnSync(join(bin, "node"), ["--version"]).stdout).startsWith(`v${major}.`);
}
