import type { ElkExtendedEdge, ElkNode, ElkPort, LayoutOptions } from "elkjs/lib/elk.bundled.js";
import type { Picture } from "../../model/picture.ts";
import type { CardLine } from "./cards.ts";
import { framesOf, heightOf, needBetween, type Shape } from "./frames.ts";
import type { Arrow, Box, Card, Frame, LaidOut } from "./laid-out.ts";
import { type Line, linesOf, linkOf } from "./lines.ts";
import { textWidth } from "./measure.ts";

/** Finds a place for everything. The same picture gets the same places. */
export async function layOut(picture: Picture, shape: Shape): Promise<LaidOut> {
  const { default: elk } = await import("elkjs/lib/elk.bundled.js");
  const frames = framesOf(picture, shape);
  const lines = linesOf(picture, frames, shape);
  const graph: ElkNode = {
    id: "stack",
    layoutOptions: { ...common, ...shaped[shape] },
    children: frames.map((frame, row) => nodeOf(frame, row, lines, shape)),
    edges: lines.map((line) => edgeOf(line, shape)),
  };
  const root: ElkNode = await new elk.default().layout(graph);
  const placed = frames.map((frame) => moved(frame, root));
  return {
    picture,
    width: Math.ceil(root.width ?? 0),
    height: Math.ceil(root.height ?? 0),
    frames: placed,
    arrows: [
      ...(root.edges ?? []).flatMap((edge) => arrowOf(edge, lines, placed, shape)),
      ...placed.flatMap((frame) => innerArrows(frame, picture)),
    ],
  };
}

const common: LayoutOptions = {
  "elk.algorithm": "layered",
  "elk.padding": "[top=14,left=14,bottom=14,right=14]",
  "elk.spacing.nodeNode": "22",
  "elk.spacing.edgeNode": "14",
  "elk.spacing.edgeEdge": "12",
  "elk.spacing.edgeLabel": "3",
  "elk.layered.spacing.edgeNodeBetweenLayers": "14",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "12",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
};

const shaped: Readonly<Record<Shape, LayoutOptions>> = {
  wide: {
    "elk.direction": "RIGHT",
    "elk.layered.spacing.nodeNodeBetweenLayers": "26",
  },
  narrow: {
    "elk.direction": "DOWN",
    "elk.partitioning.activate": "true",
    "elk.separateConnectedComponents": "false",
    "elk.layered.spacing.nodeNodeBetweenLayers": "26",
    "elk.padding": "[top=4,left=2,bottom=4,right=2]",
  },
};

/** On a wide picture an arrow leaves a frame at the height of its card; on a narrow one from the frame. */
function nodeOf(
  { id, tier, width, height, cards }: Frame,
  row: number,
  lines: readonly Line[],
  shape: Shape,
): ElkNode {
  if (shape === "narrow") {
    return { id, width, height, layoutOptions: { "elk.partitioning.partition": String(row) } };
  }
  const ports = cards.flatMap((card) => [
    ...portsOn(
      card,
      lines.filter(({ from }) => from === card.id).map((line) => `${line.id}:out`),
      width,
    ),
    ...portsOn(
      card,
      lines.filter(({ to }) => to === card.id).map((line) => `${line.id}:in`),
      0,
    ),
  ]);
  // Users stand at the outer end, beside whatever else nobody needs.
  const first = tier === undefined ? { "elk.layered.layering.layerConstraint": "FIRST" } : {};
  return { id, width, height, ports, layoutOptions: { ...first, "elk.portConstraints": "FIXED_POS" } };
}

/** The ends of arrows at one side of a card, evenly spread. */
function portsOn(card: Card, ids: readonly string[], x: number): readonly ElkPort[] {
  const side = x === 0 ? "WEST" : "EAST";
  return ids.map((id, i) => ({
    id,
    x,
    y: card.y + (card.height * (i + 1)) / (ids.length + 1),
    width: 0,
    height: 0,
    layoutOptions: { "elk.port.side": side },
  }));
}

function edgeOf({ id, from, to, services }: Line, shape: Shape): ElkExtendedEdge {
  if (shape === "narrow") return { id, sources: [from], targets: [to] };
  const ends = { id, sources: [`${id}:out`], targets: [`${id}:in`] };
  if (services.length === 0) return ends;
  const lines = labelLines(services);
  return { ...ends, labels: [{ text: services.join("\n"), ...labelSize(lines) }] };
}

const labelLines = (services: readonly string[]): readonly CardLine[] =>
  services.map((text) => ({ text, kind: "need", flaws: [] }));

const labelSize = (lines: readonly CardLine[]) => ({
  width: Math.max(0, ...lines.map(({ text }) => textWidth(text, "need"))) + 8,
  height: heightOf(lines) + 4,
});

const round = (pixels: number | undefined): number => Math.round((pixels ?? 0) * 2) / 2;

/** A frame and all that stands in it, where the layout has put the frame. */
function moved(frame: Frame, { children }: ElkNode): Frame {
  const node = (children ?? []).find(({ id }) => id === frame.id);
  const [dx, dy] = [round(node?.x), round(node?.y)];
  const shift = <B extends Box>(box: B): B => ({ ...box, x: box.x + dx, y: box.y + dy });
  return { ...shift(frame), cards: frame.cards.map(shift), chips: frame.chips.map(shift) };
}

/** From card to card: the layout knows of frames only, so that both ends are made longer by what lies between. */
function arrowOf(
  { id, sections, labels }: ElkExtendedEdge,
  lines: readonly Line[],
  frames: readonly Frame[],
  shape: Shape,
): readonly Arrow[] {
  const line = lines.find((one) => one.id === id);
  const [section] = sections ?? [];
  if (line === undefined || section === undefined) return [];
  const { startPoint, bendPoints, endPoint } = section;
  const cards = frames.flatMap((frame) => frame.cards);
  const [start, end] = [line.from, line.to].map((name) => cards.find((card) => card.id === name));
  const inner = shape === "wide" && start !== undefined && end !== undefined;
  const points = [
    inner ? { x: start.x + start.width, y: startPoint.y } : startPoint,
    ...(bendPoints ?? []),
    inner ? { x: end.x, y: endPoint.y } : endPoint,
  ].map(({ x, y }) => ({ x: round(x), y: round(y) }));
  const [label] = labels ?? [];
  if (label === undefined) return [{ id, words: line.words, points }];
  const { x, y, width, height } = label;
  const box = { x: round(x), y: round(y), width: round(width), height: round(height) };
  return [
    { id, words: line.words, points, label: { id: `label:${id}`, lines: labelLines(line.services), ...box } },
  ];
}

/** Between neighbours of one frame, straight down. */
function innerArrows({ cards }: Frame, picture: Picture): readonly Arrow[] {
  return cards.flatMap((card, i) => {
    const above = cards[i - 1];
    const need = above === undefined ? undefined : needBetween(picture, above.id, card.id);
    if (above === undefined || need === undefined) return [];
    const x = card.x + 24;
    const points = [
      { x, y: above.y + above.height },
      { x, y: card.y },
    ];
    const lines = labelLines([need.services.join(" · ")]);
    const size = labelSize(lines);
    const y = (above.y + above.height + card.y - size.height) / 2;
    const link = linkOf(need);
    return [{ ...link, points, label: { id: `label:${link.id}`, lines, x: x + 6, y: round(y), ...size } }];
  });
}
