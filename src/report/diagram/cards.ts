import { listed } from "../../base/listed.ts";
import type {
  Flawed,
  Mark,
  Picture,
  PictureAddress,
  PictureHost,
  PicturePart,
  PictureService,
  PictureTier,
} from "../../model/picture.ts";
import { inLines, type LineKind } from "./measure.ts";
import { needWords, seenStates, shareWords } from "./words.ts";

/** One line of text in a box. */
export interface CardLine extends Flawed {
  readonly text: string;
  readonly kind: LineKind;
}

/** ` ⚠ 1, 2`: the sign of something wrong and the numbers of its flaws, for those who see no colours. */
export const numbersOf = ({ flaws }: Flawed): string => (flaws.length === 0 ? "" : ` ⚠ ${flaws.join(", ")}`);

/** The worse of some marks; none where all is well. */
export function worstOf(things: readonly { readonly mark?: Mark }[]): Mark | undefined {
  if (things.some(({ mark }) => mark === "outage")) return "outage";
  return things.some(({ mark }) => mark === "risk") ? "risk" : undefined;
}

/** `http 80`. */
export const serviceText = ({ name, port, protocol }: PictureService): string =>
  `${name} ${protocol === "vrrp" ? "VRRP" : protocol === "udp" ? `UDP ${port}` : port}`;

const plain = (kind: LineKind, texts: readonly string[]): readonly CardLine[] =>
  texts.map((text) => ({ text, kind, flaws: [] }));

/** Sound services share lines, a flawed one has its own. */
function serviceLines(services: readonly PictureService[], pixels: number): readonly CardLine[] {
  const sound = services.filter(({ mark }) => mark === undefined).map(serviceText);
  // A service stays on one line with its port.
  const together = sound.map((text) => text.replaceAll(" ", "\u00a0")).join(", ");
  const lines = sound.length === 0 ? [] : inLines(together, "service", pixels);
  return [
    ...plain(
      "service",
      lines.map((text) => text.replaceAll("\u00a0", " ")),
    ),
    ...services
      .filter(({ mark }) => mark !== undefined)
      .flatMap((one) =>
        inLines(serviceText(one) + numbersOf(one), "service", pixels).map(
          (text): CardLine => ({ ...one, text, kind: "service" }),
        ),
      ),
  ];
}

/** What a card is for: its tier and its picture, and how wide its text may be. */
export interface CardSetting {
  readonly tier: PictureTier;
  readonly picture: Picture;
  readonly pixels: number;
  /** Also who needs what, where no arrow says it. */
  readonly needs: boolean;
}

/** The role, its services, how it is redundant, and where it runs if not on all hosts of its tier. */
export function partLines(part: PicturePart, setting: CardSetting): readonly CardLine[] {
  const { pixels, picture } = setting;
  const note = (text: string): readonly CardLine[] =>
    text === "" ? [] : plain("note", inLines(text, "note", pixels));
  const needs = setting.needs ? picture.needs.filter(({ from }) => from === part.role) : [];
  return [
    ...plain("role", inLines(part.role, "role", pixels)),
    ...serviceLines(part.services, pixels),
    ...note(wordsOf(part)),
    ...note(whereabouts(part, setting)),
    ...needs.flatMap((need) => plain("need", inLines(needWords(need), "need", pixels))),
  ];
}

/** How a part is redundant, in one or two sentences. */
function wordsOf({ report }: PicturePart): string {
  if (report === undefined) return "";
  const [first] = report.services;
  if (first === undefined) return report.hosts.length === 1 ? "Alone on its host." : "";
  if (report.scope !== "stack" || first.hosts.length === 1) return first.shape;
  if (first.spare === 0) return `${first.shape} None may be lost.`;
  return `${first.shape} ${first.spare === 1 ? "One" : first.spare} may be lost.`;
}

/** Where a part runs, if that is not plain from its tier. */
function whereabouts({ hosts }: PicturePart, { tier, picture }: CardSetting): string {
  if (tier.tier === "base") return shareWords(hosts.length, picture.hosts.length);
  return hosts.length === tier.hosts.length ? "" : `On ${listed(hosts)} only.`;
}

/** An address that moves, and the hosts that can carry it. */
export function addressLines(one: PictureAddress, pixels: number): readonly CardLine[] {
  const where = one.hosts.length === 1 ? `on ${one.hosts[0]} only` : `moves between ${listed(one.hosts)}`;
  const title = inLines(`VIP ${one.address}${numbersOf(one)}`, "role", pixels);
  return [
    ...title.map((text): CardLine => ({ ...one, text, kind: "role" })),
    ...plain("note", inLines(where, "note", pixels)),
  ];
}

/** Users who name hosts themselves. */
export const directLines = (pixels: number): readonly CardLine[] => [
  ...plain("role", ["directly"]),
  ...plain("note", inLines("at the hosts' own addresses", "note", pixels)),
];

const seenOn = (host: PictureHost | undefined) => seenStates.find(({ word }) => word === host?.state?.word);

/** What is wrong with a host, be it seen there or told by the inventory; the worse of both. */
export function markOf({ mark }: Flawed, host: PictureHost | undefined): Mark | undefined {
  const seen = seenOn(host)?.mark;
  return seen === "outage" ? seen : (mark ?? seen);
}

/** The worst of a whole picture: flaws of the inventory, and what was seen. */
export const worstIn = ({ flaws, hosts }: Picture): Mark | undefined =>
  worstOf([
    ...flaws.map(({ severity }) => ({ mark: severity })),
    ...hosts.flatMap((host) => {
      const mark = markOf({ flaws: [] }, host) ?? (host.state?.word === "pending" ? "risk" : undefined);
      return mark === undefined ? [] : [{ mark }];
    }),
  ]);

/** A host's name as its chip shows it: what was seen there before it, its flaws after it. */
export function chipText(name: string, flawed: Flawed, host: PictureHost | undefined): string {
  const seen = seenOn(host);
  const notes = (host?.state?.notes ?? []).map((note) => ` · ${note}`).join("");
  return `${seen === undefined ? "" : `${seen.sign} `}${name}${numbersOf(flawed)}${notes}`;
}
