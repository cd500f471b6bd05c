import type { Asset } from "../model/asset.ts";
import type { Resource } from "../model/resource.ts";
import { directory } from "./directory.ts";
import { file } from "./file.ts";
import { link } from "./link.ts";
import { checkMode } from "./words.ts";

/** Owner and mode of all files in a folder. */
export interface TreeOptions {
  /** Name or number. Default root. */
  readonly owner?: string;
  /** Name or number. Default root. */
  readonly group?: string;
  /** Mode of folders and executable files; other files have the same without x. Four octal digits in quotes. Default "0755". */
  readonly mode?: string;
}

/**
 * A folder of the project on a host: its folders (also empty ones), files and links. Files keep their x bit. The parent
 * of `path` must exist or be declared before it.
 *
 * @example
 * tree("/srv/site", asset("public"), { group: "www-data", mode: "0750" })
 */
export function tree(path: string, asset: Asset, options: TreeOptions = {}): readonly Resource[] {
  const { mode = "0755", ...owners } = options;
  const plain = withoutX(checkMode(`directory:${path}`, mode));
  const folders = asset.folders ?? foldersOf(asset.keys());
  return [
    directory(path, { ...owners, mode }),
    ...folders.map((folder) => directory(`${path}/${folder}`, { ...owners, mode })),
    ...[...asset].map(([name, { executable, ...content }]) =>
      file(`${path}/${name}`, { ...owners, content, mode: executable === true ? mode : plain }),
    ),
    ...[...(asset.links ?? [])].map(([name, target]) => link(`${path}/${name}`, { target })),
  ];
}

/** "0750" → "0640". */
const withoutX = (mode: string): string => (Number.parseInt(mode, 8) & 0o0666).toString(8).padStart(4, "0");

/** The folders of these files, for an asset without a list of folders. */
function foldersOf(paths: Iterable<string>): readonly string[] {
  const above = [...paths].flatMap((path) => {
    const names = path.split("/").slice(0, -1);
    return names.map((_, last) => names.slice(0, last + 1).join("/"));
  });
  return [...new Set(above)].sort();
}
