import Handlebars from "handlebars";
import type { Diagnostic } from "../model/source.ts";

interface Words {
  readonly message: string;
  readonly hint?: string;
}

/** The tag that is wrong, and its offset. */
interface Fault extends Words {
  readonly at: number;
  readonly tag: string;
}

type Kind = "open" | "close" | "else" | "plain";

/** What is wrong with a block where it is not closed. */
interface Block extends Fault {
  readonly name: string;
  readonly hint: string;
  hasElse?: boolean;
}

const ENDLESS: Words = {
  message: "this tag is never closed",
  hint: "look for a missing quote or }}; to print {{, write \\{{",
};

/** Escapes and comments; tags, in which texts and `[names]` may hold braces; the rest of a line whose tag does not end. */
const PARTS =
  /\\\\(?=\{\{)|\\\{\{|\{\{~?!(?:--[\s\S]*?--|(?!--)[\s\S]*?)~?\}\}|(?<tag>\{{2,4}~?(?<sign>[#/^]?)[>*]?\s*(?<name>[^\s~|()"'[\]{}]*)(?:"[^"]*"|'[^']*'|\[[^\]]*\]|[^"'[\]{}])*\}{2,4})|(?<endless>\{\{.*)/g;

/** Says in plain words why `text`, which Handlebars refused with `error`, is no template: the first tag that is wrong. */
export function syntaxProblem(file: string, text: string, error: unknown): Diagnostic {
  const otherwise = { at: 0, tag: "", message: `not a Handlebars template: ${String(error).split("\n", 1)}` };
  const { at, tag, message, hint }: Fault = firstFault(text) ?? otherwise;
  const line = lineOf(text, at);
  const col = at - text.lastIndexOf("\n", at - 1);
  const source = { file, line, col, ...(tag.includes("\n") ? {} : { endCol: col + tag.length }) };
  const excerpt = (text.split("\n")[line - 1] ?? "").replace(/\r$/, "");
  return { severity: "error", message, source, excerpt, ...(hint === undefined ? {} : { hint }) };
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split("\n").length;

function firstFault(text: string): Fault | undefined {
  const open: Block[] = [];
  for (const { index: at, groups: { tag, sign = "", name = "", endless } = {} } of text.matchAll(PARTS)) {
    if (endless !== undefined) return { at, tag: endless, ...ENDLESS };
    if (tag === undefined) continue;
    const kind = kindOf(sign, name);
    const words = blockFault(tag, kind, name, open) ?? tagFault(tag, kind, name);
    if (words !== undefined) return { at, tag, ...words };
    if (kind === "open") {
      const hint = `it is opened on line ${lineOf(text, at)}, and its end is {{/${name}}}`;
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

/** Wrong beside the blocks that are open. Takes the block that it closes off the list. */
function blockFault(tag: string, kind: Kind, name: string, open: Block[]): Words | undefined {
  const last = open.at(-1);
  if (kind !== "close" && kind !== "else") return undefined;
  if (last === undefined || (kind === "else" && last.hasElse))
    return { message: `${tag} belongs to no block` };
  if (kind === "close" && last.name !== name)
    return { message: `${tag} does not close ${last.tag}`, hint: last.hint };
  if (kind === "close") open.pop();
  else last.hasElse = !/else\s+\w/.test(tag);
  return undefined;
}

/** Wrong by itself. The two mistakes that are most often made have words of their own. */
function tagFault(tag: string, kind: Kind, name: string): Words | undefined {
  const whole = { open: `${tag}{{/${name}}}`, close: "", else: `{{#if x}}${tag}{{/if}}`, plain: tag };
  try {
    Handlebars.parse(whole[kind]);
    return undefined;
  } catch {
    if (/[=!<>]=|&&|\|\||\s[|+<>]\s/.test(tag))
      return { message: `${tag} holds an operator`, hint: "use a function: (eq a b), (and a b), (not a)" };
    if (/^\{{3}/.test(tag) !== /\}{3}$/.test(tag))
      return { message: `${tag} has a brace too many`, hint: "put a space before a brace that is text" };
    return { message: `${tag} cannot be understood` };
  }
}
