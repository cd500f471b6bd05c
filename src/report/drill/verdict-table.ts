import { count } from "../../base/text.ts";
import type { Bounds, DrillRecord, KindFigures, Verdict } from "../../model/drill.ts";
import { badge, escaped, list, muted } from "../diagram/markup.ts";
import { clock, isBroken, kindWords, rowId, secondsText, type Tried, triedOf } from "./words.ts";

/** The columns after the first, and what a cell of each says. */
const columns: readonly (readonly [name: string, (verdict: Verdict, judgesWrites: boolean) => string])[] = [
  ["Longest gap", gapText],
  ["Requests", requestText],
  ["Data", dataText],
  ["Moves and alerts", moveText],
  ["Afterwards", afterText],
];

/** What was seen of each fault: a row each. On a phone a row is a block, and each cell shows the name of its column. */
export function verdictTable(record: DrillRecord): string {
  const head = ["Fault", ...columns.map(([name]) => name)].map((name) => `<th scope="col">${name}</th>`);
  const rows = triedOf(record).map((tried) => row(tried, record.judgesWrites));
  return [
    '<table class="verdicts"><caption>What was seen of each fault, in order. A gap is the time without a good answer; the promise is the second number.</caption>',
    `<thead><tr>${head.join("")}</tr></thead><tbody>`,
    ...rows,
    "</tbody></table>",
  ].join("\n");
}

function row(tried: Tried, judgesWrites: boolean): string {
  const { verdict } = tried;
  const cells = columns.map(([name, text]) => `<td data-name="${name}">${text(verdict, judgesWrites)}</td>`);
  return `<tr id="${rowId(tried)}"${isBroken(verdict) ? ' class="unkept"' : ""}><th scope="row">${faultText(tried)}</th>${cells.join("")}</tr>`;
}

function faultText({ number, verdict }: Tried): string {
  const { fault, round, hit, tier, begun, broken } = verdict;
  const where = hit.length === 0 ? "no host" : hit.map(escaped).join(", ");
  const result = isBroken(verdict) ? badge("outage", "promise broken") : badge("sound", "kept");
  return `${number}. ${escaped(fault)} ${result}<p>on <b>${where}</b> ${muted(`of tier ${tier}, round ${round}, at ${clock(begun)}`)}</p>${list(broken.map(escaped))}`;
}

/** The longest of some kinds of requests, if any was sent. */
function longest(kinds: readonly (KindFigures | undefined)[], of: "gap" | "slowest"): readonly number[] {
  const all = kinds.flatMap((one) => one?.[of] ?? []);
  return all.length === 0 ? [] : [Math.max(...all)];
}

function gapText({ kinds, promise }: Verdict): string {
  const { reads, writes } = promise;
  return list([
    ...longest([kinds.read, kinds.cached], "gap").map((gap) => oneGap("reads", gap, reads)),
    ...longest([kinds.write, kinds.own], "gap").map((gap) => oneGap("writes", gap, writes)),
  ]);
}

const oneGap = (what: string, gap: number, most: number): string =>
  `${what} <b>${secondsText(gap)}</b> of ${secondsText(most)}`;

function requestText({ kinds, promise }: Verdict): string {
  const failed = kindWords.flatMap(([kind, words]) => failedText(words, kinds[kind]?.failed ?? {}));
  const slowest = longest(Object.values(kinds), "slowest").map((most) => `slowest ${secondsText(most)}`);
  return list([
    ...(failed.length === 0 ? ["none failed"] : failed),
    muted(`promised: ${mayFail(promise)}`),
    ...slowest,
  ]);
}

const mayFail = ({ fails }: Bounds): string => (fails === "nothing" ? "nothing fails" : `${fails} may fail`);

function failedText(words: string, failed: KindFigures["failed"]): readonly string[] {
  const reasons = Object.entries(failed).sort(([, a], [, b]) => b - a);
  const all = reasons.reduce((sum, [, times]) => sum + times, 0);
  const why = shown(reasons.map(([reason, times]) => `${times}\u00a0×\u00a0${reason}`)).join(", ");
  return all === 0 ? [] : [`<b>${words}: ${all} failed</b> (${why})`];
}

/** How many. The first ids are among the words of the broken promise. */
function dataText({ missing, stale, lostKeys }: Verdict, judgesWrites: boolean): string {
  const lost = [
    ...(missing.length === 0 ? [] : [count(missing.length, "missing write")]),
    ...(stale.length === 0 ? [] : [count(stale.length, "stale read")]),
    ...(lostKeys === 0 ? [] : [`${count(lostKeys, "lost key")} of the cache`]),
  ];
  if (lost.length > 0) return list(lost.map((text) => `<strong>${text}</strong>`));
  return judgesWrites ? "nothing lost or stale" : "writes were not looked for";
}

function moveText({ moves, alerts, promise }: Verdict): string {
  return list([
    ...(moves.length === 0 ? ["nothing moved"] : shown(moves)),
    ...(promise.stays ? [muted("promised: nothing moves")] : []),
    ...(alerts.length === 0 ? ["no alert"] : shown(alerts.map((alert) => `alert: ${alert}`))),
  ]);
}

function afterText({ begun, healed, whole, left, helped }: Verdict): string {
  return list([
    `healed after ${secondsText(healed - begun)}`,
    whole === undefined
      ? "<strong>not whole again</strong>"
      : `whole <b>${secondsText(whole - healed)}</b> later`,
    ...shown(left.map((text) => `still needs a person: ${text}`)),
    ...shown(helped.map((text) => `needed help: ${text}`)),
  ]);
}

/** The most texts of one list. Monitoring may send hundreds of alerts; the JSON has them all. */
const mostShown = 5;

/** The first texts as markup, and how many more there are. */
function shown(texts: readonly string[]): readonly string[] {
  if (texts.length <= mostShown) return texts.map(escaped);
  return [...texts.slice(0, mostShown - 1).map(escaped), muted(`and ${texts.length - mostShown + 1} more`)];
}
