import type { Failure } from "../../model/failure.ts";
import type { Change } from "../../model/plan.ts";

/**
 * A checker's words, translated back: daemons name a line of the rendered file (`…nginx.conf:23`, `line 23`), people
 * need the line of the template that made it.
 */
export function refusedFile(host: string, change: Change, words: string): Failure {
  const { template } = change.resource.payload?.content ?? {};
  const line = namedLine(change.resource.key, words);
  const templateLine = line === undefined ? undefined : template?.lines[line - 1];
  const base = {
    code: "check-refused" as const,
    message: `${host}: the checker refused ${change.resource.key}${line === undefined ? "" : `, line ${line}`}; the old file is still in place`,
    detail: words.trimEnd(),
  };
  if (template === undefined) return base;
  if (templateLine === undefined) return { ...base, hint: `it was made by the template ${template.file}` };
  return { ...base, source: { file: template.file, line: templateLine, col: 1 } };
}

/**
 * The line that is named behind the file's own name or that of its staged copy; or, where no file is named at all, behind
 * the word "line". Another file's line is not ours.
 */
function namedLine(key: string, words: string): number | undefined {
  const name = key.slice(key.lastIndexOf("/") + 1).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const named = new RegExp(`/\\.?${name}(?:\\.provision~)?:(\\d+)\\b`).exec(words);
  const match = named ?? (/\/[^\s:/]+:\d+\b/.test(words) ? null : /\bline (\d+)\b/i.exec(words));
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
