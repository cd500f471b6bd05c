// Writes the reference pages, docs/events.md, docs/roles/*.md and docs/kinds/*.md, and the picture docs/lab.svg, from the code. Tests fail where
// they differ.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pages, standingPages } from "./docs/pages.mjs";
import { drawPicture, picturePath } from "./docs/picture.mjs";

const root = resolve(import.meta.dirname, "..");
const fresh = await pages(root);
for (const [path, text] of fresh) {
  const full = join(root, path);
  if (existsSync(full) && readFileSync(full, "utf8") === text) continue;
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  console.log(path);
}
for (const path of standingPages(root).filter((one) => !fresh.has(one))) rmSync(join(root, path));
writeFileSync(join(root, picturePath), drawPicture());
