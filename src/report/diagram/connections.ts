import { groupBy } from "../../base/text.ts";
import type { Picture, PictureNeed } from "../../model/picture.ts";
import { needBetween, type Shape } from "./frames.ts";
import type { Frame } from "./laid-out.ts";
import { needWords } from "./words.ts";

/** An arrow without a position: from card to card, or from frame to frame. */
export interface Connection {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly services: readonly string[];
  readonly words: string;
}

/** The id of a need's arrow, and its text. */
export const needArrow = (need: PictureNeed): Pick<Connection, "id" | "words"> => ({
  id: `role:${need.from}>role:${need.to}`,
  words: needWords(need),
});

/**
 * All arrows, except those between neighbours of one frame. On a narrow picture, only one from each frame to the next: its cards
 * list their other needs.
 */
export function connectionsOf(
  picture: Picture,
  frames: readonly Frame[],
  shape: Shape,
): readonly Connection[] {
  const connections = cardConnections(picture).filter(
    ({ from, to }) => !areNeighbours(picture, frames, from, to),
  );
  if (shape === "wide") return connections;
  const frameOf = (card: string): string =>
    frames.find(({ cards }) => cards.some(({ id }) => id === card))?.id ?? "";
  const framed = connections.map((one) => ({ ...one, from: frameOf(one.from), to: frameOf(one.to) }));
  const between = framed.filter(
    ({ from, to }) =>
      frames.findIndex(({ id }) => id === to) === frames.findIndex(({ id }) => id === from) + 1,
  );
  const byEnds = groupBy(between, ({ from, to }) => `${from}>${to}`);
  return [...byEnds].flatMap(([id, same]) => {
    const [first] = same;
    const words = [...new Set(same.map((one) => one.words))].join("; ");
    return first === undefined ? [] : [{ ...first, id, services: [], words }];
  });
}

function cardConnections({ needs, addresses, open }: Picture): readonly Connection[] {
  const userConnection = (from: string, role: string, words: string): Connection => {
    const to = `role:${role}`;
    return { id: `${from}>${to}`, from, to, services: [], words };
  };
  return [
    ...addresses.flatMap(({ address, roles }) =>
      roles.map((role) => userConnection(`vip:${address}`, role, `users reach ${role} at ${address}`)),
    ),
    ...open.map((role) => userConnection("direct", role, `users reach ${role} at its hosts' own addresses`)),
    ...needs.map((need) => ({
      ...needArrow(need),
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
