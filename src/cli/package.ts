import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package, with package.json, templates/ and roles/; also when the code is bundled into dist/. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error("the package's own folder was not found");
    folder = parent;
  }
  return folder;
}

/** The program of this package, for `node`. */
export const ownProgram = (): string => join(packageRoot(), "bin", "provision.cjs");

/** The folder of the lab's Vagrantfile. */
export const vagrantFolder = (): string => join(packageRoot(), "vagrant");

export function packageVersion(): string {
  return String(packageField("version") ?? "unknown");
}

/** Name → version of the packages for development and tests. */
export function developmentPackages(): ReadonlyMap<string, string> {
  const versions = Object.entries(packageField("devDependencies") ?? {});
  return new Map(versions.map(([name, version]) => [name, String(version)]));
}

function packageField(name: string): unknown {
  const parsed: unknown = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
  return typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, name) : undefined;
}
