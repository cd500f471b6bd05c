import { err, ok, type Result } from "../../base/result.ts";

/** A name and the path into its value: `db.hosts[0]` is `["db", "hosts", "0"]`. */
export interface Reference {
  readonly path: readonly [string, ...string[]];
  /** As written, without the braces. */
  readonly text: string;
}

/** A part of a string: text, or a reference. */
export type Part = string | Reference;

/** The error in a template: a sentence, and the text that it refers to. */
export interface TemplateError {
  readonly message: string;
  readonly text: string;
}

const NAME = /^[A-Za-z_]\w*/;
const STEP = /^(?:\.([A-Za-z_]\w*|[0-9]+)|\[\s*(?:([0-9]+)|'([^'\\]*)'|"([^"\\]*)")\s*\])/;

/** Splits a string at `{{ name.part }}`. All other Jinja is an error. */
export function parseTemplate(text: string): Result<readonly Part[], TemplateError> {
  const statement = /\{%|\{#/.exec(text);
  if (statement !== null) {
    return err({
      message: `\`${statement[0]}\` is not supported: only {{ name }} is`,
      text: statement[0],
    });
  }
  const parts: Part[] = [];
  let at = 0;
  for (let open = text.indexOf("{{"); open !== -1; open = text.indexOf("{{", at)) {
    const close = text.indexOf("}}", open);
    if (close === -1) return err({ message: "`{{` has no `}}` after it", text: text.slice(open, open + 20) });
    if (open > at) parts.push(text.slice(at, open));
    const inside = text
      .slice(open + 2, close)
      .replace(/^-|-$/g, "")
      .trim();
    const path = parsePath(inside);
    if (path === undefined) {
      return err({
        message: `\`{{ ${inside} }}\` is not supported: only {{ name }} and {{ name.part }} are`,
        text: inside,
      });
    }
    parts.push({ path, text: inside });
    at = close + 2;
  }
  if (at < text.length) parts.push(text.slice(at));
  return ok(parts);
}

function parsePath(text: string): readonly [string, ...string[]] | undefined {
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return undefined;
  const steps: string[] = [];
  let rest = text.slice(name.length);
  while (rest !== "") {
    const match = STEP.exec(rest);
    const step = match?.[1] ?? match?.[2] ?? match?.[3] ?? match?.[4];
    if (match === null || step === undefined) return undefined;
    steps.push(step);
    rest = rest.slice(match[0].length);
  }
  return [name, ...steps];
}
