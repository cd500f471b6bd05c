import Handlebars from "handlebars";
import type { Diagnostic } from "../model/source.ts";

interface Explanation {
  readonly message: string;
  readonly hint?: string;
}

/** A wrong tag, and its offset in the template. */
interface SyntaxFault extends Explanation {
  readonly at: number;
  readonly tag: string;
}

type Kind = "open" | "close" | "else" | "plain";

/** An open block, and its error if it is never closed. */
interface Block extends SyntaxFault {
  readonly name: string;
  readonly hint: string;
  hasElse?: boolean;
}

const UNCLOSED: Explanation = {
  message: "this tag is never closed",
  hint: "look for a missing quote or }}; to print {{, write \\{{",
};

/** Escapes and comments · tags, whose strings and `[names]` may contain braces · a tag that is not closed, up to its line end. */
const PARTS =
  /\\\\(?=\{\{)|\\\{\{|\{\{~?!(?:--[\s\S]*?--|(?!--)[\s\S]*?)~?\}\}|(?<tag>\{{2,4}~?(?<sign>[#/^]?)[>*]?\s*(?<name>[^\s~|()"'[\]{}]*)(?:"[^"]*"|'[^']*'|\[[^\]]*\]|[^"'[\]{}])*\}{2,4})|(?<endless>\{\{.*)/g;

/** The first wrong tag of a template that Handlebars refused with `error`. */
export function syntaxProblem(file: string, text: string, error: unknown): Diagnostic {
  const unknown = {
    at: 0,
    tag: "",
    message: `this is not a Handlebars template: ${String(error).split("\n", 1)}`,
  };
  const { at, tag, message, hint }: SyntaxFault = firstFault(text) ?? unknown;
  const line = lineOf(text, at);
  const col = at - text.lastIndexOf("\n", at - 1);
  const source = { file, line, col, ...(tag.includes("\n") ? {} : { endCol: col + tag.length }) };
  const excerpt = (text.split("\n")[line - 1] ?? "").replace(/\r$/, "");
  return { severity: "error", message, source, excerpt, ...(hint === undefined ? {} : { hint }) };
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split("\n").length;

function firstFault(text: string): SyntaxFault | undefined {
  const open: Block[] = [];
  for (const { index: at, groups: { tag, sign = "", name = "", endless } = {} } of text.matchAll(PARTS)) {
    if (endless !== undefined) return { at, tag: endless, ...UNCLOSED };
    if (tag === undefined) continue;
    const kind = kindOf(sign, name);
    const fault = blockFault(tag, kind, name, open) ?? tagFault(tag, kind, name);
    if (fault !== undefined) return { at, tag, ...fault };
    if (kind === "open") {
      const hint = `it opens on line ${lineOf(text, at)}; close it with {{/${name}}}`;
      open.push({ at, tag, name, message: `${tag} is never closed`, hint });
    }
  }
  return open.at(-1);
}

function kindOf(sign: string, name: string): Kind {
  if (sign === "/") return "close";
  if (sign === "") return name === "else" ? "else" : "plain";
  return sign === "^" && name === "" ? "else" : "open";
}

/** What is wrong with a closing tag or an `else`. Removes the block that it closes from `open`. */
function blockFault(tag: string, kind: Kind, name: string, open: Block[]): Explanation | undefined {
  const last = open.at(-1);
  if (kind !== "close" && kind !== "else") return undefined;
  if (last === undefined || (kind === "else" && last.hasElse))
    return { message: `no block is open for ${tag}` };
  if (kind === "close" && last.name !== name)
    return { message: `${tag} does not close ${last.tag}`, hint: last.hint };
  if (kind === "close") open.pop();
  else last.hasElse = !/else\s+\w/.test(tag);
  return undefined;
}

/** What is wrong with the tag itself. The two most common mistakes have their own messages. */
function tagFault(tag: string, kind: Kind, name: string): Explanation | undefined {
  const complete = { open: `${tag}{{/${name}}}`, close: "", else: `{{#if x}}${tag}{{/if}}`, plain: tag };
  try {
    Handlebars.parse(complete[kind]);
    return undefined;
  } catch {
    if (/[=!<>]=|&&|\|\||\s[|+<>]\s/.test(tag))
      return { message: `${tag} contains an operator`, hint: "use a function: (eq a b), (and a b), (not a)" };
    if (/^\{{3}/.test(tag) !== /\}{3}$/.test(tag))
      return { message: `${tag} has one brace too many`, hint: "put a space before a brace that is text" };
    return { message: `${tag} is not valid` };
  }
}
