import type { Event } from "../../model/event.ts";
import type { Diagnostic } from "../../model/source.ts";
import { jsonText } from "../printable.ts";
import type { Report, ReportOptions } from "../report.ts";
import { eventJson } from "./event-json.ts";

/** Rises when a field is taken away or changes its meaning; new fields and new events do not raise it. */
export const schemaVersion = 1;

/**
 * The one line, with its end, that stands for a run which bad input kept from beginning. The lines of the input
 * themselves are left out: they may hold a secret.
 */
export function badInputLine(problems: readonly Diagnostic[]): string {
  const told = problems.map(({ message, source, hint }) => ({
    message,
    ...(source === undefined ? {} : { file: source.file, line: source.line, col: source.col }),
    ...(hint === undefined ? {} : { hint }),
  }));
  return `${jsonText({ type: "bad-input", problems: told })}\n`;
}

/** JSON Lines: one event a line, with `at`, the milliseconds since the first. */
export function createJson(options: ReportOptions): Report {
  let started: number | undefined;
  return {
    event(e: Event) {
      const now = options.now();
      const version = started === undefined ? { version: schemaVersion } : {};
      started ??= now;
      options.write(`${jsonText({ at: Math.round(now - started), ...version, ...eventJson(e) })}\n`);
    },
    // Every line is whole when it is written: there is nothing to close.
    end() {},
  };
}
