import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

/** What a reader can hold in mind: each limit names the offenders. */
const root = resolve(import.meta.dirname, "..");
const most = { fileLines: 250, functionLines: 40, parameters: 4, folderFiles: 20 };

const files = ["src", "roles"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(root.length + 1)),
);
const code = files.filter((name) => name.endsWith(".ts"));

interface Sized {
  readonly where: string;
  readonly lines: number;
  readonly parameters: number;
}

/** Every function of a file, also those in others. Comments before it do not count. */
function functionsOf(file: string): readonly Sized[] {
  const text = readFileSync(join(root, file), "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Sized[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) {
      const first = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
      const last = source.getLineAndCharacterOfPosition(node.end).line;
      const parameters = node.parameters.length;
      found.push({ where: `${file}:${first + 1}`, lines: last - first + 1, parameters });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const functions = code.flatMap(functionsOf);
const over = (size: (one: Sized) => number, limit: number): readonly string[] =>
  functions.filter((one) => size(one) > limit).map((one) => `${one.where}: ${size(one)}`);

it("finds functions to judge", () => {
  expect(functions.length).toBeGreaterThan(1000);
});

it("files are short", () => {
  const lines = (file: string): number => readFileSync(join(root, file), "utf8").split("\n").length - 1;
  expect(code.filter((file) => lines(file) > most.fileLines)).toEqual([]);
});

it("functions are short", () => {
  expect(over(({ lines }) => lines, most.functionLines)).toEqual([]);
});

it("functions take few parameters", () => {
  expect(over(({ parameters }) => parameters, most.parameters)).toEqual([]);
});

it("folders hold few files", () => {
  const counts = new Map<string, number>();
  for (const file of files) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  const full = [...counts].filter(([, count]) => count > most.folderFiles);
  expect(full.map(([folder, count]) => `${folder}: ${count}`)).toEqual([]);
});

it("the model is types only", () => {
  const values = code
    .filter((file) => file.startsWith("src/model/"))
    .filter((file) => {
      const text = readFileSync(join(root, file), "utf8");
      const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
      return statements.some(
        (one) =>
          !ts.isInterfaceDeclaration(one) &&
          !ts.isTypeAliasDeclaration(one) &&
          !(ts.isImportDeclaration(one) && one.importClause?.isTypeOnly === true),
      );
    });
  expect(values).toEqual([]);
});
