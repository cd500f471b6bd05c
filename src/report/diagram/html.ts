import { createHash } from "node:crypto";
import { listed } from "../../base/listed.ts";
import { count } from "../../base/text.ts";
import type { HostState, Mark, Picture, PictureFlaw, PicturePart, PictureTier } from "../../model/picture.ts";
import { signs, worstIn } from "./cards.ts";
import { hostSection } from "./host-section.ts";
import type { LaidOut } from "./laid-out.ts";
import { escaped, tierId } from "./markup.ts";
import { explanation, flawLinks, hostLink, serviceList } from "./part-text.ts";
import { pageStyle } from "./style.ts";
import { inlineSvg } from "./svg.ts";
import { needWords, summary } from "./words.ts";

/** A part of the page that stands before the picture, with the style it needs. */
export interface Section {
  /** What the page is called by in the browser. */
  readonly title: string;
  readonly style: string;
  readonly html: string;
}

/**
 * One page that needs nothing else: no script, no font, no request. Hosts are <details>, which a link to them opens. Wide
 * screens and paper get the one picture, phones the other.
 */
export function renderHtml(wide: LaidOut, narrow: LaidOut, first?: Section): string {
  const { picture } = wide;
  const style = `${pageStyle}${first?.style ?? ""}`;
  const hash = createHash("sha256").update(style).digest("base64");
  const lines = [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(first?.title ?? `The stack: ${summary(picture)}`)}</title>`,
    `<style>${style}</style>`,
    "</head>",
    "<body>",
    '<a class="skip" href="#hosts">To the hosts</a>',
    `<header><h1>The stack</h1><p class="summary${marked(worstIn(picture))}">${escaped(summary(picture))}</p>${seenAt(picture)}</header>`,
    "<main>",
    ...(first === undefined ? [] : [first.html, "<h2>The picture</h2>"]),
    '<section aria-label="Picture"><p class="hint">A host in the picture leads to what it does.</p>',
    `<div class="picture wide">${inlineSvg(wide, "picture-wide")}</div>`,
    `<div class="picture narrow">${inlineSvg(narrow, "picture-narrow")}</div>`,
    "</section>",
    ...flawSection(picture),
    "<h2>Tiers, and how each is redundant</h2>",
    `<div class="tiers">${picture.tiers.map((tier) => tierSection(tier, picture)).join("\n")}</div>`,
    hostSection(picture),
    "</main>",
    "</body>",
    "</html>",
  ];
  return `${lines.join("\n")}\n`;
}

const marked = (mark: Mark | undefined): string => (mark === undefined ? "" : ` ${mark}`);

const seenAt = (picture: Picture): string => {
  const at = picture.seen;
  const when = at === undefined ? "" : `<p class="roles">The hosts as seen ${escaped(at)}.</p>`;
  return when + legend(picture);
};

/** What the words and signs of hosts mean, where there are any. */
function legend({ hosts }: Picture): string {
  const seen = new Set(hosts.flatMap(({ state }) => state?.word ?? []));
  if (seen.size === 0) return "";
  const items = stateWords
    .filter(([word]) => seen.has(word))
    .map(([word, meaning]) => `<span><b>${signs[word]} ${word}</b>: ${meaning}</span>`);
  return `<p class="roles legend">${items.join(" ")}</p>`;
}

const stateWords: readonly (readonly [HostState["word"], string])[] = [
  ["converged", "as the inventory wants it"],
  ["drifted", "changed on the host"],
  ["pending", "not applied yet"],
  ["unreachable", "no login"],
  ["failed", "could not be looked at, or not be changed"],
];

function flawSection({ flaws }: Picture): readonly string[] {
  if (flaws.length === 0) return [];
  const title = "<h2>Single points of failure, and risks</h2>";
  return [`<section>${title}<ol class="flaws">${flaws.map(flawItem).join("")}</ol></section>`];
}

function flawItem({ number, severity, what, why, remedy, hosts, source }: PictureFlaw): string {
  const links = hosts.map(hostLink).join(", ");
  const { file, line, col } = source;
  return [
    `<li id="flaw-${number}" class="${severity}"><p><strong>${severity}:</strong> ${escaped(what)}</p>`,
    `<p>Why: ${escaped(why)}.</p><p>Do: ${escaped(remedy)}.</p>`,
    `<p><code>${escaped(`${file}:${line}:${col}`)}</code></p>`,
    `${links === "" ? "" : `<p>Hosts: ${links}</p>`}</li>`,
  ].join("");
}

/** Hosts that all parts of a tier share are named once. */
function tierSection(tier: PictureTier, picture: Picture): string {
  const shared = tier.parts.every(({ hosts }) => hosts.length === tier.hosts.length);
  const all = shared ? `<p>On ${tier.hosts.map(({ name }) => hostLink(name)).join(", ")}</p>` : "";
  const parts = tier.parts.map((part) => partText(part, picture, shared)).join("");
  const wrong = tier.flaws.length === 0 ? "" : `<p class="wrong">Here: ${flawLinks(tier.flaws)}</p>`;
  return `<section id="${tierId(tier.tier)}"><h3>Tier ${escaped(tier.tier)}</h3>${all}${wrong}${parts}</section>`;
}

function partText(part: PicturePart, picture: Picture, named: boolean): string {
  const where = named ? "" : `<p>${whereabouts(part, picture)}</p>`;
  return `<h4>${escaped(part.role)}</h4>${where}${serviceList(part)}${needList(part, picture)}${explanation(part)}`;
}

/** What runs nearly everywhere is told in a number: sixty names would say less. */
function whereabouts({ tier, hosts }: PicturePart, { hosts: all }: Picture): string {
  if (hosts.length === all.length) return "On every host.";
  if (tier === "base" && hosts.length > 6) return `On ${hosts.length} of ${count(all.length, "host")}.`;
  return `On ${hosts.map(hostLink).join(", ")}`;
}

function needList({ role, among }: PicturePart, { needs }: Picture): string {
  const words = needs.filter(({ from }) => from === role).map((need) => `${needWords(need)}.`);
  const own = among.length === 0 ? [] : [`Its members use each other's ${listed(among)}.`];
  return [...words, ...own].map((text) => `<p>${escaped(text)}</p>`).join("");
}
