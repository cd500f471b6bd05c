import type { ElkExtendedEdge, ElkNode, ElkPort, LayoutOptions } from "elkjs/lib/elk.bundled.js";
import type { Picture } from "../../model/picture.ts";
import type { CardLine } from "./cards.ts";
import { type Connection, connectionsOf, needArrow } from "./connections.ts";
import { framesOf, heightOf, needBetween, type Shape } from "./frames.ts";
import type { Arrow, Box, Card, Frame, LaidOut } from "./laid-out.ts";
import { textWidth } from "./measure.ts";

/** Computes all positions. The same picture always gets the same positions. */
export async function layOut(picture: Picture, shape: Shape): Promise<LaidOut> {
  const { default: elk } = await import("elkjs/lib/elk.bundled.js");
  const frames = framesOf(picture, shape);
  const connections = connectionsOf(picture, frames, shape);
  const graph: ElkNode = {
    id: "stack",
    layoutOptions: { ...common, ...shaped[shape] },
    children: frames.map((frame, row) => nodeOf(frame, row, connections, shape)),
    edges: connections.map((connection) => edgeOf(connection, shape)),
  };
  const root: ElkNode = await new elk.default().layout(graph);
  const placed = frames.map((frame) => moved(frame, root));
  return {
    picture,
    width: Math.ceil(root.width ?? 0),
    height: Math.ceil(root.height ?? 0),
    frames: placed,
    arrows: [
      ...(root.edges ?? []).flatMap((edge) => arrowOf(edge, connections, placed, shape)),
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

/** On a wide picture, an arrow leaves a frame at the height of its card. On a narrow one, it leaves from the frame. */
function nodeOf(
  { id, tier, width, height, cards }: Frame,
  row: number,
  connections: readonly Connection[],
  shape: Shape,
): ElkNode {
  if (shape === "narrow") {
    return { id, width, height, layoutOptions: { "elk.partitioning.partition": String(row) } };
  }
  const ports = cards.flatMap((card) => [
    ...portsOn(
      card,
      connections.filter(({ from }) => from === card.id).map((connection) => `${connection.id}:out`),
      width,
    ),
    ...portsOn(
      card,
      connections.filter(({ to }) => to === card.id).map((connection) => `${connection.id}:in`),
      0,
    ),
  ]);
  // Users stand in the first column, with other frames that nobody needs.
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

function edgeOf({ id, from, to, services }: Connection, shape: Shape): ElkExtendedEdge {
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

/** A frame and its content, moved to the position from the layout. */
function moved(frame: Frame, { children }: ElkNode): Frame {
  const node = (children ?? []).find(({ id }) => id === frame.id);
  const [dx, dy] = [round(node?.x), round(node?.y)];
  const shift = <B extends Box>(box: B): B => ({ ...box, x: box.x + dx, y: box.y + dy });
  return { ...shift(frame), cards: frame.cards.map(shift), chips: frame.chips.map(shift) };
}

/** An arrow from card to card. The layout knows only frames, so both ends are extended to the cards. */
function arrowOf(
  { id, sections, labels }: ElkExtendedEdge,
  connections: readonly Connection[],
  frames: readonly Frame[],
  shape: Shape,
): readonly Arrow[] {
  const connection = connections.find((one) => one.id === id);
  const [section] = sections ?? [];
  if (connection === undefined || section === undefined) return [];
  const { startPoint, bendPoints, endPoint } = section;
  const cards = frames.flatMap((frame) => frame.cards);
  const [start, end] = [connection.from, connection.to].map((name) => cards.find((card) => card.id === name));
  const inner = shape === "wide" && start !== undefined && end !== undefined;
  const points = [
    inner ? { x: start.x + start.width, y: startPoint.y } : startPoint,
    ...(bendPoints ?? []),
    inner ? { x: end.x, y: endPoint.y } : endPoint,
  ].map(({ x, y }) => ({ x: round(x), y: round(y) }));
  const [label] = labels ?? [];
  if (label === undefined) return [{ id, words: connection.words, points }];
  const { x, y, width, height } = label;
  const box = { x: round(x), y: round(y), width: round(width), height: round(height) };
  return [
    {
      id,
      words: connection.words,
      points,
      label: { id: `label:${id}`, lines: labelLines(connection.services), ...box },
    },
  ];
}

/** Straight arrows down, between neighbour cards of one frame. */
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
    const arrow = needArrow(need);
    return [{ ...arrow, points, label: { id: `label:${arrow.id}`, lines, x: x + 6, y: round(y), ...size } }];
  });
}
