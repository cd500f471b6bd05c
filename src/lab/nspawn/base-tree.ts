import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { err, ok, type Result } from "../../base/result.ts";
import type { LabFailure } from "../driver.ts";
import { mustRun } from "../programs.ts";
import type { Recipe } from "./recipe.ts";

/** Where base trees and downloaded packages are kept, shared by all labs of this machine. */
export const CACHE = "/var/cache/provision-lab";

/** A mirror drops superseded security updates, so older package lists lead to packages that are gone. */
const MAX_AGE_MS = 24 * 3600 * 1000;

/** Seconds; 20 s were measured on two cores, the rest is for slow mirrors. */
const BUILD_SECONDS = 900;

/** Builds into a temporary name, then renames: what carries a final name is whole. Another lab's new tree will do as well. */
const BUILD = `set -eu
folder=$1 known=$2 final=$3; shift 3
newest=$(ls "$folder" | grep -x '[0-9]*' | sort -n | tail -n 1)
[ "$newest" = "$known" ] || exit 0
rm -rf "$folder/building"
"$@"
mv "$folder/building" "$folder/$final"
`;

/** mmdebstrap's own words for the steps that take time. */
const STEP = /^I: ((?:running apt|downloading|extracting|installing|success).*)/;

/** Trees of one recipe, oldest first: their names are the times they were made at. */
function treesOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(a) - Number(b));
}

/** The tree hosts of this recipe are made from: the cached one if it is of today, else a new one. Prints each step of the build. */
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

/** Under a lock: a second lab that wants the same tree waits for the first one's. `newest`: the last tree that is known. */
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

/** Removes trees, also of earlier recipes, that are two days old and that no running host stands on; never the newest of `own`. */
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
