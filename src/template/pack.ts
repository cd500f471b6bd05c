import type { Site } from "./values.ts";

/** A site without its file name and its line, which come from the file at run time. */
export type PackedSite = Omit<Site, "file" | "excerpt">;

/** A template that was compiled when the package was built. */
export interface Packed {
  /** `<role>/<name>`. */
  readonly key: string;
  /** The hash of its text, in hex: a file that was edited later is compiled again. */
  readonly sha256: string;
  /** The index of its first site. The compiled code contains these indexes. */
  readonly first: number;
  readonly sites: readonly PackedSite[];
  readonly calls: readonly { readonly name: string; readonly site: PackedSite }[];
  readonly spec: TemplateSpecification;
}

/**
 * The package's own templates. The build fills this list (`precompile.ts`): parsing and compiling them at each start took a
 * quarter of the processor time of a run without changes.
 */
export const ownPack: readonly Packed[] = [];
