import type { Content } from "./resource.ts";

/** A file of the project. */
export interface AssetFile extends Content {
  /** True: its owner may execute it. No other part of its mode is kept. */
  readonly executable?: true;
}

/**
 * A file or folder of the project: path inside the folder → file, sorted. A request for a single file gives one entry with
 * the path "". `tree` makes resources of it.
 */
export interface Asset extends ReadonlyMap<string, AssetFile> {
  /** All folders inside it, also empty ones, sorted: each folder comes before its content. */
  readonly folders?: readonly string[];
  /** Symbolic links: path → target. The target is relative to the link's folder, and inside the asset. */
  readonly links?: ReadonlyMap<string, string>;
}

/** A folder of the project that a role puts on hosts. */
export interface AssetFolder {
  /** Absolute, or relative to the working folder of `provision`. */
  readonly folder: string;
  /** Paths inside it that are copied although the default leaves them out: `.env`. */
  readonly include?: readonly string[];
  /** The variable that `include` comes from, for messages: `app.include`. */
  readonly variable?: string;
  /** True: a folder without a file is an error. */
  readonly nonEmpty?: true;
  /** Files in it that hosts will run: the variable that names the file → path. Each must be executable. */
  readonly programs?: Readonly<Record<string, string>>;
}

/** A role's request: a file or folder, or a folder with options. */
export type AssetRequest = string | AssetFolder;
