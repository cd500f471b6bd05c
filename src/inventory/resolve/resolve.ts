import { didYouMean, hostProblem, type Log } from "../../base/diagnostic.ts";
import { nearest } from "../../base/nearest.ts";
import type { Source } from "../../model/source.ts";
import { list, lostValue, mapping, type Node, scalar } from "../parse/node.ts";
import { decryptedValue, type Unlock } from "../parse/secret.ts";
import { parseTemplate, type Reference } from "../parse/template.ts";
import { Place } from "../parse/text-file.ts";
import { groupsValue, MAGIC, magicValue } from "./magic.ts";
import type { RawInventory } from "./precedence.ts";
import { insideText } from "./print.ts";
import type { RawHost } from "./tree.ts";

/** The limit of a chain of references. */
const MAX_CHAIN = 100;
/** The limit of characters, or of values, in one variable: a few references can double their size again and again. */
const MAX_RESULT = 1_000_000;

/** Resolves the variables of all hosts, each once. */
export interface Resolver {
  /** A variable with all templates resolved. If that fails, it has the mark `broken`, and the log has the error. */
  resolved(host: string, name: string): Node;
  /** All names in templates. */
  readonly references: ReadonlySet<string>;
}

/** Options for resolving. */
export interface ResolveOptions {
  readonly cwd: string;
  readonly log: Log;
  /** Do not report unknown names: a file that may define them could not be read. */
  readonly lenient: boolean;
  readonly unlock: Unlock;
}

/** The state of a resolver. */
interface Context extends ResolveOptions {
  readonly raw: RawInventory;
  /** By host and name. */
  readonly done: Map<string, Node>;
  /** The current chain of references, as `host\0name`. */
  readonly chain: string[];
  readonly references: Set<string>;
  /** The hint for a missing name, by position and name. */
  readonly missing: Map<string, string | undefined>;
  groups: Node | undefined;
}

/** The position of a template: its host and its value. */
interface Spot {
  readonly host: RawHost;
  readonly source: Source;
}

/** A resolver for a whole inventory. Its log has the problems, with the position of the reference. */
export function newResolver(raw: RawInventory, options: ResolveOptions): Resolver {
  const context: Context = {
    ...options,
    raw,
    done: new Map(),
    chain: [],
    references: new Set(),
    missing: new Map(),
    groups: undefined,
  };
  const resolved = (host: string, name: string): Node => {
    const known = raw.tree.hosts.get(host);
    const value = known === undefined ? undefined : variable(name, known, context);
    if (value === undefined) throw new Error(`no variable ${name} on ${host}`);
    return value;
  };
  return { resolved, references: context.references };
}

/** Undefined: the host has no such variable. */
function variable(name: string, host: RawHost, context: Context): Node | undefined {
  const found = context.raw.vars.get(host.name)?.get(name)?.node;
  if (found === undefined || !found.dynamic) return found;
  const id = `${host.name}\0${name}`;
  const known = context.done.get(id);
  if (known !== undefined) return known;
  context.chain.push(id);
  const value = resolveNode(found, host, context);
  context.chain.pop();
  context.done.set(id, value);
  return value;
}

function resolveNode(node: Node, host: RawHost, context: Context): Node {
  if (!node.dynamic) return node;
  const spot = { host, source: node.source };
  if (node.refusal !== undefined) {
    fail(node.refusal.message, spot, context, node.refusal.hint);
    return lostValue(node.source);
  }
  if (node.encrypted === true) return decrypt(node, spot, context);
  if (typeof node.value === "string") {
    return resolveText(node.value, spot, context) ?? lostValue(node.source);
  }
  const children = new Map<string, Node>();
  for (const [key, child] of node.children ?? []) children.set(key, resolveNode(child, host, context));
  const made =
    node.keys === undefined
      ? list([...children.values()], node.source)
      : mapping(children, node.keys, node.source);
  const whole = node.broken === true ? { ...made, broken: true as const } : made;
  return limited(whole, made.size, spot, context) ?? lostValue(node.source);
}

function decrypt(node: Node, spot: Spot, context: Context): Node {
  const text = context.unlock(String(node.value));
  if (text.ok) return decryptedValue(text.value, node.source);
  fail(text.error.message, spot, context, text.error.hint);
  return lostValue(node.source);
}

function fail(message: string, { host, source }: Spot, { log }: Context, hint?: string): void {
  log.problems.push(hostProblem(host.name, message, source, hint));
}

function limited(node: Node, size: number, spot: Spot, context: Context): Node | undefined {
  if (size <= MAX_RESULT) return node;
  fail(`the references in this value make it larger than ${MAX_RESULT}`, spot, context);
  return undefined;
}

