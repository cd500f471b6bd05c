// The reference page of a kind: from its constructor's types and doc comments, its scripts and its cases.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";
import { code, page, section, table, written } from "./table.mjs";

/** What the source says of a kind's constructor: the exported function of its file that has an example. */
export function readKind(root, kind) {
  const folder = "src/resources";
  const names = readdirSync(join(root, folder), { recursive: true });
  const path = join(folder, names.find((name) => basename(name) === `${kind}.ts`) ?? `${kind}.ts`);
  const text = readFileSync(join(root, path), "utf8");
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const maker = file.statements.find((node) => ts.isFunctionDeclaration(node) && tagOf(node, "example"));
  if (maker === undefined) throw new Error(`${path}: its constructor has no @example in its doc comment`);
  return {
    name: maker.name.text,
    path,
    maker,
    interfaces: named(file, ts.isInterfaceDeclaration),
    aliases: named(file, ts.isTypeAliasDeclaration),
  };
}

const named = (file, is) => new Map(file.statements.filter(is).map((node) => [node.name.text, node]));

export const exampleOf = ({ maker }) => tagOf(maker, "example");

/** The first sentence of its doc comment. */
export const summaryOf = ({ maker }) => /^.*?\.(?=\s|$)/s.exec(docOf(maker))?.[0] ?? docOf(maker);

export function kindPage(root, kind, source, example) {
  const { maker } = source;
  const observed = kind.observe([example]).text.trim();
  return page([
    written(source.path),
    `# ${kind.name}`,
    docOf(maker),
    fenced("ts", exampleOf(source)),
    section("Options", fenced("ts", signatureOf(maker)), optionTable(source), absence(maker)),
    section(
      "What is observed",
      `One request a host asks about all its resources of this kind. Of the example above it compares ${fieldsOf(example)}, and it runs:`,
      fenced("sh", observed),
    ),
    section("What can be undecided", undecided(root, kind, example)),
    section("Carried out", [...carriedOut(kind)].join("\n")),
  ]);
}

const fenced = (language, text) => `\`\`\`${language}\n${text}\n\`\`\``;

function signatureOf({ name, parameters, type }) {
  const list = parameters.map((one) => one.getText().replaceAll(/\s+/g, " ")).join(", ");
  return `${name.text}(${list}): ${type.getText()}`;
}

const absence = (maker) =>
  /absent/i.test(signatureOf(maker))
    ? "In the place of all options, `{ absent: true }`: it must not exist."
    : "";

function optionTable({ maker, interfaces, aliases }) {
  const wanted = maker.parameters.map(({ type }) => type.getText());
  const members = [...interfaces]
    .filter(([name]) => wanted.some((text) => new RegExp(`\\b${name}\\b`).test(text)))
    .flatMap(([, node]) => node.members.map((member) => [member.name.text, member]));
  const defaults = defaultsOf(maker);
  const distinct = [...new Map(members.filter(([name]) => name !== "absent"))];
  return table(
    ["option", "type", "default", "meaning"],
    distinct.map(([name, member]) => [
      code(name),
      code(typeText(member.type, aliases)),
      member.questionToken === undefined ? "required" : (defaults.get(name) ?? ""),
      defaults.has(name) ? docOf(member).replace(/ ?Default [^ ;]+\.$/, "") : docOf(member),
    ]),
  );
}

/** A type as one reads it: a name for a choice is shown as the choice. */
function typeText(node, aliases) {
  const alias = aliases.get(node.getText());
  if (alias !== undefined && ts.isUnionTypeNode(alias.type))
    return alias.type.types.map((one) => one.getText()).join(" | ");
  return node.getText().replaceAll("readonly ", "");
}

/** What the constructor takes for an option that is left out, where it is a plain value. */
function defaultsOf(maker) {
  const found = new Map();
  const visit = (node) => {
    if (ts.isBindingElement(node) && node.initializer !== undefined && isPlain(node.initializer))
      found.set((node.propertyName ?? node.name).getText(), code(node.initializer.getText()));
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(maker.body, visit);
  return found;
}

const isPlain = (node) =>
  ts.isLiteralExpression(node) ||
  [ts.SyntaxKind.TrueKeyword, ts.SyntaxKind.FalseKeyword].includes(node.kind) ||
  (ts.isArrayLiteralExpression(node) && node.elements.length === 0);

/** The text of a doc comment, its lines joined into paragraphs. */
function docOf(node) {
  const text = ts
    .getJSDocCommentsAndTags(node)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "")
    .join("\n");
  return text.trim();
}

function tagOf(node, name) {
  const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === name);
  return tag === undefined ? undefined : ts.getTextOfJSDocComment(tag.comment)?.trim();
}

const fieldsOf = ({ desired }) => Object.keys(desired).map(code).join(", ");

/** All that the kind's cases show of it, and what it says to an answer that is not there. */
function undecided(root, kind, example) {
  const folder = join(root, "test/cases", kind.name);
  const cases = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
  const silent = kind.parse("", [example]).get(example.key);
  const reasons = [silent, ...cases.flatMap(({ observed }) => Object.values(observed))]
    .filter(({ status }) => status === "unknown")
    .map(({ reason }) => `- ${reason}`);
  const list = [...new Set(reasons)].join("\n");
  return `It is told as \`undecided\`, with its reason, and looked at again at its turn:\n\n${list}`;
}

function* carriedOut(kind) {
  yield kind.grouped ? "- Neighbours of this kind go in one call." : "- One call a resource.";
  yield `- A call is given up after ${kind.deadline} s.`;
  if (kind.content) yield "- `--diff` shows the lines that change.";
  if (kind.early)
    yield "- Changes that touch no running service are made before their turn, on all hosts at once.";
  if (kind.shared) yield "- Peers get it from the host that makes it; it is removed with `absent` only.";
}
