import { listed } from "../../base/listed.ts";
import { printable } from "../../base/text.ts";
import { wrap } from "../../base/wrap.ts";
import type {
  Mark,
  Picture,
  PictureHost,
  PictureNeed,
  PicturePart,
  PictureTier,
  Placed,
} from "../../model/picture.ts";
import { addressLines, type CardLine, chipText, markOf, partLines, worstOf } from "./cards.ts";
import { flawWords, summary } from "./words.ts";

/** The most characters of host names in one line. */
const hostLetters = 36;
/** The most pixels of a text in a box. */
const cardPixels = 290;

/** The picture as a Mermaid flowchart, which GitHub and many wikis draw. */
export function renderMermaid(picture: Picture): string {
  const { tiers, addresses, needs, open, flaws } = picture;
  const ids = idsOf(picture);
  const entered = addresses.length > 0 || open.length > 0;
  const lines = [
    "---",
    `title: ${JSON.stringify(summary(picture))}`,
    "---",
    "flowchart TB",
    ...(entered ? ['users(["Users"])'] : []),
    ...addresses.map((one) =>
      node(ids(`vip ${one.address}`), addressLines(one, cardPixels), one.mark, ["([", "])"]),
    ),
    ...tiers.flatMap((tier) => tierLines(tier, picture, ids)),
    ...addresses.map(({ address }) => `users --> ${ids(`vip ${address}`)}`),
    ...addresses.flatMap(({ address, roles }) =>
      roles.map((role) => `${ids(`vip ${address}`)} --> ${ids(`role ${role}`)}`),
    ),
    ...open.map((role) => `users --> ${ids(`role ${role}`)}`),
    ...needs.map((need) => needLine(need, ids)),
    ...flaws.flatMap((flaw) => [
      `flaw${flaw.number}["${flawWords(flaw)
        .map((text) => wrap(text, 60, "").map(quoted).join("<br>"))
        .join("<br>")}"]:::${flaw.severity}`,
    ]),
    "classDef outage fill:#fdeaea,stroke:#b3131b,stroke-width:3px,color:#8c0d14",
    "classDef risk fill:#fff3dc,stroke:#8a5300,stroke-width:2px,stroke-dasharray:6 3,color:#6b4000",
    "classDef pending fill:#e3edf7,stroke:#0b5cad,stroke-width:2px,stroke-dasharray:2 3,color:#0b5cad",
    "classDef hosts fill:#e3edf7,stroke:#0b5cad,color:#1a2330",
  ];
  return `${lines.join("\n")}\n`;
}

/** Unique ids that are valid in Mermaid: the name of a role or tier may be a keyword or hold other characters. */
function idsOf({ tiers, addresses }: Picture): (thing: string) => string {
  const things = [
    ...addresses.map(({ address }) => `vip ${address}`),
    ...tiers.flatMap(({ tier, parts }) => [`tier ${tier}`, ...parts.map(({ role }) => `role ${role}`)]),
  ];
  const ids = new Map<string, string>();
  const taken = new Set<string>();
  for (const thing of things) {
    const base = thing.replace(/[^A-Za-z0-9]+/g, "_");
    let id = base;
    for (let i = 2; taken.has(id); i++) id = `${base}_${i}`;
    taken.add(id);
    ids.set(thing, id);
  }
  return (thing) => ids.get(thing) ?? thing;
}

const entities: Readonly<Record<string, string>> = {
  '"': "#quot;",
  "#": "#35;",
  "<": "#lt;",
  ">": "#gt;",
  "&": "#amp;",
  // Mermaid reads Markdown between backticks.
  "`": "'",
};

/** Text inside the quotes of a label. */
const quoted = (text: string): string =>
  printable(text).replace(/["#<>&`]/g, (letter) => entities[letter] ?? letter);

function node(
  id: string,
  lines: readonly CardLine[],
  mark: Mark | undefined,
  [open, close]: readonly [string, string] = ["[", "]"],
): string {
  const text = lines.map(({ text, kind }) =>
    kind === "role" ? `<b>${quoted(text)}</b>` : quoted(text.trim()),
  );
  return `${id}${open}"${text.join("<br>")}"${close}${mark === undefined ? "" : `:::${mark}`}`;
}

function tierLines(tier: PictureTier, picture: Picture, ids: (thing: string) => string): readonly string[] {
  const id = ids(`tier ${tier.tier}`);
  const numbers = tier.flaws.length === 0 ? "" : ` (${tier.flaws.join(", ")})`;
  return [
    `subgraph ${id}["${quoted(tier.tier)}${numbers}"]`,
    ...tier.parts.map((part) => `  ${partNode(part, tier, picture, ids)}`),
    ...hostNodes(id, tier.hosts, picture).map((line) => `  ${line}`),
    "end",
  ];
}

function partNode(
  part: PicturePart,
  tier: PictureTier,
  picture: Picture,
  ids: (thing: string) => string,
): string {
  const lines = partLines(part, { tier, picture, pixels: cardPixels, needs: false });
  return node(ids(`role ${part.role}`), lines, worstOf(lines));
}

/** Hosts without a flaw or a note share a node, so that sixty of them stay readable. Each other host has a node. */
function hostNodes(tier: string, hosts: readonly Placed[], picture: Picture): readonly string[] {
  const drawn = hosts.map((placed, i) => {
    const host = picture.hosts.find(({ name }) => name === placed.name);
    const mark = markOf(placed, host);
    const text = chipText(placed.name, placed, host);
    return {
      text,
      mark,
      id: `${tier}_host${i + 1}`,
      alone: mark !== undefined || hasNotes(host),
      kind: mark ?? plainKind(host),
    };
  });
  const shared = drawn.filter(({ alone }) => !alone).map(({ text }) => text.replaceAll(" ", "\u00a0"));
  const inRows = (text: string): string => wrap(text, hostLetters, "").map(quoted).join("<br>");
  return [
    ...(shared.length === 0
      ? []
      : [`${tier}_hosts("${inRows(shared.join(" ")).replaceAll("\u00a0", " ")}"):::hosts`]),
    ...drawn.filter(({ alone }) => alone).map(({ id, text, kind }) => `${id}("${inRows(text)}"):::${kind}`),
  ];
}

const plainKind = (host: PictureHost | undefined): "pending" | "hosts" =>
  host?.state?.word === "pending" ? "pending" : "hosts";

const hasNotes = (host: PictureHost | undefined): boolean => (host?.state?.notes.length ?? 0) > 0;

function needLine({ from, to, services }: PictureNeed, ids: (thing: string) => string): string {
  return `${ids(`role ${from}`)} -->|"${quoted(listed(services, services.length))}"| ${ids(`role ${to}`)}`;
}
