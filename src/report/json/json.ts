import type { Event } from "../../model/event.ts";
import type { Diagnostic } from "../../model/source.ts";
import { jsonText } from "../printable.ts";
import type { Report, ReportOptions } from "../report.ts";
import { eventJson } from "./event-json.ts";

/** Increases when a field is removed or changes its meaning, but not for new fields and new events. */
export const schemaVersion = 1;

/**
 * The command line, or a file of the user, has errors. This is the only line of the output. It has no `at` and no `version`. The
 * exit code is 3, and no host was contacted.
 */
interface BadInput {
  readonly type: "bad-input";
  /** All errors: a list of Problem. */
  readonly problems: readonly Problem[];
}

/** One error in the input. */
interface Problem {
  /** One sentence for people. */
  readonly message: string;
  /** The file with the error. */
  readonly file?: string;
  /** The line in the file, counted from 1. */
  readonly line?: number;
  /** The column in the line, counted from 1. */
  readonly col?: number;
  /** What the user can do. */
  readonly hint?: string;
}

/**
 * The only line of the output after bad input, with its line end. It does not show the lines of the input, because they may
 * hold a secret.
 */
export function badInputLine(problems: readonly Diagnostic[]): string {
  const list = problems.map(
    ({ message, source, hint }): Problem => ({
      message,
      ...(source === undefined ? {} : { file: source.file, line: source.line, col: source.col }),
      ...(hint === undefined ? {} : { hint }),
    }),
  );
  const line: BadInput = { type: "bad-input", problems: list };
  return `${jsonText(line)}\n`;
}

/** JSON Lines: one event a line, with `at`, the milliseconds since the first event. */
export function createJson(options: ReportOptions): Report {
  let started: number | undefined;
  return {
    event(e: Event) {
      const now = options.now();
      const version = started === undefined ? { version: schemaVersion } : {};
      started ??= now;
      options.write(`${jsonText({ at: Math.round(now - started), ...version, ...eventJson(e) })}\n`);
    },
    // Lines are written at once, so there is nothing left to write.
    end() {},
  };
}
