import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { err, ok, type Result } from "../../base/result.ts";
import type { LabFailure } from "../driver.ts";
import { mustRun } from "../programs.ts";
import type { Recipe } from "./recipe.ts";

/** The folder of base trees and downloaded packages, shared by all labs of this machine. */
export const CACHE = "/var/cache/provision-lab";

/** Mirrors remove superseded security updates, so old package lists name packages that no longer exist. */
const MAX_AGE_MS = 24 * 3600 * 1000;

/** A build takes 20 s on two cores. The rest is for slow mirrors. */
const BUILD_SECONDS = 900;

/** Builds under a temporary name, then renames, so a tree with a final name is complete. Does nothing if another lab built one meanwhile. */
const BUILD = `set -eu
folder=$1 known=$2 final=$3; shift 3
newest=$(ls "$folder" | grep -x '[0-9]*' | sort -n | tail -n 1)
[ "$newest" = "$known" ] || exit 0
rm -rf "$folder/building"
"$@"
mv "$folder/building" "$folder/$final"
`;

/** The lines of mmdebstrap about steps that take time. */
const STEP = /^I: ((?:running apt|downloading|extracting|installing|success).*)/;

/** The trees of one recipe, oldest first. A tree's name is the time of its build. */
function treesOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(a) - Number(b));
}

/** The base tree of a recipe: the cached one if it is less than a day old, else a new one. `onLine` gets each step of the build. */
export async function baseTree(
  recipe: Recipe,
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<Result<string, LabFailure>> {
  const folder = join(CACHE, `${recipe.suite}-${recipe.hash}`);
  const newest = treesOf(folder).at(-1);
  const age = Date.now() - Number(newest ?? 0);
  if (newest && age < MAX_AGE_MS) return ok(join(folder, newest));
  const built = await build(recipe, { folder, newest: newest ?? "" }, onLine, signal);
  const tree = join(folder, treesOf(folder).at(-1) ?? "");
  if (built.ok) removeOldTrees(folder);
  if (built.ok) return ok(tree);
  if (newest === undefined || signal?.aborted) return built;
  onLine(
    `${built.error.message}; the tree of ${new Date(Number(newest)).toISOString().slice(0, 10)} is used`,
  );
  return ok(tree);
}

/** Builds under a lock: a second lab that needs the same tree waits for it. `newest`: the newest known tree. */
async function build(
  recipe: Recipe,
  { folder, newest }: { readonly folder: string; readonly newest: string },
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<Result<void, LabFailure>> {
  mkdirSync(folder, { recursive: true });
  const mmdebstrap = ["mmdebstrap", "--variant=minbase", `--include=${recipe.packages.join(",")}`];
  mmdebstrap.push("--skip=cleanup/apt/lists,cleanup/apt/cache,cleanup/reproducible");
  mmdebstrap.push(`--customize-hook=${recipe.customize}`, recipe.suite, join(folder, "building"));
  const script = ["sh", "-c", BUILD, "sh", folder, newest, String(Date.now())];
  const locked = ["--exclusive", join(folder, "lock"), ...script, ...mmdebstrap, ...recipe.sources];
  const progress = (line: string): void => {
    const [, step] = STEP.exec(line) ?? [];
    if (step !== undefined) onLine(step);
  };
  const done = await mustRun("flock", locked, { seconds: BUILD_SECONDS, onLine: progress, signal });
  if (done.ok) return ok(undefined);
  return err({
    ...done.error,
    message: `cannot build the base tree of ${recipe.suite}: ${done.error.message}`,
  });
}

/** Removes trees of all recipes that are two days old and that no running host uses. Keeps the newest tree of the folder `own`. */
function removeOldTrees(own: string): void {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8");
  const folders = readdirSync(CACHE).filter((name) => /-[0-9a-f]{12}$/.test(name));
  for (const folder of folders.map((name) => join(CACHE, name))) {
    for (const name of folder === own ? treesOf(folder).slice(0, -1) : treesOf(folder)) {
      const old = Date.now() - Number(name) > 2 * MAX_AGE_MS;
      const tree = join(folder, name);
      if (old && !mounts.includes(`${tree},`)) rmSync(tree, { recursive: true });
    }
  }
}
