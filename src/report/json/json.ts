import type { Event } from "../../model/event.ts";
import type { Diagnostic } from "../../model/source.ts";
import { jsonText } from "../printable.ts";
import type { Report, ReportOptions } from "../report.ts";
import { eventJson } from "./event-json.ts";

/** Rises when a field is taken away or changes its meaning; new fields and new events do not raise it. */
export const schemaVersion = 1;

/**
 * What was asked for, or what was written, is wrong. The only line of its output, without `at` and `version`; the exit code is 3,
 * and no host has been contacted.
 */
interface BadInput {
  readonly type: "bad-input";
  /** Everything that is wrong, at once: a list of Problem. */
  readonly problems: readonly Problem[];
}

/** One thing that is wrong with the input. */
interface Problem {
  /** One sentence for people. */
  readonly message: string;
  /** The file it stands in. */
  readonly file?: string;
  /** Its line there, counted from 1. */
  readonly line?: number;
  /** Its column there, counted from 1. */
  readonly col?: number;
  /** What can be done about it. */
  readonly hint?: string;
}

/**
 * The one line, with its end, that stands for a run which bad input kept from beginning. The lines of the input
 * themselves are left out: they may hold a secret.
 */
export function badInputLine(problems: readonly Diagnostic[]): string {
  const told = problems.map(
    ({ message, source, hint }): Problem => ({
      message,
      ...(source === undefined ? {} : { file: source.file, line: source.line, col: source.col }),
      ...(hint === undefined ? {} : { hint }),
    }),
  );
  const line: BadInput = { type: "bad-input", problems: told };
  return `${jsonText(line)}\n`;
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
