import { printable } from "../../base/text.ts";

const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as it stands in SVG and HTML, also inside quoted attributes. */
export const escaped = (text: string): string =>
  printable(text).replace(/[&<>"]/g, (letter) => named[letter] ?? letter);

/** The name that links to a host use; letters that no address likes are written as numbers. */
export const hostId = (name: string): string => `host-${plain(name)}`;

/** The same for a tier. */
export const tierId = (name: string): string => `tier-${plain(name)}`;

const plain = (name: string): string =>
  name.replace(/[^A-Za-z0-9.-]/g, (letter) => `_${letter.codePointAt(0)?.toString(16)}_`);
