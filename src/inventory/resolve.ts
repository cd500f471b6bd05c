import { nearest } from "../model/nearest.ts";
import type { Source } from "../model/source.ts";
import { didYouMean, fail, type Log } from "./diagnostic.ts";
import { groupsValue, MAGIC, magicValue } from "./magic.ts";
import { list, mapping, type Node, scalar } from "./node.ts";
import { Place } from "./place.ts";
import type { RawInventory } from "./raw.ts";
import { parseTemplate, type Reference } from "./template.ts";
import type { RawHost } from "./tree.ts";

/** Longer chains of references than this are no configuration any more. */
const MAX_CHAIN = 100;
/** Characters, or values, one variable may come to: a few lines can otherwise double themselves without end. */
const MAX_RESULT = 1_000_000;

/** Resolves the variables of all hosts, each once. */
export interface Resolver {
  /** A variable with every template in it resolved; undefined: it could not be, and the log says why. */
  resolved(host: string, name: string): Node | undefined;
  /** All names that any template refers to. */
  readonly references: ReadonlySet<string>;
  /** Writes down the names that are not defined, once each with all their hosts. */
  finish(): void;
}

/** A name that hosts lack. */
interface Missing {
  readonly name: string;
  readonly source: Source;
  readonly hint: string | undefined;
  readonly hosts: Set<string>;
}

/** What resolving needs at hand. */
interface Context {
  readonly raw: RawInventory;
  readonly cwd: string;
  readonly log: Log;
  /** Do not tell of unknown names: a file that may define them could not be read. */
  readonly lenient: boolean;
  /** By host and name. `undefined`: failed. */
  readonly done: Map<string, Node | undefined>;
  /** The references being followed, as `host\0name`. */
  readonly chain: string[];
  readonly references: Set<string>;
  /** By place and name. */
  readonly missing: Map<string, Missing>;
  groups: Node | undefined;
}

/** Where a template stands: on which host, in which value. */
interface Spot {
  readonly host: RawHost;
  readonly source: Source;
}

/** A resolver over a whole inventory. Problems go to the log, with the place of the reference. */
export function newResolver(raw: RawInventory, cwd: string, log: Log, lenient: boolean): Resolver {
  const context: Context = {
    raw,
    cwd,
    log,
    lenient,
    done: new Map(),
    chain: [],
    references: new Set(),
    missing: new Map(),
    groups: undefined,
  };
  const resolved = (host: string, name: string): Node | undefined => {
    const known = raw.tree.hosts.get(host);
    return known === undefined ? undefined : variable(name, known, context);
  };
  return { resolved, references: context.references, finish: () => tellMissing(context) };
}

function tellMissing({ missing, log }: Context): void {
  for (const { name, source, hint, hosts } of missing.values()) {
    const [first = "", second, ...more] = hosts;
    const others =
      more.length > 0 ? `, ${second} and ${more.length} more` : second === undefined ? "" : ` and ${second}`;
    fail(log, `\`${name}\` is not defined for ${first}${others}`, source, hint);
  }
}

function variable(name: string, host: RawHost, context: Context): Node | undefined {
  const found = context.raw.vars.get(host.name)?.get(name)?.node;
  if (found === undefined || !found.dynamic) return found;
  const id = `${host.name}\0${name}`;
  if (context.done.has(id)) return context.done.get(id);
  context.chain.push(id);
  const value = resolveNode(found, host, context);
  context.chain.pop();
  context.done.set(id, value);
  return value;
}

function resolveNode(node: Node, host: RawHost, context: Context): Node | undefined {
  if (!node.dynamic) return node;
  if (typeof node.value === "string") return resolveText(node.value, { host, source: node.source }, context);
  const children = new Map<string, Node>();
  let failed = false;
  for (const [key, child] of node.children ?? []) {
    const value = resolveNode(child, host, context);
    if (value === undefined) failed = true;
    else children.set(key, value);
  }
  if (failed) return undefined;
  const made =
    node.keys === undefined
      ? list([...children.values()], node.source)
      : mapping(children, node.keys, node.source);
  return limited(made, made.size, node.source, context);
}

function limited(node: Node, size: number, source: Source, context: Context): Node | undefined {
  if (size <= MAX_RESULT) return node;
  fail(context.log, `the references in this value make it larger than ${MAX_RESULT}`, source);
  return undefined;
}