function resolveText(text: string, spot: Spot, context: Context): Node | undefined {
  const parsed = parseTemplate(text);
  if (!parsed.ok) {
    const hint = "write !unsafe before a value that must keep its braces";
    const source = Place.within(spot.source, parsed.error.text);
    // Its names are used, although the template is not supported.
    for (const [name] of text.matchAll(/[A-Za-z_]\w*/g)) context.references.add(name);
    fail(parsed.error.message, { ...spot, source }, context, hint);
    return undefined;
  }
  const [only, ...others] = parsed.value;
  // A value that is only one reference keeps the type of its target.
  if (only !== undefined && typeof only !== "string" && others.length === 0) {
    const target = lookUp(only, spot, context);
    return target === undefined ? undefined : { ...target, source: spot.source };
  }
  const pieces = parsed.value.map((part) => pieceOf(part, spot, context));
  const texts = pieces.flatMap((piece) => (piece === undefined ? [] : String(piece.value)));
  if (texts.length < pieces.length) return undefined;
  const size = texts.reduce((sum, piece) => sum + piece.length, 0);
  const result = size > MAX_RESULT ? "" : texts.join("");
  const made = pieces.some((piece) => piece?.secret === true)
    ? decryptedValue(result, spot.source)
    : { ...scalar(result, spot.source), dynamic: false };
  return limited(made, size, spot, context);
}

/** A part of a longer string, as text. */
function pieceOf(part: string | Reference, spot: Spot, context: Context): Node | undefined {
  if (typeof part === "string") return scalar(part, spot.source);
  const target = lookUp(part, spot, context);
  if (target === undefined || target.broken === true) return undefined;
  const text = insideText(target);
  if (text !== undefined) return { ...target, value: text };
  const what = target.keys === undefined ? "a list" : "a mapping";
  const message = `\`${part.text}\` is ${what}, which cannot be part of a longer text`;
  fail(message, { ...spot, source: Place.within(spot.source, part.text) }, context);
  return undefined;
}

function lookUp(reference: Reference, spot: Spot, context: Context): Node | undefined {
  const [name, ...steps] = reference.path;
  const at = { host: spot.host, source: Place.within(spot.source, reference.text) };
  context.references.add(name);
  let [node, rest] = [root(name, at, context), steps];
  if (name === "hostvars") [node, rest] = otherHost(steps, at, context);
  let path = name;
  for (const step of rest) {
    if (node === undefined) return undefined;
    const next: Node | undefined = node.children?.get(step);
    if (next === undefined) {
      // The value could not be read, so the key may exist.
      if (node.broken === true) return undefined;
      const near = didYouMean(nearest(step, node.children?.keys() ?? []));
      fail(`there is no \`${step}\` in \`${path}\``, at, context, near);
      return undefined;
    }
    path += `.${step}`;
    node = next;
  }
  return node;
}

function root(name: string, spot: Spot, context: Context): Node | undefined {
  const { host } = spot;
  if (name === "hostvars") return undefined;
  const magic = magicValue(name, host, context.cwd, () => {
    context.groups ??= groupsValue(context.raw);
    return context.groups;
  });
  if (magic !== undefined) return magic;
  if (context.raw.vars.get(host.name)?.has(name)) return follow(name, spot, context);
  if (context.lenient) return undefined;
  reportMissing(name, spot, context);
  return undefined;
}

function reportMissing(name: string, spot: Spot, context: Context): void {
  const { missing, raw } = context;
  const { host, source } = spot;
  const id = `${source.file}\0${source.line}\0${source.col}\0${name}`;
  if (!missing.has(id)) {
    const names = [...(raw.vars.get(host.name)?.keys() ?? []), ...MAGIC];
    const facts = name.startsWith("ansible_")
      ? "facts of hosts are not known while the inventory is read"
      : undefined;
    missing.set(id, didYouMean(nearest(name, names)) ?? facts);
  }
  fail(`\`${name}\` is not defined`, spot, context, missing.get(id));
}

function follow(name: string, spot: Spot, context: Context): Node | undefined {
  const { host } = spot;
  const id = `${host.name}\0${name}`;
  const start = context.chain.indexOf(id);
  if (start !== -1) {
    const names = [...context.chain.slice(start), id].map((link) => link.slice(link.indexOf("\0") + 1));
    fail(`these variables refer to each other in a cycle: ${names.join(" → ")}`, spot, context);
    return undefined;
  }
  if (context.chain.length > MAX_CHAIN) {
    fail(`more than ${MAX_CHAIN} variables refer to one another in a chain`, spot, context);
    return undefined;
  }
  return variable(name, host, context);
}

/** `hostvars.web1.port` and `hostvars['web1'].port`: another host's variable. */
function otherHost(steps: readonly string[], spot: Spot, context: Context): [Node | undefined, string[]] {
  const [name, first, ...rest] = steps;
  if (name === undefined || first === undefined) {
    fail("hostvars needs a host and a variable: hostvars['web1'].port", spot, context);
    return [undefined, rest];
  }
  const host = context.raw.tree.hosts.get(name);
  if (host !== undefined) return [root(first, { host, source: spot.source }, context), rest];
  if (!context.lenient) {
    const near = didYouMean(nearest(name, context.raw.tree.hosts.keys()));
    fail(`there is no host \`${name}\``, spot, context, near);
  }
  return [undefined, rest];
}
