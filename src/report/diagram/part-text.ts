import type { PicturePart } from "../../model/picture.ts";
import { sentencesOf } from "../explain.ts";
import { numbersOf, serviceText } from "./cards.ts";
import { escaped, hostId } from "./markup.ts";

/** A list of markup; nothing where there is none. */
export const list = (items: readonly string[], kind = ""): string =>
  items.length === 0 ? "" : `<ul${kind}>${items.map((item) => `<li>${item}</li>`).join("")}</ul>`;

/** Leads to what is known of a host. */
export const hostLink = (name: string): string => `<a href="#${hostId(name)}">${escaped(name)}</a>`;

/** What to click to learn of flaws. */
export const flawLinks = (flaws: readonly number[]): string =>
  flaws.map((number) => `<a href="#flaw-${number}">flaw ${number}</a>`).join(", ");

/** The services of a part, with the signs of their flaws. */
export const serviceList = ({ services }: PicturePart): string =>
  list(
    services.map(
      (one) =>
        `<span${one.mark === undefined ? "" : ` class="${one.mark}"`}>${escaped(serviceText(one) + numbersOf(one))}</span>`,
    ),
    ' class="services"',
  );

/** How a part is redundant, in the words of `provision explain`. */
export const explanation = ({ report }: PicturePart): string =>
  report === undefined
    ? "<p>It serves its own host only.</p>"
    : sentencesOf(report)
        .map((sentence) => `<p>${escaped(sentence)}</p>`)
        .join("");
