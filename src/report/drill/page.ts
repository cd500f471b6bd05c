import { count, groupBy, utc } from "../../base/text.ts";
import type { DrillRecord } from "../../model/drill.ts";
import { htmlDocument } from "../diagram/document.ts";
import { escaped, link, list, marked } from "../diagram/markup.ts";
import { drillStyle } from "./style.ts";
import { timeline } from "./timeline.ts";
import { verdictTable } from "./verdict-table.ts";
import { headline, markOf, missingCount, rowId, secondsText, spanOf, type Tried, triedOf } from "./words.ts";

/** A drill as one page without external parts: no script, no font, no request. */
export function drillPage(record: DrillRecord): string {
  const tried = triedOf(record);
  const body = [
    '<a class="skip" href="#faults">To the faults</a>',
    `<header><h1>The drill</h1><p class="${marked("summary", markOf(record))}">${headline(record)}</p>${noteText(record)}</header>`,
    "<main>",
    known(record),
    ...flawList(tried),
    "<h2>Timeline</h2>",
    timeline(record),
    '<h2 id="faults">Fault by fault</h2>',
    ...(tried.length === 0 ? ["<p>No fault was tried.</p>"] : [verdictTable(record)]),
    ...untriedSection(record),
    "</main>",
  ];
  return htmlDocument({ title: `drill: ${headline(record)}`, style: drillStyle, body });
}

/** What limits the result. */
function noteText({ stopped, judgesWrites }: DrillRecord): string {
  const early =
    stopped === undefined ? "" : `<p class="wrong">The drill stopped early: ${escaped(stopped)}</p>`;
  const reads = "Reads alone were judged: the load has no write that can be looked for.";
  return `${early}${judgesWrites ? "" : `<p><span class="risk">${reads}</span></p>`}`;
}

/** What is known of the drill as a whole. */
function known(record: DrillRecord): string {
  const { date, inventory, seed, url, load } = record;
  const total = load.reduce((sum, { answered, failed }) => sum + answered + failed, 0);
  const rows: readonly (readonly [name: string, html: string])[] = [
    ["Date", utc(new Date(date), "second")],
    ["Took", secondsText(spanOf(record))],
    ["Inventory", inventory.map(code).join(" ")],
    ["Load", `${code(url)}, ${count(total, "request")}`],
    ["Writes", writeText(record)],
    ["Seed", String(seed)],
  ];
  return `<dl class="resources known">${rows.map(([name, html]) => `<dt>${name}</dt><dd>${html}</dd>`).join("")}</dl>`;
}

function writeText(record: DrillRecord): string {
  const { judgesWrites, acknowledged, ledger } = record;
  if (!judgesWrites) return `${acknowledged} acknowledged, not looked for afterwards`;
  const missing = missingCount(record);
  const lost = missing === 0 ? "none missing" : `<strong>${missing} missing</strong> on at least one member`;
  return `${acknowledged} acknowledged, ${lost}. Their list: ${code(ledger)}`;
}

const code = (text: string): string => `<code>${escaped(text)}</code>`;

/** Broken promises, and what needs a person. */
function flawList(tried: readonly Tried[]): readonly string[] {
  const items = tried.flatMap(flawItem);
  if (items.length === 0) return [];
  return [`<section><h2>What went wrong</h2><ol class="flaws">${items.join("")}</ol></section>`];
}

function flawItem(tried: Tried): readonly string[] {
  const { broken, left } = tried.verdict;
  const texts = [...broken, ...left.map((text) => `still needs a person: ${text}`)];
  if (texts.length === 0) return [];
  const [kind, what] = broken.length > 0 ? ["outage", "broken"] : ["risk", "left"];
  const name = link(rowId(tried), `${tried.number}. ${tried.name}`);
  return [`<li class="${kind}"><p><strong>${what}:</strong> ${name}</p>${list(texts.map(escaped))}</li>`];
}

/** Faults that could not be tried. Those with the same reason stand together. */
function untriedSection({ untried }: DrillRecord): readonly string[] {
  if (untried.length === 0) return [];
  const items = [...groupBy(untried, ({ why }) => why)].map(
    ([why, those]) => `${those.map(({ fault }) => `<b>${escaped(fault)}</b>`).join(", ")}: ${escaped(why)}`,
  );
  return [
    `<section><h2>Not tried</h2><p>${count(untried.length, "fault")} could not be tried.</p>${list(items)}</section>`,
  ];
}
