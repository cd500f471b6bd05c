import type { Picture, PictureNeed, PictureTier } from "../../model/picture.ts";
import { addressLines, type CardLine, chipText, directLines, numbersOf, partLines } from "./cards.ts";
import type { Box, Card, Chip, Frame } from "./laid-out.ts";
import { inLines, lineHeight, textWidth } from "./measure.ts";

/** `wide`: tiers side by side, for a screen or paper. `narrow`: tiers one below the other, for a phone. */
export type Shape = "wide" | "narrow";

/** In pixels: inside a frame, between chips, between cards, between cards with an arrow, and inside a card. */
const inset = 14;
const gap = 8;
const cardGap = 12;
const arrowGap = 38;
const padding = 12;
/** The most rows of hosts in a tier, on a wide picture. */
const mostRows = 12;
/** The most pixels of a text in a card. */
const room: Readonly<Record<Shape, number>> = { wide: 226, narrow: 236 };

/** The height of some lines, one below the other. */
export const heightOf = (lines: readonly CardLine[]): number =>
  lines.reduce((sum, { kind }) => sum + lineHeight(kind), 0);

/** The need between two neighbour cards of a frame, if there is one. */
export const needBetween = (picture: Picture, upper: string, lower: string): PictureNeed | undefined =>
  picture.needs.find(({ from, to }) => `role:${from}` === upper && `role:${to}` === lower);

/** All frames. The origin of each is its upper left corner. */
export function framesOf(picture: Picture, shape: Shape): readonly Frame[] {
  const tiers = picture.tiers.map((tier) => tierFrame(tier, picture, shape));
  const entry = entryFrame(picture, shape);
  return entry === undefined ? tiers : [entry, ...tiers];
}

/** The frame of the users: the addresses that they connect to. */
function entryFrame(picture: Picture, shape: Shape): Frame | undefined {
  const pixels = room[shape] - 40;
  const cards = [
    ...picture.addresses.map((one) => ({ id: `vip:${one.address}`, lines: addressLines(one, pixels) })),
    ...(picture.open.length === 0 ? [] : [{ id: "direct", lines: directLines(pixels) }]),
  ];
  if (cards.length === 0) return undefined;
  const heading: CardLine = { text: "USERS", kind: "tier", flaws: [] };
  return stacked({
    id: "users",
    heading,
    chips: [],
    cards,
    picture,
    least: shape === "narrow" ? room[shape] + 2 * padding : 0,
  });
}

function tierFrame(tier: PictureTier, picture: Picture, shape: Shape): Frame {
  const pixels = room[shape];
  const setting = { tier, picture, pixels, needs: shape === "narrow" };
  const cards = tier.parts.map((part) => ({ id: `role:${part.role}`, lines: partLines(part, setting) }));
  const text = `${tier.tier.toUpperCase()}${numbersOf(tier)}`;
  const heading: CardLine = { ...tier, text, kind: "tier" };
  const chips = chipsOf(tier, picture, pixels + 2 * padding, shape);
  return {
    tier,
    ...stacked({ id: `tier:${tier.tier}`, heading, chips, cards, picture, least: pixels + 2 * padding }),
  };
}

interface Stack {
  readonly id: string;
  readonly heading: CardLine;
  readonly chips: readonly Chip[];
  readonly cards: readonly Omit<Card, keyof Box>[];
  readonly picture: Picture;
  /** The least width of its cards, in pixels. */
  readonly least: number;
}

/** Heading, hosts and cards, one below the other. */
function stacked({ id, heading, chips, cards, picture, least }: Stack): Frame {
  const texts = cards.flatMap(({ lines }) => lines.map(({ text, kind }) => textWidth(text, kind)));
  const inner = Math.max(
    least,
    textWidth(heading.text, heading.kind),
    ...texts.map((width) => width + 2 * padding),
    ...chips.map(({ x, width }) => x + width),
  );
  const top = 10 + lineHeight("tier") + 6;
  const chipsEnd = Math.max(0, ...chips.map(({ y, height }) => y + height + cardGap));
  let y = top + chipsEnd;
  let above = "";
  const placed = cards.map((card): Card => {
    if (above !== "") y += needBetween(picture, above, card.id) === undefined ? cardGap : arrowGap;
    const height = heightOf(card.lines) + 2 * padding - 4;
    const box = { x: inset, y, width: inner, height };
    y += height;
    above = card.id;
    return { ...card, ...box };
  });
  return {
    id,
    lines: [heading],
    cards: placed,
    chips: chips.map((chip) => ({ ...chip, x: chip.x + inset, y: chip.y + top })),
    ...{ x: 0, y: 0, width: inner + 2 * inset, height: (cards.length === 0 ? y - cardGap : y) + inset },
  };
}

/** Hosts in rows, as many in each as fit. All are equally wide. */
function chipsOf(tier: PictureTier, picture: Picture, width: number, shape: Shape): readonly Chip[] {
  const texts = tier.hosts.map((host) => {
    const seen = picture.hosts.find(({ name }) => name === host.name);
    return inLines(chipText(host.name, host, seen), "host", width - 24);
  });
  const widest = Math.max(0, ...texts.flat().map((text) => textWidth(text, "host"))) + 24;
  const fitting = Math.min(texts.length, Math.floor((width + gap) / (widest + gap)));
  // With many hosts, a tier becomes wider rather than very tall. A phone has no room for that.
  const columns = Math.max(1, fitting, shape === "wide" ? Math.ceil(texts.length / mostRows) : 1);
  const own = Math.max(widest, Math.min((width + gap) / columns - gap, 112));
  // Hosts in a row are equally tall. A host with much text does not stretch the other rows.
  const rowOf = (i: number): number => Math.floor(i / columns);
  const heights: number[] = [];
  texts.forEach((lines, i) => {
    const height = lines.length * lineHeight("host") + 10;
    heights[rowOf(i)] = Math.max(heights[rowOf(i)] ?? 0, height);
  });
  const above = (row: number): number => heights.slice(0, row).reduce((sum, height) => sum + height + gap, 0);
  return tier.hosts.map((host, i) => ({
    ...host,
    lines: (texts[i] ?? []).map((text): CardLine => ({ ...host, text, kind: "host" })),
    x: (i % columns) * (own + gap),
    y: above(rowOf(i)),
    width: own,
    height: heights[rowOf(i)] ?? 0,
  }));
}
