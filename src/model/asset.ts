import type { Content } from "./resource.ts";

/** A file of the project, as a role gets it. */
export interface AssetFile extends Content {
  /** True: whoever owns it in the project may execute it. Nothing else of its mode is kept. */
  readonly executable?: true;
}

/**
 * A file or folder of the project: path inside the folder → file, sorted. A file that was asked for by itself has the
 * path "". `tree` makes resources of it.
 */
export interface Asset extends ReadonlyMap<string, AssetFile> {
  /** All folders inside it, also empty ones, sorted: a folder stands before what is in it. */
  readonly folders?: readonly string[];
  /** Symbolic links: path → target, relative to the link's own folder and inside the asset. */
  readonly links?: ReadonlyMap<string, string>;
}

/** A folder of the project that a role puts on hosts. */
export interface AssetFolder {
  /** Relative to the folder `provision` is run in, or absolute. */
  readonly folder: string;
  /** Paths inside it that are copied although they would be left out: `.env`. */
  readonly include?: readonly string[];
  /** The variable that `include` comes from, below the role's name, for messages: `app.include`. */
  readonly variable?: string;
  /** One without a single file is refused: an application is none. */
  readonly nonEmpty?: true;
  /** Files in it that hosts will run: the variable that says so, below the role's name → path. Each must be executable. */
  readonly programs?: Readonly<Record<string, string>>;
}

/** What a role asks for: a file or folder, or a folder with what is to be copied of it. */
export type AssetRequest = string | AssetFolder;
