import type { Site } from "./values.ts";

/** A site without what its template's file tells: its name and its lines. */
export type PackedSite = Omit<Site, "file" | "excerpt">;

/** A template that was compiled when the package was built. */
export interface Packed {
  /** `<role>/<name>`. */
  readonly key: string;
  /** Of the text it was compiled from, in hex: one that was edited since is compiled again. */
  readonly sha256: string;
  /** The number of the first of its sites; the code has the numbers in it. */
  readonly first: number;
  readonly sites: readonly PackedSite[];
  readonly calls: readonly { readonly name: string; readonly site: PackedSite }[];
  readonly spec: TemplateSpecification;
}

/**
 * The package's own templates. Empty in the source: the build writes it (`precompile.ts`), as parsing and compiling them
 * at each start took a quarter of the processor time of a run that finds nothing to do.
 */
export const ownPack: readonly Packed[] = [];
