import Handlebars from "handlebars";
import type { Diagnostic } from "../model/source.ts";

/** One `{{…}}` of a template. */
interface Tag {
  /** As it stands in the template, braces included; cut off at the line's end where it is not closed. */
  readonly text: string;
  /** Offset in the template. */
  readonly at: number;
  readonly kind: "open" | "close" | "else" | "plain" | "unclosed";
  /** Of a block's tags: its name. */
  readonly name: string;
}

interface Fault {
  readonly tag: Tag;
  readonly message: string;
  readonly hint?: string;
}

/** Says in plain words why `text`, which Handlebars refused with `error`, is no template. */
export function syntaxProblem(file: string, text: string, error: unknown): Diagnostic {
  const tags = tagsOf(text);
  const fault = tagFault(tags) ?? blockFault(tags, text);
  if (fault !== undefined) {
    const { message, hint, tag } = fault;
    return problemAt(file, text, tag, message, hint);
  }
  const words = error instanceof Error ? error.message : String(error);
  const line = Number(/ on line (\d+)/.exec(words)?.[1] ?? / - (\d+):\d+$/.exec(words)?.[1] ?? 1);
  const said = /^(Parse|Lexical) error/.test(words) ? "" : `: ${words}`;
  return {
    severity: "error",
    message: `not a Handlebars template${said}`,
    source: { file, line, col: 1 },
    excerpt: lineAt(text, line),
  };
}

