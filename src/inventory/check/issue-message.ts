import { didYouMean } from "../../base/diagnostic.ts";
import { nearest } from "../../base/nearest.ts";
import type { Json } from "../../model/json.ts";
import type { SchemaIssue } from "../../model/role.ts";
import { typeName } from "../parse/node.ts";
import { resolvePlain } from "../parse/scalar.ts";

/** A value that a schema rejects. */
export interface Refused {
  readonly value: Json | undefined;
  /** The text in the file, if it may be shown: no password, no reference to another variable. */
  readonly written: string | undefined;
  /** True: the schema takes whole numbers only. */
  readonly whole: boolean;
}

/** A message, to append to the value's name, and a hint. */
export interface IssueMessage {
  readonly message: string;
  readonly hint: string | undefined;
}

/** How zod's default messages start. */
const ZODS_OWN = /^(?:Invalid|Too (?:big|small)|Unrecognized)\b/;

/** The message for one issue. A schema's own message has priority. */
export function issueMessage(issue: SchemaIssue, refused: Refused): IssueMessage {
  const own = !ZODS_OWN.test(issue.message);
  if (issue.code === "invalid_union" && issue.errors !== undefined) {
    const branch = fittingBranch(issue.errors);
    const inner = branch === undefined ? undefined : issueMessage(branch, refused);
    if (!own && inner !== undefined) return inner;
    return { message: `: ${issue.message}`, hint: quoteHint(expectedTypes(issue), refused) };
  }
  const hint = hintOf(issue, refused);
  if (own) return { message: `: ${issue.message}`, hint };
  return { message: ` ${plain(issue, refused) ?? `cannot be used: ${issue.message}`}`, hint };
}

/** The closest branch of a union: one that accepts the type, else the last. */
function fittingBranch(branches: readonly (readonly SchemaIssue[])[]): SchemaIssue | undefined {
  const near = branches.find(([first]) => first?.code !== "invalid_type" && first?.code !== "invalid_value");
  return (near ?? branches.at(-1))?.[0];
}

/** All types that a branch of a union accepts. */
function expectedTypes(issue: SchemaIssue): readonly string[] {
  const inner = (issue.errors ?? []).flat().flatMap(expectedTypes);
  return issue.code === "invalid_type" && issue.expected !== undefined ? [issue.expected, ...inner] : inner;
}

function plain(issue: SchemaIssue, refused: Refused): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${typeWords(issue.expected, refused.whole)}, this is ${shown(refused)}`;
    case "invalid_value":
      return `must be ${choice(issue.values ?? [])}`;
    case "too_big":
      return bound(issue, issue.maximum, issue.inclusive === false ? "less than" : "at most");
    case "too_small":
      return bound(issue, issue.minimum, issue.inclusive === false ? "more than" : "at least");
    case "invalid_format":
      return `must be ${FORMATS[issue.format ?? ""] ?? `a valid ${issue.format ?? "text"}`}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    default:
      return undefined;
  }
}

const FORMATS: Readonly<Record<string, string>> = {
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  cidrv4: "an IPv4 network such as 10.0.0.0/8",
  cidrv6: "an IPv6 network such as fd00::/8",
  email: "an email address",
  url: "a URL",
  hostname: "a host name",
  regex: "of another form",
};

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
  record: "a mapping",
  null: "empty",
};

function typeWords(expected = "of another type", whole = false): string {
  return expected === "number" && whole ? "a whole number" : (TYPES[expected] ?? `a ${expected}`);
}

/** The type of the value, with the value if it may be shown. */
function shown({ value, written }: Refused): string {
  const name = typeName(value);
  return written === undefined ? name.replace(/ \(.*/, "") : name;
}

function choice(values: readonly unknown[]): string {
  const names = values.map((value) => `\`${String(value)}\``);
  return names.length === 1 ? names.join("") : `one of ${names.join(", ")}`;
}

function bound({ origin }: SchemaIssue, limit: number | bigint | undefined, how: string): string {
  if (origin === "string") {
    return limit === 1 && how === "at least" ? "cannot be empty" : `must have ${how} ${limit} characters`;
  }
  if (origin === "number" || origin === "int" || origin === "bigint") return `must be ${how} ${limit}`;
  return `must have ${how} ${limit} ${limit === 1 ? "entry" : "entries"}`;
}

function hintOf(issue: SchemaIssue, refused: Refused): string | undefined {
  if (issue.code === "invalid_value") {
    const choices = (issue.values ?? []).map(String);
    if (refused.written !== undefined && choices.includes(refused.written)) {
      return quoteHint(["string"], refused);
    }
    return typeof refused.value === "string" ? didYouMean(nearest(refused.value, choices)) : undefined;
  }
  return issue.code === "invalid_type" ? quoteHint([issue.expected ?? ""], refused) : undefined;
}

/** A hint for values that YAML 1.1 reads as another type: text without quotes, numbers in quotes. */
function quoteHint(expected: readonly string[], { value, written }: Refused): string | undefined {
  const scalar = typeof value === "number" || typeof value === "boolean";
  if (scalar && expected.includes("string")) {
    if (written === undefined) return "put it in quotes";
    const read = written === String(value) ? "" : `; without them, YAML reads ${written} as ${value}`;
    return `put it in quotes: "${written}"${read}`;
  }
  if (typeof value !== "string" || written === undefined || expected.includes("string")) return undefined;
  if (expected.includes("boolean")) return "write true or false, without quotes";
  const number = resolvePlain(value);
  const numeric = "value" in number && typeof number.value === "number";
  return numeric && /^["']/.test(written) ? `leave the quotes out: ${value}` : undefined;
}
