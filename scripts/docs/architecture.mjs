// The generated parts of docs/architecture.md: a block of code below `<!-- rooms -->` is the tree, one below `<!-- layers -->` says
// who may import whom.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { layers, rooms } from "./rooms.mjs";

export const architecturePath = "docs/architecture.md";

/** The page, with its generated parts as the code gives them. */
export function architecturePage(root) {
  return readFileSync(join(root, architecturePath), "utf8")
    .replace(/(<!-- rooms -->\n)```\n[\s\S]*?```/, (_, mark) => `${mark}\`\`\`\n${tree()}\n\`\`\``)
    .replace(/(<!-- layers -->\n)```\n[\s\S]*?```/, (_, mark) => `${mark}\`\`\`\n${order()}\n\`\`\``);
}

function tree() {
  const width = Math.max(...Object.keys(rooms).map((path) => shown(path).length)) + 2;
  return Object.entries(rooms)
    .map(([path, what]) => shown(path).padEnd(width) + what.replaceAll("`", ""))
    .join("\n");
}

/** `src/cli/run` → `    run/`, below `  cli/`. */
function shown(path) {
  const parts = path.split("/");
  return `${"  ".repeat(parts.length - 2)}${parts.at(-1)}/`;
}

const order = () =>
  [...layers]
    .reverse()
    .map((names) => names.join(", "))
    .join("\n  → ");
