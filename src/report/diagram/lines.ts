import { groupBy } from "../../base/text.ts";
import type { Picture, PictureNeed } from "../../model/picture.ts";
import { needBetween, type Shape } from "./frames.ts";
import type { Frame } from "./laid-out.ts";
import { needWords } from "./words.ts";

/** An arrow that is to be laid out: from card to card, or from frame to frame. */
export interface Line {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly services: readonly string[];
  readonly words: string;
}

/** The name of a need's arrow, and what it says. */
export const linkOf = (need: PictureNeed): Pick<Line, "id" | "words"> => ({
  id: `role:${need.from}>role:${need.to}`,
  words: needWords(need),
});

/**
 * All arrows but those between neighbours of one frame. On a narrow picture, one from a frame to the
 * next: cards say there what else they need. */
export function linesOf(picture: Picture, frames: readonly Frame[], shape: Shape): readonly Line[] {
  const lines = cardLines(picture).filter(({ from, to }) => !areNeighbours(picture, frames, from, to));
  if (shape === "wide") return lines;
  const frameOf = (card: string): string =>
    frames.find(({ cards }) => cards.some(({ id }) => id === card))?.id ?? "";
  const framed = lines.map((line) => ({ ...line, from: frameOf(line.from), to: frameOf(line.to) }));
  const between = framed.filter(
    ({ from, to }) =>
      frames.findIndex(({ id }) => id === to) === frames.findIndex(({ id }) => id === from) + 1,
  );
  const byEnds = groupBy(between, ({ from, to }) => `${from}>${to}`);
  return [...byEnds].flatMap(([id, same]) => {
    const [first] = same;
    const words = [...new Set(same.map((line) => line.words))].join("; ");
    return first === undefined ? [] : [{ ...first, id, services: [], words }];
  });
}

function cardLines({ needs, addresses, open }: Picture): readonly Line[] {
  const way = (from: string, role: string, words: string): Line => {
    const to = `role:${role}`;
    return { id: `${from}>${to}`, from, to, services: [], words };
  };
  return [
    ...addresses.flatMap(({ address, roles }) =>
      roles.map((role) => way(`vip:${address}`, role, `users reach ${role} at ${address}`)),
    ),
    ...open.map((role) => way("direct", role, `users reach ${role} at its hosts' own addresses`)),
    ...needs.map((need) => ({
      ...linkOf(need),
      from: `role:${need.from}`,
      to: `role:${need.to}`,
      services: need.services,
    })),
  ];
}

function areNeighbours(picture: Picture, frames: readonly Frame[], from: string, to: string): boolean {
  return frames.some(({ cards }) => {
    const at = cards.findIndex(({ id }) => id === from);
    return at >= 0 && cards[at + 1]?.id === to && needBetween(picture, from, to) !== undefined;
  });
}
