import type { Picture } from "../../model/picture.ts";
import { type CardLine, worstIn, worstOf } from "./cards.ts";
import { heightOf } from "./frames.ts";
import type { Arrow, Box, Card, Chip, Frame, LaidOut, Point } from "./laid-out.ts";
import { escaped, hostId, marked } from "./markup.ts";
import { inLines, lineHeight } from "./measure.ts";
import { colors, pictureStyle } from "./style.ts";
import { description, flawWords, hostWords, summary } from "./words.ts";

/** The picture as a separate file, with its colours, its title and the list of its flaws. */
export function renderSvg(laid: LaidOut): string {
  const width = Math.max(laid.width, 560);
  const footer = footerTexts(laid, width);
  const height = laid.height + footer.height;
  const style = `<style>${colors(".stack")}${pictureStyle}</style>`;
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const paper = `<rect class="paper" width="${width}" height="${height}"/>`;
  const open = `<svg xmlns="http://www.w3.org/2000/svg" class="stack" ${size} ${named("stack", "The stack")}>`;
  const lines = [open, ...labels(laid.picture, "stack"), style, paper, ...body(laid, false), ...footer.lines];
  return `${[...lines, "</svg>"].join("\n")}\n`;
}

/** The picture inside a page. Its hosts link to `#host-NAME`. `id` must be unique on the page. */
export function inlineSvg(laid: LaidOut, id: string): string {
  const { width, height } = laid;
  const open = `<svg class="stack ${id}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${named(id, "Picture of the stack")}>`;
  return [open, ...labels(laid.picture, id), ...body(laid, true), "</svg>"].join("\n");
}

const named = (id: string, kind: string): string =>
  `role="graphics-document" aria-roledescription="${kind}" aria-labelledby="${id}-title" aria-describedby="${id}-desc"`;

const labels = (picture: Picture, id: string): readonly string[] => [
  `<title id="${id}-title">${escaped(summary(picture))}</title>`,
  `<desc id="${id}-desc">${escaped(description(picture))}</desc>`,
];

/** Arrows are drawn over frames, and cards over arrows. */
function body({ picture, frames, arrows }: LaidOut, linked: boolean): readonly string[] {
  return [
    ...frames.map((frame, i) => frameMarkup(frame, i)),
    ...arrows.map(arrowMarkup),
    ...frames.flatMap(({ cards, chips }, i) => [
      ...cards.map((card) => cardMarkup(card, i)),
      ...chips.map((chip) => chipMarkup(chip, picture, linked)),
    ]),
    ...arrows.map(arrowLabel),
  ];
}

/** The number of colours for tiers. They repeat after that. */
const hues = 6;

/** The colour class of a tier. Users have none. */
const hue = (frame: number): string => `hue-${frame % hues}`;

const rect = ({ x, y, width, height }: Box, round: number): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${round}"/>`;

function frameMarkup(frame: Frame, i: number): string {
  const { tier } = frame;
  const label = tier === undefined ? "Users" : `Tier ${tier.tier}`;
  const kind = `${marked("frame", tier?.mark)} ${tier === undefined ? "users" : hue(i)}`;
  return `<g class="${kind}" role="graphics-object" aria-label="${escaped(label)}">${rect(frame, 12)}${texts(frame, frame.lines, 14, 10)}</g>`;
}

/** A card shows the colour of its tier at its left edge. Its mark is that of its worst line. */
function cardMarkup(card: Card, i: number): string {
  const label = card.lines.map(({ text }) => text).join(", ");
  const { x, y, height } = card;
  const edge = `<path class="edge" d="M${x + 6} ${y}h-1a5 5 0 0 0 -5 5v${height - 10}a5 5 0 0 0 5 5h1z"/>`;
  return `<g class="${marked("card", worstOf(card.lines))} ${hue(i)}" role="graphics-object" aria-label="${escaped(label)}">${rect(card, 6)}${edge}${texts(card, card.lines, 14, 9)}</g>`;
}

function texts(box: Box, lines: readonly CardLine[], left: number, top: number): string {
  let y = box.y + top;
  return lines
    .map(({ text, kind, mark }) => {
      y += lineHeight(kind);
      return `<text class="${marked(`t-${kind}`, mark)}" x="${box.x + left}" y="${y - 5}">${escaped(text)}</text>`;
    })
    .join("");
}

