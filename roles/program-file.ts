import type { Content } from "provision";

/** A program of a role, from the folder of its files, which the role names in `assets`. */
export function programFile(
  asset: (path: string) => ReadonlyMap<string, Content>,
  folder: string,
  name: string,
): Content {
  const found = asset(folder).get(name);
  if (found === undefined) throw new Error(`this installation has no ${folder}/${name}`);
  return found;
}
