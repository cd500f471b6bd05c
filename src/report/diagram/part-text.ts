import type { PicturePart } from "../../model/picture.ts";
import { sentencesOf } from "../explain.ts";
import { numbersOf, serviceText } from "./cards.ts";
import { escaped, hostId, link, list } from "./markup.ts";

/** Leads to what is known of a host. */
export const hostLink = (name: string): string => link(hostId(name), name);

/** What to click to learn of flaws. */
export const flawLinks = (flaws: readonly number[]): string =>
  flaws.map((number) => link(`flaw-${number}`, `flaw ${number}`)).join(", ");

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
