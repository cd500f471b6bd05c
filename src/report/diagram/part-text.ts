import type { PicturePart } from "../../model/picture.ts";
import { sentencesOf } from "../explain.ts";
import { numbersOf, serviceText } from "./cards.ts";
import { escaped, hostId, link, list } from "./markup.ts";

/** A link to the details of a host. */
export const hostLink = (name: string): string => link(hostId(name), name);

/** Links to flaws. */
export const flawLinks = (flaws: readonly number[]): string =>
  flaws.map((number) => link(`flaw-${number}`, `flaw ${number}`)).join(", ");

/** The services of a part, with the numbers of their flaws. */
export const serviceList = ({ services }: PicturePart): string =>
  list(
    services.map(
      (one) =>
        `<span${one.mark === undefined ? "" : ` class="${one.mark}"`}>${escaped(serviceText(one) + numbersOf(one))}</span>`,
    ),
    ' class="services"',
  );

/** The redundancy of a part, in the words of `provision explain`. */
export const explanation = ({ report }: PicturePart): string =>
  report === undefined
    ? "<p>It serves its own host only.</p>"
    : sentencesOf(report)
        .map((sentence) => `<p>${escaped(sentence)}</p>`)
        .join("");
