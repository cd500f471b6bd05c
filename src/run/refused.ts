import type { Failure } from "../model/failure.ts";
import type { Change } from "../model/plan.ts";

/**
 * A checker's words, translated back: daemons name a line of the rendered file (`…nginx.conf:23`, `line 23`), people
 * need the line of the template that made it.
 */
export function refusedFile(host: string, change: Change, words: string): Failure {
  const { template } = change.resource.payload?.content ?? {};
  const line = namedLine(words);
  const templateLine = line === undefined ? undefined : template?.lines[line - 1];
  const base = {
    code: "check-refused" as const,
    message: `${host}: the checker refused ${change.resource.key}${line === undefined ? "" : `, line ${line}`}; the old file is still in place`,
    detail: words.trimEnd(),
  };
  if (template === undefined) return base;
  return { ...base, source: { file: template.file, line: templateLine ?? 1, col: 1 } };
}

function namedLine(words: string): number | undefined {
  // A path before the colon: times of day have colons too.
  const match = /\/[^\s:/]+:(\d+)\b/.exec(words) ?? /\bline (\d+)\b/i.exec(words);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