function resolveText(text: string, spot: Spot, context: Context): Node | undefined {
  const parsed = parseTemplate(text);
  if (!parsed.ok) {
    const hint = "mark a value that shall keep its braces with !unsafe";
    fail(context.log, parsed.error.message, Place.within(spot.source, parsed.error.text), hint);
    return undefined;
  }
  const [only, ...others] = parsed.value;
  // A value that is nothing but one reference keeps the type of what it refers to.
  if (only !== undefined && typeof only !== "string" && others.length === 0) {
    const target = lookUp(only, spot, context);
    return target === undefined ? undefined : { ...target, source: spot.source };
  }
  let result = "";
  let failed = false;
  for (const part of parsed.value) {
    const piece = typeof part === "string" ? part : embed(part, spot, context);
    if (piece === undefined) failed = true;
    else if (result.length <= MAX_RESULT) result += piece;
  }
  if (failed) return undefined;
  return limited({ ...scalar(result, spot.source), dynamic: false }, result.length, spot.source, context);
}

/** A value inside a longer string, printed as Python prints it. */
function embed(reference: Reference, spot: Spot, context: Context): string | undefined {
  const target = lookUp(reference, spot, context);
  if (target === undefined) return undefined;
  const { value } = target;
  if (target.text !== undefined) return target.text;
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return String(value);
  const what = target.keys === undefined ? "a list" : "a mapping";
  const message = `\`${reference.text}\` is ${what}, which cannot stand inside a longer text`;
  fail(context.log, message, Place.within(spot.source, reference.text));
  return undefined;
}

function lookUp(reference: Reference, spot: Spot, context: Context): Node | undefined {
  const [name, ...steps] = reference.path;
  const source = Place.within(spot.source, reference.text);
  context.references.add(name);
  let [node, rest] = [root(name, { host: spot.host, source }, context), steps];
  if (name === "hostvars") [node, rest] = otherHost(steps, source, context);
  let walked = name;
  for (const step of rest) {
    if (node === undefined) return undefined;
    const next: Node | undefined = node.children?.get(step);
    if (next === undefined) {
      const near = didYouMean(nearest(step, node.children?.keys() ?? []));
      fail(context.log, `there is no \`${step}\` in \`${walked}\``, source, near);
      return undefined;
    }
    walked += `.${step}`;
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
  noteMissing(name, spot, context);
  return undefined;
}

function noteMissing(name: string, { host, source }: Spot, { missing, raw }: Context): void {
  const id = `${source.file}\0${source.line}\0${source.col}\0${name}`;
  const known = missing.get(id);
  if (known !== undefined) {
    known.hosts.add(host.name);
    return;
  }
  const names = [...(raw.vars.get(host.name)?.keys() ?? []), ...MAGIC];
  const facts = name.startsWith("ansible_")
    ? "facts of hosts are not known while the inventory is read"
    : undefined;
  const hint = didYouMean(nearest(name, names)) ?? facts;
  missing.set(id, { name, source, hint, hosts: new Set([host.name]) });
}

function follow(name: string, { host, source }: Spot, context: Context): Node | undefined {
  const id = `${host.name}\0${name}`;
  const start = context.chain.indexOf(id);
  if (start !== -1) {
    const names = [...context.chain.slice(start), id].map((link) => link.slice(link.indexOf("\0") + 1));
    fail(context.log, `these variables refer to each other in a circle: ${names.join(" → ")}`, source);
    return undefined;
  }
  if (context.chain.length > MAX_CHAIN) {
    fail(context.log, `more than ${MAX_CHAIN} variables refer to one another in a chain`, source);
    return undefined;
  }
  return variable(name, host, context);
}

/** `hostvars.web1.port` and `hostvars['web1'].port`: another host's variable. */
function otherHost(steps: readonly string[], source: Source, context: Context): [Node | undefined, string[]] {
  const [name, first, ...rest] = steps;
  if (name === undefined || first === undefined) {
    fail(context.log, "hostvars needs a host and a variable: hostvars['web1'].port", source);
    return [undefined, rest];
  }
  const host = context.raw.tree.hosts.get(name);
  if (host !== undefined) return [root(first, { host, source }, context), rest];
  if (!context.lenient) {
    const near = didYouMean(nearest(name, context.raw.tree.hosts.keys()));
    fail(context.log, `there is no host \`${name}\``, source, near);
  }
  return [undefined, rest];
}
