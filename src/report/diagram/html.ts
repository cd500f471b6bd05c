import { listed } from "../../base/listed.ts";
import type { Picture, PictureFlaw, PicturePart, PictureTier } from "../../model/picture.ts";
import { worstIn } from "./cards.ts";
import { htmlDocument } from "./document.ts";
import { hostSection } from "./host-section.ts";
import { layOut } from "./layout.ts";
import { escaped, marked, sourceText, tierId } from "./markup.ts";
import { explanation, flawLinks, hostLink, serviceList } from "./part-text.ts";
import { pageStyle } from "./style.ts";
import { inlineSvg } from "./svg.ts";
import { needWords, seenStates, shareWords, summary } from "./words.ts";

/** A section of the page before the picture. */
export interface Section {
  /** The title of the page. */
  readonly title: string;
  readonly html: string;
}

/** The page. Hosts are <details>, which a link to them opens. Wide screens and paper show the wide picture, phones the narrow one. */
export async function renderHtml(picture: Picture, first?: Section): Promise<string> {
  const [wide, narrow] = [await layOut(picture, "wide"), await layOut(picture, "narrow")];
  const body = [
    '<a class="skip" href="#hosts">To the hosts</a>',
    `<header><h1>The stack</h1><p class="${marked("summary", worstIn(picture))}">${escaped(summary(picture))}</p>${seenAt(picture)}</header>`,
    "<main>",
    ...(first === undefined ? [] : [first.html, "<h2>The picture</h2>"]),
    '<section aria-label="Picture"><p class="hint">Click a host in the picture to see its details.</p>',
    `<div class="picture wide">${inlineSvg(wide, "picture-wide")}</div>`,
    `<div class="picture narrow">${inlineSvg(narrow, "picture-narrow")}</div>`,
    "</section>",
    ...flawSection(picture),
    "<h2>Tiers and their redundancy</h2>",
    `<div class="tiers">${picture.tiers.map((tier) => tierSection(tier, picture)).join("\n")}</div>`,
    hostSection(picture),
    "</main>",
  ];
  return htmlDocument({ title: first?.title ?? `The stack: ${summary(picture)}`, style: pageStyle, body });
}

const seenAt = (picture: Picture): string => {
  const at = picture.seen;
  const when = at === undefined ? "" : `<p class="roles">The hosts as seen ${escaped(at)}.</p>`;
  return when + legend(picture);
};

/** The meaning of the states of hosts and their signs, if the picture has any. */
function legend({ hosts }: Picture): string {
  const seen = new Set(hosts.flatMap(({ state }) => state?.word ?? []));
  if (seen.size === 0) return "";
  const items = seenStates
    .filter(({ word }) => seen.has(word))
    .map(({ word, sign, means }) => `<span><b>${sign} ${word}</b>: ${means}</span>`);
  return `<p class="roles legend">${items.join(" ")}</p>`;
}

function flawSection({ flaws }: Picture): readonly string[] {
  if (flaws.length === 0) return [];
  const title = "<h2>Single points of failure, and risks</h2>";
  return [`<section>${title}<ol class="flaws">${flaws.map(flawItem).join("")}</ol></section>`];
}

function flawItem({ number, severity, what, why, remedy, hosts, source }: PictureFlaw): string {
  const links = hosts.map(hostLink).join(", ");
  return [
    `<li id="flaw-${number}" class="${severity}"><p><strong>${severity}:</strong> ${escaped(what)}</p>`,
    `<p>Why: ${escaped(why)}.</p><p>Do: ${escaped(remedy)}.</p>`,
    `<p>${sourceText(source)}</p>`,
    `${links === "" ? "" : `<p>Hosts: ${links}</p>`}</li>`,
  ].join("");
}

/** A tier. If all its parts run on the same hosts, these are named once. */
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

/** Where a part runs: a number for parts on nearly every host, because sixty names would be hard to read. */
function whereabouts({ tier, hosts }: PicturePart, { hosts: all }: Picture): string {
  const nearly = hosts.length === all.length || (tier === "base" && hosts.length > 6);
  return nearly ? shareWords(hosts.length, all.length) : `On ${hosts.map(hostLink).join(", ")}`;
}

function needList({ role, among }: PicturePart, { needs }: Picture): string {
  const words = needs.filter(({ from }) => from === role).map((need) => `${needWords(need)}.`);
  const own = among.length === 0 ? [] : [`Its members use each other's ${listed(among)}.`];
  return [...words, ...own].map((text) => `<p>${escaped(text)}</p>`).join("");
}
