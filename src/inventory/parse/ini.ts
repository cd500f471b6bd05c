import { fail, lose } from "../../base/diagnostic.ts";
import type { Source } from "../../model/source.ts";
import { type GroupContext, isName, readPriority, setPort, warnOfMagic } from "../resolve/groups.ts";
import { expandHosts } from "../resolve/hostnames.ts";
import {
  addChild,
  addGroup,
  addHost,
  type RawGroup,
  type RawHost,
  setHostVariable,
  setVariable,
} from "../resolve/tree.ts";
import { lostValue, type Node } from "./node.ts";
import { pythonValue } from "./python.ts";
import { shellWords, type Word } from "./shlex.ts";
import type { TextFile } from "./text-file.ts";

/** `[web]` or `[web:vars]`, with an optional comment. */
const SECTION = /^\[([^:\]\s]+)(?::([\p{L}\p{N}_]+))?\]\s*(?:#.*)?$/u;
const CHILD = /^([^:\]\s]+)\s*(?:#.*)?$/;

/** A group that appears before its section. */
interface Pending {
  readonly source: Source;
  /** The groups with it as a child; undefined: it has variables. */
  readonly parents?: RawGroup[];
}

/** The state of reading one file. */
interface Reading {
  readonly file: TextFile;
  readonly context: GroupContext;
  readonly pending: Map<string, Pending>;
  group: RawGroup | undefined;
  section: string;
}

/** A line without surrounding white space. */
interface Line {
  readonly text: string;
  readonly start: number;
}

/** Reads an INI inventory into the tree, line by line like Ansible. Content that Ansible rejects or ignores is an error. */
export function readIni(file: TextFile, context: GroupContext): void {
  const ungrouped = context.tree.groups.get("ungrouped");
  const reading: Reading = { file, context, pending: new Map(), group: ungrouped, section: "hosts" };
  for (const line of linesOf(file.text)) readLine(line, reading);
  for (const [name, { source, parents }] of reading.pending) {
    const what = parents === undefined ? "has variables here" : "is a child here";
    lose(context.log, `the group \`${name}\` ${what}, but has no section`, source, `add [${name}]`);
  }
}

/** The lines without empty ones and comments. Python knows more line breaks than other programs. */
function linesOf(text: string): readonly Line[] {
  return [...text.matchAll(/[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+/g)].flatMap((match) => {
    const trimmed = match[0].trim();
    if (trimmed === "" || /^[#;]/.test(trimmed)) return [];
    return [{ text: trimmed, start: match.index + match[0].indexOf(trimmed) }];
  });
}

function readLine(line: Line, reading: Reading): void {
  const { file, context, group, section } = reading;
  const source = file.place(line.start, line.start + line.text.length);
  const header = SECTION.exec(line.text);
  if (header !== null) openSection(header[1] ?? "", header[2] ?? "hosts", source, reading);
  else if (/^\[.*\]$/.test(line.text))
    lose(context.log, "this is not the name of a section", source, "write [name]");
  else if (group === undefined) return;
  else if (section === "vars") readVariable(line, group, reading);
  else if (section === "children") readChild(line, group, reading);
  else readHosts(line, group, reading);
}

function openSection(name: string, section: string, source: Source, reading: Reading): void {
  const { context, pending } = reading;
  const { tree, log } = context;
  reading.section = section;
  reading.group = undefined;
  if (!["hosts", "children", "vars"].includes(section)) {
    lose(log, `a section must be [${name}], [${name}:children] or [${name}:vars]`, source);
    return;
  }
  if (!isName(name, { source, kind: "string" }, "group", log)) return;
  if (section === "vars" && !tree.groups.has(name) && !pending.has(name)) pending.set(name, { source });
  const group = addGroup(tree, name, source);
  reading.group = group;
  if (section === "vars") return;
  for (const parent of pending.get(name)?.parents ?? []) attach(parent, name, source, context);
  pending.delete(name);
}

function attach(parent: RawGroup, child: string, source: Source, { tree, log }: GroupContext): void {
  if (addChild(tree, parent.name, child)) return;
  fail(
    log,
    `\`${child}\` cannot be a child of \`${parent.name}\`: the groups would contain each other`,
    source,
  );
}

function readChild(line: Line, group: RawGroup, { file, context, pending }: Reading): void {
  const source = file.place(line.start, line.start + line.text.length);
  const name = CHILD.exec(line.text)?.[1];
  if (name === undefined) lose(context.log, "a child must be the name of a group", source);
  else if (context.tree.groups.has(name) && pending.get(name)?.parents === undefined)
    attach(group, name, source, context);
  else {
    const known = pending.get(name);
    if (known?.parents === undefined) pending.set(name, { source, parents: [group] });
    else known.parents.push(group);
  }
}

function readVariable(line: Line, group: RawGroup, { file, context }: Reading): void {
  const source = file.place(line.start, line.start + line.text.length);
  const at = line.text.indexOf("=");
  if (at === -1) {
    lose(context.log, "a variable must be name=value", source);
    return;
  }
  const name = line.text.slice(0, at).trim();
  const text = line.text.slice(at + 1).trim();
  const from = line.start + line.text.length - text.length;
  const node = readValue(text, file.place(from, from + text.length), context);
  if (name === "ansible_group_priority") {
    group.priority = readPriority(node, context.log) ?? group.priority;
    return;
  }
  warnOfMagic(name, source, context.log);
  setVariable(group.vars, name, { node, key: source }, context.tree.merge);
}

function readValue(text: string, source: Source, { log }: GroupContext): Node {
  const node = pythonValue(text, source);
  if (!("error" in node)) return node;
  fail(log, node.error, source);
  return lostValue(source);
}

function readHosts(line: Line, group: RawGroup, reading: Reading): void {
  const { file, context } = reading;
  const { tree, log } = context;
  const source = file.place(line.start, line.start + line.text.length);
  const words = shellWords(line.text);
  if (words === undefined) {
    lose(log, "a quote is not closed", source);
    return;
  }
  const [first, ...others] = words;
  const pattern = first?.text ?? "";
  const end = pattern.endsWith(":") || pattern === "---";
  const expanded = expandHosts(pattern);
  if (end || !expanded.ok) {
    const message = end || expanded.ok ? `\`${pattern}\` is not the name of a host` : expanded.error;
    lose(log, message, wordPlace(first, line, file));
    return;
  }
  const vars = others.flatMap((word) => assignment(word, line, reading));
  for (const name of expanded.value.names) {
    const known = tree.hosts.has(name);
    const host = addHost(tree, group, { name, source: wordPlace(first, line, file), file: context.file });
    const { port } = expanded.value;
    if (port !== undefined) setPort(host, { known, port, source: host.source }, log);
    setVariables(host, vars, context);
  }
}

function setVariables(host: RawHost, vars: readonly Assigned[], { tree, log }: GroupContext): void {
  for (const [name, node, key] of vars) {
    warnOfMagic(name, key, log);
    setHostVariable(tree, host, name, { node, key });
  }
}

function wordPlace(word: Word | undefined, line: Line, file: TextFile): Source {
  return file.place(line.start + (word?.start ?? 0), line.start + (word?.end ?? line.text.length));
}

type Assigned = readonly [name: string, node: Node, key: Source];

function assignment(word: Word, line: Line, { file, context }: Reading): readonly Assigned[] {
  const source = wordPlace(word, line, file);
  const at = word.text.indexOf("=");
  if (at !== -1)
    return [[word.text.slice(0, at), readValue(word.text.slice(at + 1), source, context), source]];
  lose(context.log, `\`${word.text}\` is not a variable of the host`, source, "write name=value");
  return [];
}
