import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { needProgram } from "../daemon.ts";

const root = resolve(import.meta.dirname, "../../..");
const packages = ["sudo-rs", "memcached"];
const cache = join(root, "node_modules/.cache/provision");

/** Debian 13's sudo-rs, and its memcached with a proxy: unpacked once beside the packages of npm, installed nowhere. */
function tree(): string {
  const folder = join(cache, `debian-13-${packages.join("-")}`);
  if (existsSync(folder)) return folder;
  needProgram("mmdebstrap", "mmdebstrap");
  mkdirSync(cache, { recursive: true });
  const building = join(mkdtempSync(join(cache, "building-")), "tree");
  execFileSync(
    "mmdebstrap",
    ["--quiet", "--variant=extract", `--include=${packages.join()}`, "trixie", building],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  renameSync(building, folder);
  return folder;
}

/** The words that run a program of Debian 13 on this machine, with its own libraries. */
export function ofDebian13(program: string): readonly [string, ...string[]] {
  const folder = tree();
  const libraries = join(folder, "usr/lib");
  const loader = readdirSync(libraries, { recursive: true, encoding: "utf8" }).find((name) =>
    /^[^/]+-linux-[^/]+\/ld-linux[^/]*$/.test(name),
  );
  if (loader === undefined) throw new Error(`${folder} holds no loader of programs`);
  const path = join(libraries, loader);
  return [path, "--library-path", dirname(path), join(folder, "usr/bin", program)];
}
