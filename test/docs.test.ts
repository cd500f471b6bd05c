import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import ts from "typescript";
import { beforeAll, describe, expect, it } from "vitest";
import { pages, standingPages } from "../scripts/docs/pages.mjs";
import { kinds } from "../src/resources/kinds.ts";

const root = resolve(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe("the reference pages", () => {
  let fresh: ReadonlyMap<string, string> = new Map();
  beforeAll(async () => {
    fresh = await pages(root);
  });

  it("are there for every role and kind, and for nothing else", () => {
    expect(standingPages(root).sort()).toEqual([...fresh.keys()].sort());
    expect([...fresh.keys()]).toEqual(
      expect.arrayContaining([...kinds.keys()].map((name) => `docs/kinds/${name}.md`)),
    );
  });

  it("say what the code says (npm run docs writes them anew)", () => {
    for (const [path, text] of fresh) expect(read(path), path).toBe(text);
  });

  it("leave no option without a meaning", () => {
    for (const name of kinds.keys()) {
      const rows = read(`docs/kinds/${name}.md`).match(/^\| `\w+` \|.*$/gm) ?? [];
      expect(
        rows.filter((row) => row.endsWith("|  |")),
        name,
      ).toEqual([]);
    }
  });

  it("show only what is so: names of this machine's folders are in none", () => {
    for (const [path, text] of fresh) expect(text, path).not.toContain(root);
  });
});

describe("every page", () => {
  const all = ["README.md", "CONTRIBUTING.md", ...markdownBelow("docs")];

  it("leads only to what is there", () => {
    const broken = all.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)]
        .map(([, target = ""]) => target)
        .filter((target) => !isThere(page, target))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it("can be found from the list of all pages", () => {
    const listed = read("docs/README.md");
    for (const page of markdownBelow("docs").filter((path) => path !== "docs/README.md"))
      expect(listed).toContain(`](${page.replace("docs/", "")})`);
  });
});

describe("the examples of the kinds", () => {
  it("compile", () => {
    expect(problemsOf([...kinds.keys()].map(exampleIn))).toEqual([]);
  });

  it("would not, with a mistake in them", () => {
    const wrong = exampleIn("file").replace('mode: "0640"', "mode: 0o640");
    expect(problemsOf([wrong])).toEqual([expect.stringContaining("not assignable to type 'string'")]);
  });
});

function markdownBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
}

/** A file or folder, with the heading where one is named; or a heading of the page itself. */
function isThere(page: string, target: string): boolean {
  const [path = "", heading] = target.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return false;
  return heading === undefined || headingsOf(read(file)).includes(heading);
}

/** As the viewers of Markdown name them. */
const headingsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );

/** The first block of code on the page of a kind. */
function exampleIn(kind: string): string {
  const found = /```ts\n([\s\S]*?)\n```/.exec(read(`docs/kinds/${kind}.md`))?.[1];
  if (found === undefined) throw new Error(`docs/kinds/${kind}.md has no example`);
  return found;
}

/** What the compiler says of these expressions in a role's own file, with the options of this project. */
function problemsOf(examples: readonly string[]): readonly string[] {
  const path = join(root, "roles", "examples-of-the-pages.ts");
  const names = [...new Set(examples.map((text) => /^\w+/.exec(text)?.[0]))].join(", ");
  const list = examples.map((text) => `  ${text},`).join("\n");
  const source = `import { ${names}, type Resource } from "provision";\nexport const all: readonly Resource[] = [\n${list}\n];\n`;
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const known = host.getSourceFile.bind(host);
  host.getSourceFile = (name, target) =>
    name === path ? ts.createSourceFile(name, source, target) : known(name, target);
  const program = ts.createProgram([path], options, host);
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(path))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}
