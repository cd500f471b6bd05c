import { printable } from "../../base/text.ts";
import type { Mark } from "../../model/picture.ts";
import type { Source } from "../../model/source.ts";

const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text escaped for SVG and HTML, also for quoted attributes. */
export const escaped = (text: string): string =>
  printable(text).replace(/[&<>"]/g, (letter) => named[letter] ?? letter);

/** The id of a host for links. Characters that are unsafe in a URL become code points. */
export const hostId = (name: string): string => `host-${plain(name)}`;

/** The same for a tier. */
export const tierId = (name: string): string => `tier-${plain(name)}`;

const plain = (name: string): string =>
  name.replace(/[^A-Za-z0-9.-]/g, (letter) => `_${letter.codePointAt(0)?.toString(16)}_`);

/** The class of an element, and that of its mark. */
export const marked = (name: string, mark: Mark | undefined): string =>
  mark === undefined ? name : `${name} ${mark}`;

/** A list of markup; empty without items. */
export const list = (items: readonly string[], kind = ""): string =>
  items.length === 0 ? "" : `<ul${kind}>${items.map((item) => `<li>${item}</li>`).join("")}</ul>`;

/** A link to a place on the page. */
export const link = (id: string, text: string): string => `<a href="#${id}">${escaped(text)}</a>`;

/** A place in the inventory. */
export const sourceText = ({ file, line, col }: Source): string =>
  `<code>${escaped(`${file}:${line}:${col}`)}</code>`;

/** Text in a weaker colour. */
export const muted = (text: string): string => `<span class="roles">${escaped(text)}</span>`;

/** The state of a host, or how it ended. */
export const badge = (kind: string, text: string): string =>
  `<span class="state ${kind}">${escaped(text)}</span>`;

/** A host as closed <details>. The id is inside, because browsers open the <details> around the target of a link. */
export interface HostBox {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly badge: string;
  readonly note: string;
  readonly inside: readonly string[];
}

/** The markup of a host. A link to it, or a click, opens it. */
export const hostBox = ({ id, kind, name, badge: state, note, inside }: HostBox): string =>
  `<details class="${kind}"><summary><b>${escaped(name)}</b>${state === "" ? "" : ` ${state}`} ${muted(note)}</summary><div id="${id}">${inside.join("")}</div></details>`;