function chipMarkup(chip: Chip, picture: Picture, linked: boolean): string {
  const host = picture.hosts.find(({ name }) => name === chip.name);
  const words = host === undefined ? chip.name : hostWords(host);
  const kind = `${marked("chip", chip.mark)}${host?.state === undefined ? "" : ` ${host.state.word}`}`;
  const middle = chip.x + chip.width / 2;
  const top = chip.y + (chip.height - heightOf(chip.lines)) / 2;
  const lines = chip.lines.map(
    ({ text, kind: set }, i) =>
      `<text class="t-host" x="${middle}" y="${top + (i + 1) * lineHeight(set) - 5}" text-anchor="middle">${escaped(text)}</text>`,
  );
  // Line ends keep the words apart for screen readers.
  const inside = `<title>${escaped(words)}</title>${rect(chip, 14)}${lines.join("\n")}`;
  if (!linked)
    return `<g class="${kind}" role="graphics-symbol" aria-label="${escaped(words)}">${inside}</g>`;
  // The name of a link begins with its visible text, so that speech control can find it.
  const name = escaped(`${chip.lines.map(({ text }) => text).join(" ")}: ${words}`);
  return `<a class="${kind}" href="#${hostId(chip.name)}" aria-label="${name}">${inside}</a>`;
}

function arrowMarkup({ words, points }: Arrow): string {
  return `<g role="graphics-symbol" aria-label="${escaped(words)}"><path class="arrow" d="${bent(points)}"/>${head(points)}</g>`;
}

/** A path through some points, with rounded corners. */
function bent(points: readonly Point[]): string {
  return points
    .map((point, i) => {
      const [before, after] = [points[i - 1], points[i + 1]];
      if (before === undefined) return `M${point.x} ${point.y}`;
      if (after === undefined) return `L${point.x} ${point.y}`;
      const [from, to] = [toward(point, before), toward(point, after)];
      return `L${from.x} ${from.y}Q${point.x} ${point.y} ${to.x} ${to.y}`;
    })
    .join("");
}

/** A point near a corner in the direction of the next point, at most half the way. */
function toward(corner: Point, next: Point): Point {
  const length = Math.hypot(next.x - corner.x, next.y - corner.y);
  const part = length === 0 ? 0 : Math.min(8, length / 2) / length;
  const near = (a: number, b: number): number => Math.round((a + (b - a) * part) * 10) / 10;
  return { x: near(corner.x, next.x), y: near(corner.y, next.y) };
}

/** The head of an arrow: a triangle at the end of its last segment. */
function head(points: readonly Point[]): string {
  const [before, end] = points.slice(-2);
  if (before === undefined || end === undefined) return "";
  const [dx, dy] = [Math.sign(end.x - before.x), Math.sign(end.y - before.y)];
  const corner = (side: number): string =>
    `${end.x - 9 * dx + side * 5 * dy},${end.y - 9 * dy + side * 5 * dx}`;
  return `<polygon class="head" points="${end.x},${end.y} ${corner(1)} ${corner(-1)}"/>`;
}

function arrowLabel({ label }: Arrow): string {
  if (label === undefined) return "";
  return `<g class="label" aria-hidden="true">${texts(label, label.lines, 4, 2)}</g>`;
}

/** The summary and every flaw, below the picture. */
function footerTexts({ picture, height }: LaidOut, width: number) {
  let y = height + 4;
  const line = (text: string, name: string): string => {
    y += 18;
    return `<text class="${name}" x="16" y="${y}">${escaped(text)}</text>`;
  };
  const verdict = `t-service ${worstIn(picture) ?? "sound"}`;
  const lines = [
    ...inLines(summary(picture), "role", width - 40).map((text) => line(text, verdict)),
    ...(picture.seen === undefined ? [] : [line(`Seen ${picture.seen}.`, "t-note")]),
    ...picture.flaws.flatMap((flaw) => {
      y += 6;
      const [what = "", ...rest] = flawWords(flaw);
      return [
        ...inLines(what, "role", width - 40).map((text) => line(text, marked("t-service", flaw.severity))),
        ...rest.flatMap((words) => inLines(words, "note", width - 40).map((text) => line(text, "t-note"))),
      ];
    }),
  ];
  return { lines, height: y - height + 18 };
}
