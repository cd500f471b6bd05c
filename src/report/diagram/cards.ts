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

/** ` ⚠ 1, 2`: a warning sign and the numbers of the flaws, for readers who cannot see the colours. */
export const numbersOf = ({ flaws }: Flawed): string => (flaws.length === 0 ? "" : ` ⚠ ${flaws.join(", ")}`);

/** The worst mark; `undefined` if nothing has one. */
export function worstOf(things: readonly { readonly mark?: Mark }[]): Mark | undefined {
  if (things.some(({ mark }) => mark === "outage")) return "outage";
  return things.some(({ mark }) => mark === "risk") ? "risk" : undefined;
}

/** `http 80`. */
export const serviceText = ({ name, port, protocol }: PictureService): string =>
  `${name} ${protocol === "vrrp" ? "VRRP" : protocol === "udp" ? `UDP ${port}` : port}`;

const plain = (kind: LineKind, texts: readonly string[]): readonly CardLine[] =>
  texts.map((text) => ({ text, kind, flaws: [] }));

/** Services without a flaw share lines. A service with a flaw has separate lines. */
function serviceLines(services: readonly PictureService[], pixels: number): readonly CardLine[] {
  const sound = services.filter(({ mark }) => mark === undefined).map(serviceText);
  // Keeps a service and its port on one line.
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

/** The context of a card: its tier, its picture, and how wide its text may be. */
export interface CardSetting {
  readonly tier: PictureTier;
  readonly picture: Picture;
  readonly pixels: number;
  /** Whether to list needs, for pictures without arrows between cards. */
  readonly needs: boolean;
}

/** The role, its services, its redundancy, and its hosts if they are not all hosts of the tier. */
export function partLines(part: PicturePart, setting: CardSetting): readonly CardLine[] {
  const { pixels, picture } = setting;
  const note = (text: string): readonly CardLine[] =>
    text === "" ? [] : plain("note", inLines(text, "note", pixels));
  const needs = setting.needs ? picture.needs.filter(({ from }) => from === part.role) : [];
  return [
    ...plain("role", inLines(part.role, "role", pixels)),
    ...serviceLines(part.services, pixels),
    ...note(redundancyText(part)),
    ...note(whereabouts(part, setting)),
    ...needs.flatMap((need) => plain("need", inLines(needWords(need), "need", pixels))),
  ];
}

/** The redundancy of a part, in one or two sentences. */
function redundancyText({ report }: PicturePart): string {
  if (report === undefined) return "";
  const [first] = report.services;
  if (first === undefined) return report.hosts.length === 1 ? "Alone on its host." : "";
  if (report.scope !== "stack" || first.hosts.length === 1) return first.shape;
  if (first.spare === 0) return `${first.shape} None may be lost.`;
  return `${first.shape} ${first.spare === 1 ? "One" : first.spare} may be lost.`;
}

/** Where a part runs, if it is not on all hosts of its tier. */
function whereabouts({ hosts }: PicturePart, { tier, picture }: CardSetting): string {
  if (tier.tier === "base") return shareWords(hosts.length, picture.hosts.length);
  return hosts.length === tier.hosts.length ? "" : `On ${listed(hosts)} only.`;
}

/** An address that moves, and the hosts that can hold it. */
export function addressLines(one: PictureAddress, pixels: number): readonly CardLine[] {
  const where = one.hosts.length === 1 ? `on ${one.hosts[0]} only` : `moves between ${listed(one.hosts)}`;
  const title = inLines(`VIP ${one.address}${numbersOf(one)}`, "role", pixels);
  return [
    ...title.map((text): CardLine => ({ ...one, text, kind: "role" })),
    ...plain("note", inLines(where, "note", pixels)),
  ];
}

/** The card for users who connect to the addresses of hosts. */
export const directLines = (pixels: number): readonly CardLine[] => [
  ...plain("role", ["directly"]),
  ...plain("note", inLines("at the hosts' own addresses", "note", pixels)),
];

const seenOn = (host: PictureHost | undefined) => seenStates.find(({ word }) => word === host?.state?.word);

/** The mark of a host: the worse of its flaws in the inventory and its observed state. */
export function markOf({ mark }: Flawed, host: PictureHost | undefined): Mark | undefined {
  const seen = seenOn(host)?.mark;
  return seen === "outage" ? seen : (mark ?? seen);
}

/** The worst mark of a whole picture, from flaws of the inventory and observed states. */
export const worstIn = ({ flaws, hosts }: Picture): Mark | undefined =>
  worstOf([
    ...flaws.map(({ severity }) => ({ mark: severity })),
    ...hosts.flatMap((host) => {
      const mark = markOf({ flaws: [] }, host) ?? (host.state?.word === "pending" ? "risk" : undefined);
      return mark === undefined ? [] : [{ mark }];
    }),
  ]);

/** The text of a host's chip: the sign of its state, its name, its flaws and its notes. */
export function chipText(name: string, flawed: Flawed, host: PictureHost | undefined): string {
  const seen = seenOn(host);
  const notes = (host?.state?.notes ?? []).map((note) => ` · ${note}`).join("");
  return `${seen === undefined ? "" : `${seen.sign} `}${name}${numbersOf(flawed)}${notes}`;
}
