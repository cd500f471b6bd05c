import { unreachable } from "../../base/result.ts";
import { clip, count, duration, pad, printable } from "../../base/text.ts";
import type { Activity, Progress, StageRow } from "./progress-state.ts";

/** Columns of a row's name: a quarter of the terminal, because a stage name lists its roles, which can be many. */
const nameColumns = (columns: number): number => Math.min(24, Math.max(8, Math.floor(columns / 4)));
/** The most hosts at work and failures named under a row; and the most waiting hosts among the hosts. */
const [busyShown, failuresShown, waitingShown] = [4, 2, 2] as const;

/** The text of a row: its name, how many hosts have finished, how many changes are done. */
export function rowTitle(row: StageRow, columns: number): string {
  const width = nameColumns(columns);
  return `${pad(clip(printable(row.name), width), width)} ${rowWords(row)}`;
}

function rowWords(row: StageRow): string {
  switch (row.state) {
    case "waiting":
      return "";
    case "skipped":
      return "nothing left to do";
    case "unreached":
      return "not reached";
    case "active":
      return numbers(row, false);
    case "done":
    case "failed":
      return numbers(row, true) + (row.ms > 0 ? `  ${duration(row.ms)}` : "");
    default:
      return unreachable(row.state);
  }
}

/** When the row has ended, complete numbers are short: `4 hosts`, not `4/4 hosts`. */
function numbers(row: StageRow, ended: boolean): string {
  const of = (part: number, whole: number, word: string): string =>
    part === whole && ended ? count(whole, word) : `${part}/${count(whole, word)}`;
  const failed = row.failures.size > 0 ? `${row.failures.size} failed, ` : "";
  if (row.name === "connect") return `${failed}${of(row.arrived.size, row.hosts.size, "host")}`;
  if (row.name === "observe") {
    return `${failed}${of(row.arrived.size, row.hosts.size, "host")}, ${count(row.changes, "change")} found`;
  }
  const changes = of(row.done, row.changes, "change");
  const known = ended || row.roles.size > 0;
  const hosts = known ? of(row.arrived.size, row.hosts.size, "host") : count(row.hosts.size, "host");
  return `${failed}${hosts}, ${changes}`;
}

/** The lines under a row: the newest failures. While it runs, also waiting hosts and the slowest of the others. */
export function rowLines(progress: Progress, row: StageRow): readonly string[] {
  if (row.state !== "active") return failureLines(row);
  const stopping = progress.interrupted ? ["stopping: no new change starts"] : [];
  return [...failureLines(row), ...stopping, ...busyLines(progress, row)];
}

function failureLines(row: StageRow): readonly string[] {
  const failures = [...row.failures].slice(-failuresShown);
  const lines = failures.map(([host, message]) => {
    const said = printable(message.startsWith(`${host}: `) ? message.slice(host.length + 2) : message);
    return `✖ ${printable(host)}: ${said}`;
  });
  const more = row.failures.size - failures.length;
  return more > 0 ? [...lines, `✖ and ${more} more`] : lines;
}

function busyLines(progress: Progress, row: StageRow): readonly string[] {
  const busy = [...progress.doing]
    .filter(([, doing]) => doing.row === row)
    .sort(([, a], [, b]) => a.since - b.since);
  const waiting = busy.filter(([, { until }]) => until !== undefined).slice(0, waitingShown);
  const slowest = busy.filter((entry) => !waiting.includes(entry)).slice(0, busyShown - waiting.length);
  const shown = [...waiting, ...slowest];
  const lines = shown.map(([host, doing]) => `${printable(host)}: ${activityText(doing, progress.now())}`);
  const more = busy.length - shown.length;
  return more > 0 ? [...lines, `and ${count(more, "more host")} at work`] : lines;
}

/** The activity, its time in whole seconds (tenths would flicker), and the last line of its output. */
function activityText({ text, since, until, line }: Activity, now: number): string {
  const seconds = (ms: number): string => (ms < 60_000 ? `${Math.floor(ms / 1000)}s` : duration(ms));
  const age = now - since >= 1000 ? ` ${seconds(now - since)}` : "";
  const rest = until === undefined ? "" : ` (gives up in ${seconds(Math.max(0, until - now))})`;
  const said = line === undefined ? "" : printable(line).trim();
  return `${printable(text)}${age}${rest}${said === "" ? "" : ` | ${said}`}`;
}