function problemAt(file: string, text: string, tag: Tag, message: string, hint?: string): Diagnostic {
  const line = lineOf(text, tag.at);
  const start = text.lastIndexOf("\n", tag.at - 1) + 1;
  const col = tag.at - (tag.at === 0 ? 0 : start) + 1;
  return {
    severity: "error",
    message,
    source: { file, line, col, ...(tag.text.includes("\n") ? {} : { endCol: col + tag.text.length }) },
    excerpt: lineAt(text, line),
    ...(hint === undefined ? {} : { hint }),
  };
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split("\n").length;
const lineAt = (text: string, line: number): string => (text.split("\n")[line - 1] ?? "").replace(/\r$/, "");

/** A comment; or a tag, in which texts and `[names]` may hold braces. Sticky: it is tried at each `{{`. */
const COMMENT = /\{\{~?!--[\s\S]*?--~?\}\}|\{\{~?!(?!--)[\s\S]*?\}\}/y;
const TAG = /\{\{\{?(?:"[^"]*"|'[^']*'|\[[^\]]*\]|[^"'[\]{}])*\}?\}\}/y;

function tagsOf(text: string): readonly Tag[] {
  const tags: Tag[] = [];
  for (let at = text.indexOf("{{"); at >= 0; ) {
    const found = escaped(text, at) ? "{{" : (match(COMMENT, text, at) ?? match(TAG, text, at));
    if (found === undefined) tags.push(unclosed(text, at));
    else if (found !== "{{" && !/^\{\{~?!/.test(found)) tags.push(tagOf(found, at));
    at = text.indexOf("{{", at + (found?.length ?? 2));
  }
  return tags;
}

/** `\{{` is text; `\\{{` is a backslash and a tag. */
const escaped = (text: string, at: number): boolean => text[at - 1] === "\\" && text[at - 2] !== "\\";

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function unclosed(text: string, at: number): Tag {
  const end = /\n|$/.exec(text.slice(at))?.index ?? 0;
  return { text: text.slice(at, at + end).trimEnd(), at, kind: "unclosed", name: "" };
}

function tagOf(text: string, at: number): Tag {
  const [, sign = "", name = "", rest = ""] =
    /^\{\{~?([#/^]?)[>*]?\s*([^\s~}|()]*)([\s\S]*?)~?\}\}$/.exec(text) ?? [];
  if (sign === "#" || (sign === "^" && name !== "")) return { text, at, kind: "open", name };
  if (sign === "/") return { text, at, kind: "close", name };
  const isElse = sign === "^" || (sign === "" && name === "else");
  return { text, at, kind: isElse ? "else" : "plain", name: rest.trim() };
}

/** The first tag that is none, taken by itself: what stands around it cannot mend it. */
function tagFault(tags: readonly Tag[]): Fault | undefined {
  for (const tag of tags) {
    if (tag.kind === "unclosed") return unclosedFault(tag);
    const alone = standalone(tag);
    const words = alone === undefined ? undefined : refusal(alone);
    if (words !== undefined) return { tag, ...explained(tag.text, words) };
  }
  return undefined;
}

function unclosedFault(tag: Tag): Fault {
  const { text } = tag;
  if (text.startsWith("{{{{")) return { tag, message: "raw blocks, {{{{…}}}}, are not used here" };
  const odd = [`"`, "'"].find((quote) => text.split(quote).length % 2 === 0);
  if (odd !== undefined && !text.startsWith("{{!"))
    return { tag, message: `${text} has a ${odd} that is never closed` };
  const end = text.startsWith("{{!--") ? "--}}" : "}}";
  return { tag, message: `${text} is never closed: ${end} is missing`, hint: "to print {{, write \\{{" };
}

/** A template of nothing but one tag, whole in itself. */
function standalone({ kind, text, name }: Tag): string | undefined {
  if (kind === "plain") return text;
  if (kind === "open" && name !== "") return `${text}{{/${name}}}`;
  if (kind === "open") return text;
  return kind === "else" ? `{{#if x}}${text}{{/if}}` : undefined;
}

function refusal(template: string): string | undefined {
  try {
    Handlebars.parse(template);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Handlebars draws an arrow under the last characters it read: what stands there did not belong. */
function explained(text: string, words: string): { readonly message: string; readonly hint?: string } {
  const [, shown = "", arrow = ""] = words.split("\n");
  const before = shown.slice(0, arrow.indexOf("^")).replace(/^\.\.\.(?=.)/, "");
  const from = text.indexOf(before) + before.length;
  const rest = text.slice(from);
  const opened = text.split("(").length - text.split(")").length;
  if (/^[=&|<>!?+*]/.test(rest) || /[=!<>]=|&&|\|\||\s[|+<>]\s/.test(text))
    return {
      message: `${text} holds an operator, and templates have none`,
      hint: "use a function, such as (eq a b), (and a b), (not a)",
    };
  if (opened > 0) return { message: `${text} lacks a closing )` };
  if (opened < 0) return { message: `${text} has a ) too many` };
  if (/^\{\{\{/.test(text) !== /\}\}\}$/.test(text))
    return {
      message: `${text} does not end with as many braces as it begins with`,
      hint: "put a space before a brace that is text",
    };
  if (/^\{\{[#^>]?\s*\}\}$/.test(text)) return { message: `${text} holds no name` };
  const what = /^\s*(\S+?)(?=[\s}]|$)/.exec(rest)?.[1];
  if (!words.includes("^") || what === undefined || /^\}/.test(rest))
    return { message: `${text} cannot be understood` };
  return { message: `${text} cannot be understood from "${what}" on` };
}

/** The first block that is not closed, not opened, or closed by another's name. */
function blockFault(tags: readonly Tag[], text: string): Fault | undefined {
  const open: Block[] = [];
  for (const tag of tags) {
    if (tag.kind === "open")
      open.push({ tag, title: `${tag.text}, opened on line ${lineOf(text, tag.at)}`, hasElse: false });
    const fault = tag.kind === "else" ? elseFault(tag, open) : tag.kind === "close" && closeFault(tag, open);
    if (fault) return fault;
  }
  const left = open.at(-1);
  return left && { tag: left.tag, message: `${left.title}, is never closed`, hint: closing(left.tag) };
}

interface Block {
  readonly tag: Tag;
  readonly title: string;
  hasElse: boolean;
}

function elseFault(tag: Tag, open: readonly Block[]): Fault | undefined {
  const last = open.at(-1);
  if (last === undefined) return { tag, message: `${tag.text} stands in no block` };
  if (last.hasElse) return { tag, message: `${last.title}, has its {{else}} already` };
  last.hasElse = tag.name === "";
  return undefined;
}

function closeFault(tag: Tag, open: Block[]): Fault | undefined {
  const last = open.at(-1);
  if (last === undefined) return { tag, message: `${tag.text} closes nothing: no block is open here` };
  if (last.tag.name === tag.name) {
    open.pop();
    return undefined;
  }
  const hint = closing(last.tag);
  if (open.some((block) => block.tag.name === tag.name))
    return { tag: last.tag, message: `${last.title}, is not closed before ${tag.text}`, hint };
  return { tag, message: `${tag.text} does not close ${last.title}`, hint };
}

const closing = ({ name }: Tag): string => `its end is {{/${name}}}`;
