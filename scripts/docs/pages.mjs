// Every reference page, as the code gives it, and every page that shows files of the project.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { architecturePage, architecturePath } from "./architecture.mjs";
import { engine, load } from "./code.mjs";
import { readEvents } from "./event-types.mjs";
import { eventsPage } from "./events-page.mjs";
import { includingPages } from "./includes.mjs";
import { indexPage } from "./index-page.mjs";
import { exampleOf, kindPage, readKind, summaryOf } from "./kind-page.mjs";
import { rolePage } from "./role-page.mjs";
import { standingStack } from "./stack.mjs";

/** Path below the project's folder → text. */
export async function pages(root) {
  const code = await load(root, engine);
  const stack = standingStack(code, root);
  const all = new Map(includingPages(root));
  all.set(architecturePath, architecturePage(root));
  for (const role of code.roles.values())
    all.set(`docs/roles/${role.name}.md`, rolePage(role, stack, code, root));
  const sources = [...code.kinds.values()].map((kind) => ({ kind, source: readKind(root, kind.name) }));
  const { examples } = await load(
    root,
    `import * as provision from "./src/index.ts";
const { ${sources.map(({ source }) => source.name).join(", ")} } = provision;
export const examples = [${sources.map(({ source }) => exampleOf(source)).join(",\n")}];`,
  );
  for (const [index, { kind, source }] of sources.entries())
    all.set(`docs/kinds/${kind.name}.md`, kindPage(root, kind, source, examples[index]));
  const summaries = sources.map(({ kind, source }) => ({ name: kind.name, summary: summaryOf(source) }));
  all.set("docs/events.md", eventsPage(readEvents(root), code));
  all.set("docs/README.md", indexPage(root, code.roles.values(), summaries));
  return all;
}

/** The pages that are there, by the same paths. */
export function standingPages(root) {
  const index = ["docs/README.md", "docs/events.md"].filter((path) => existsSync(join(root, path)));
  const reference = ["docs/roles", "docs/kinds"].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`),
  );
  return [...index, ...reference, architecturePath, ...includingPages(root).keys()];
}
