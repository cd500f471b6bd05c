import { readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/*
 * A function takes what it uses. Of a context (a value that holds much, and is handed on) each function that takes the whole
 * must use at least half the members, itself or by the functions that it hands the context to. Else it takes a `Pick` of it,
 * or the members.
 */
const root = resolve(import.meta.dirname, "..");
const contexts: ReadonlySet<string> = new Set([
  "src/run/input.ts RunInput",
  "src/run/input.ts Wanted",
  "src/run/input.ts Reach",
  "src/run/input.ts Policy",
  "src/run/input.ts Caller",
  "src/run/state.ts Run",
  "src/cli/project/project.ts Project",
  "src/cli/run/run-command.ts RunRequest",
]);
const mostMembers = 9;

const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => join(root, "src", name));
const program = ts.createProgram(files, {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
});
const checker = program.getTypeChecker();

/** One parameter of a function that is a context. */
interface Taken {
  readonly where: string;
  readonly context: string;
  readonly all: readonly string[];
  /** Members that the function's own code names; more are found by the calls. */
  readonly used: Set<string>;
  readonly calls: readonly ts.ParameterDeclaration[];
}

function contextOf(parameter: ts.ParameterDeclaration): string | undefined {
  const { type } = parameter;
  if (type === undefined || !ts.isTypeReferenceNode(type)) return undefined;
  const symbol = checker.getSymbolAtLocation(type.typeName);
  const named = symbol && (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
  const file = named?.declarations?.[0]?.getSourceFile().fileName;
  const name = file === undefined ? "" : `${relative(root, file)} ${named?.name}`;
  return contexts.has(name) ? name : undefined;
}

const membersOf = (node: ts.Node): readonly string[] =>
  checker.getPropertiesOfType(checker.getTypeAtLocation(node)).map(({ name }) => name);

const namesIn = (pattern: ts.ObjectBindingPattern): readonly string[] =>
  pattern.elements.map(({ propertyName, name }) => (propertyName ?? name).getText());

/** What a function does with a parameter that has a name. */
function usesOf(parameter: ts.ParameterDeclaration, body: ts.Node): Pick<Taken, "used" | "calls"> {
  const used = new Set<string>();
  const calls: ts.ParameterDeclaration[] = [];
  if (ts.isObjectBindingPattern(parameter.name)) return { used: new Set(namesIn(parameter.name)), calls };
  const symbol = checker.getSymbolAtLocation(parameter.name);
  const isIt = (node: ts.Node): boolean =>
    ts.isIdentifier(node) &&
    (ts.isShorthandPropertyAssignment(node.parent)
      ? checker.getShorthandAssignmentValueSymbol(node.parent) === symbol
      : checker.getSymbolAtLocation(node) === symbol);
  const look = (node: ts.Node): void => {
    if (isIt(node)) useAt(node, { used, calls, whole: membersOf(parameter) });
    ts.forEachChild(node, look);
  };
  look(body);
  return { used, calls };
}

function useAt(
  node: ts.Node,
  found: { used: Set<string>; calls: ts.ParameterDeclaration[]; whole: readonly string[] },
): void {
  const { parent } = node;
  const add = (names: readonly string[]): void => {
    for (const name of names) found.used.add(name);
  };
  if (ts.isPropertyAccessExpression(parent) && parent.expression === node) add([parent.name.text]);
  else if (ts.isVariableDeclaration(parent) && ts.isObjectBindingPattern(parent.name))
    add(namesIn(parent.name));
  else if (ts.isCallExpression(parent)) {
    const index = ts.isExpression(node) ? parent.arguments.indexOf(node) : -1;
    const callee = checker.getResolvedSignature(parent)?.declaration?.parameters[index];
    if (callee === undefined || !ts.isParameter(callee)) add(found.whole);
    else if (contextOf(callee) === undefined) add(membersOf(callee));
    else found.calls.push(callee);
  } else add(found.whole);
}

function takenIn(file: ts.SourceFile): ReadonlyMap<ts.ParameterDeclaration, Taken> {
  const taken = new Map<ts.ParameterDeclaration, Taken>();
  const visit = (node: ts.Node, name: string): void => {
    if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) {
      for (const parameter of node.parameters) {
        const context = contextOf(parameter);
        if (context === undefined) continue;
        const where = `${relative(root, file.fileName)} ${node.name?.getText() ?? name}`;
        taken.set(parameter, {
          where,
          context,
          all: membersOf(parameter),
          ...usesOf(parameter, node.body as ts.Node),
        });
      }
    }
    ts.forEachChild(node, (child) =>
      visit(child, ts.isVariableDeclaration(node) ? node.name.getText() : name),
    );
  };
  visit(file, "a function");
  return taken;
}

const taken = new Map(
  program
    .getSourceFiles()
    .filter(({ fileName }) => fileName.startsWith(join(root, "src")))
    .flatMap((file) => [...takenIn(file)]),
);
// What is used by those it is handed to, until nothing more is found.
for (let size = -1; size !== total(); ) {
  size = total();
  for (const one of taken.values())
    for (const callee of one.calls) for (const name of taken.get(callee)?.used ?? []) one.used.add(name);
}

function total(): number {
  return [...taken.values()].reduce((sum, { used }) => sum + used.size, 0);
}

describe("contexts", () => {
  it("are there, and some functions take a whole one", () => {
    const declared = program
      .getSourceFiles()
      .flatMap((file) =>
        file.statements
          .filter(ts.isInterfaceDeclaration)
          .map(({ name }) => `${relative(root, file.fileName)} ${name.text}`),
      );
    expect([...contexts].filter((context) => !declared.includes(context))).toEqual([]);
    expect(taken.size).toBeGreaterThan(20);
  });

  it("are taken whole by functions that use half of them at least", () => {
    const idle = [...taken.values()].filter(({ used, all }) => used.size * 2 < all.length);
    expect(idle.map(({ where, context, used }) => `${where} takes ${context}, uses ${[...used]}`)).toEqual(
      [],
    );
  });

  it("have few members", () => {
    const large = [...taken.values()].filter(({ all }) => all.length > mostMembers);
    expect(large.map(({ context, all }) => `${context}: ${all.length}`)).toEqual([]);
  });
});
