import { printable } from "../../base/text.ts";
import type { Mark } from "../../model/picture.ts";
import type { Source } from "../../model/source.ts";

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

/** The class of a thing, and that of its flaw. */
export const marked = (name: string, mark: Mark | undefined): string =>
  mark === undefined ? name : `${name} ${mark}`;

/** A list of markup; nothing where there is none. */
export const list = (items: readonly string[], kind = ""): string =>
  items.length === 0 ? "" : `<ul${kind}>${items.map((item) => `<li>${item}</li>`).join("")}</ul>`;

/** A link to a place on the page. */
export const link = (id: string, text: string): string => `<a href="#${id}">${escaped(text)}</a>`;

/** A line of the inventory, by its place. */
export const sourceText = ({ file, line, col }: Source): string =>
  `<code>${escaped(`${file}:${line}:${col}`)}</code>`;

/** What is said beside something, in a weaker voice. */
export const muted = (text: string): string => `<span class="roles">${escaped(text)}</span>`;

/** How it is with a host, or how it ended. */
export const badge = (kind: string, text: string): string =>
  `<span class="state ${kind}">${escaped(text)}</span>`;

/** A host, closed. What a link names stands inside, since browsers open what a link leads into. */
export interface HostBox {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly badge: string;
  readonly note: string;
  readonly inside: readonly string[];
}

/** A link to it, or a click, opens it. */
export const hostBox = ({ id, kind, name, badge: state, note, inside }: HostBox): string =>
  `<details class="${kind}"><summary><b>${escaped(name)}</b>${state === "" ? "" : ` ${state}`} ${muted(note)}</summary><div id="${id}">${inside.join("")}</div></details>`;
