import { err, ok, type Result } from "../../base/result.ts";

/** A name and the steps from it into a value: `db.hosts[0]` is `["db", "hosts", "0"]`. */
export interface Reference {
  readonly path: readonly [string, ...string[]];
  /** As written, without the braces. */
  readonly text: string;
}

/** A string taken apart: text and references by turns. */
export type Part = string | Reference;

/** What is wrong with a template: a sentence, and the characters it is about. */
export interface TemplateError {
  readonly message: string;
  readonly text: string;
}

const NAME = /^[A-Za-z_]\w*/;
const STEP = /^(?:\.([A-Za-z_]\w*|[0-9]+)|\[\s*(?:([0-9]+)|'([^'\\]*)'|"([^"\\]*)")\s*\])/;

/** Takes a string with `{{ name.part }}` apart. Everything else that Jinja knows is refused, never guessed at. */
export function parseTemplate(text: string): Result<readonly Part[], TemplateError> {
  const statement = /\{%|\{#/.exec(text);
  if (statement !== null) {
    return err({
      message: `\`${statement[0]}\` is Jinja that is not known here: only {{ name }} is`,
      text: statement[0],
    });
  }
  const parts: Part[] = [];
  let at = 0;
  for (let open = text.indexOf("{{"); open !== -1; open = text.indexOf("{{", at)) {
    const close = text.indexOf("}}", open);
    if (close === -1)
      return err({ message: "`{{` has no `}}` behind it", text: text.slice(open, open + 20) });
    if (open > at) parts.push(text.slice(at, open));
    const inside = text
      .slice(open + 2, close)
      .replace(/^-|-$/g, "")
      .trim();
    const path = parsePath(inside);
    if (path === undefined) {
      return err({
        message: `\`{{ ${inside} }}\` is not a name: only {{ name }} and {{ name.part }} are resolved here`,
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
