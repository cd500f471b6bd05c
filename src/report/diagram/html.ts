import { createHash } from "node:crypto";
import { listed } from "../../model/listed.ts";
import type { Picture, PictureFlaw, PictureHost, PicturePart, PictureTier } from "../../model/picture.ts";
import { sentencesOf } from "../explain.ts";
import { numbersOf, serviceText } from "./cards.ts";
import type { LaidOut } from "./laid-out.ts";
import { escaped, hostId, tierId } from "./markup.ts";
import { pageStyle } from "./style.ts";
import { inlineSvg } from "./svg.ts";
import { needWords, summary } from "./words.ts";

/**
 * One page that needs nothing else: no script, no font, no request. Hosts are <details>, which a link to them opens. Wide
 * screens and paper get the one picture, phones the other.
 */
export function renderHtml(wide: LaidOut, narrow: LaidOut): string {
  const { picture } = wide;
  const hash = createHash("sha256").update(pageStyle).digest("base64");
  const lines = [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(`The stack: ${summary(picture)}`)}</title>`,
    `<style>${pageStyle}</style>`,
    "</head>",
    "<body>",
    '<a class="skip" href="#hosts">To the hosts</a>',
    `<header><h1>The stack</h1><p class="summary${picture.flaws.length === 0 ? "" : " flawed"}">${escaped(summary(picture))}</p></header>`,
    "<main>",
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

const list = (items: readonly string[], kind = ""): string =>
  items.length === 0 ? "" : `<ul${kind}>${items.map((item) => `<li>${item}</li>`).join("")}</ul>`;

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

const hostLink = (name: string): string => `<a href="#${hostId(name)}">${escaped(name)}</a>`;

/** What to click to learn of flaws. */
const flawLinks = (flaws: readonly number[]): string =>
  flaws.map((number) => `<a href="#flaw-${number}">flaw ${number}</a>`).join(", ");

function tierSection(tier: PictureTier, picture: Picture): string {
  const parts = tier.parts.map((part) => partText(part, picture)).join("");
  const wrong = tier.flaws.length === 0 ? "" : `<p class="wrong">Here: ${flawLinks(tier.flaws)}</p>`;
  return `<section id="${tierId(tier.tier)}"><h3>Tier ${escaped(tier.tier)}</h3>${wrong}${parts}</section>`;
}

function partText(part: PicturePart, picture: Picture): string {
  return `<h4>${escaped(part.role)}</h4><p>On ${part.hosts.map(hostLink).join(", ")}</p>${serviceList(part)}${needList(part, picture)}${explanation(part)}`;
}

const serviceList = ({ services }: PicturePart): string =>
  list(
    services.map(
      (one) =>
        `<span${one.mark === undefined ? "" : ` class="${one.mark}"`}>${escaped(serviceText(one) + numbersOf(one))}</span>`,
    ),
    ' class="services"',
  );

function needList({ role, among }: PicturePart, { needs }: Picture): string {
  const words = needs.filter(({ from }) => from === role).map((need) => `${needWords(need)}.`);
  const own = among.length === 0 ? [] : [`Its members use each other's ${listed(among)}.`];
  return [...words, ...own].map((text) => `<p>${escaped(text)}</p>`).join("");
}

/** How a part is redundant, in the words of `provision explain`. */
const explanation = ({ report }: PicturePart): string =>
  report === undefined
    ? "<p>It serves its own host only.</p>"
    : sentencesOf(report)
        .map((sentence) => `<p>${escaped(sentence)}</p>`)
        .join("");

function hostSection(picture: Picture): string {
  return `<section id="hosts"><h2>Hosts</h2>${picture.hosts.map((host) => hostDetails(host, picture)).join("\n")}</section>`;
}

/** What a link names stands inside, since browsers open what a link leads into. */
function hostDetails(host: PictureHost, picture: Picture): string {
  const { name, address, roles, mark, flaws, state } = host;
  const seen =
    state === undefined
      ? ""
      : ` <span class="state ${state.word}">${escaped([state.word, ...state.notes].join(", "))}</span>`;
  const kind = ` class="${[mark, state?.word].filter((word) => word !== undefined).join(" ")}"`;
  const facts = [
    `<p>Address: ${escaped(address)}</p>`,
    `<p>Roles: ${escaped(roles.join(", "))}</p>`,
    flaws.length === 0 ? "" : `<p class="wrong">What is wrong: ${flawLinks(flaws)}</p>`,
  ];
  const parts = picture.tiers.flatMap((tier) =>
    tier.parts
      .filter(({ hosts, report }) => hosts.includes(name) && report !== undefined)
      .map(
        (part) =>
          `<h3>${escaped(`${tier.tier}: ${part.role}`)}</h3>${servicesOn(part, name)}${explanation(part)}`,
      ),
  );
  const base = picture.tiers.flatMap(({ parts }) => parts.filter((part) => part.report === undefined));
  const own = base.map((part) => servicesOn(part, name)).join("");
  const title = `<summary><b>${escaped(name + numbersOf(host))}</b>${seen} <span class="roles">${escaped(roles.join(", "))}</span></summary>`;
  return `<details${kind}>${title}<div id="${hostId(name)}">${[...facts, ...parts].join("")}${own === "" ? "" : `<h3>base</h3>${own}`}</div></details>`;
}

const servicesOn = (part: PicturePart, host: string): string =>
  serviceList({ ...part, services: part.services.filter(({ hosts }) => hosts.includes(host)) });
