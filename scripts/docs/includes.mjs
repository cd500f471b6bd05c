// Pages that show files of the project: each block of code below a line `<!-- file: PATH -->` is that file's text.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const block = /(<!-- file: (\S+) -->\n)```(\w*)\n(?:.*\n)*?```$/gm;

/** Path below the project's folder → text, of every page in docs/ that shows a file. */
export function includingPages(root) {
  const paths = readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`);
  const texts = paths.map((path) => [path, readFileSync(join(root, path), "utf8")]);
  return new Map(
    texts
      .filter(([, text]) => text.includes("<!-- file: "))
      .map(([path, text]) => [
        path,
        text.replace(block, (_, mark, file, language) => shown(root, mark, file, language)),
      ]),
  );
}

function shown(root, mark, file, language) {
  return `${mark}\`\`\`${language}\n${readFileSync(join(root, file), "utf8").trimEnd()}\n\`\`\``;
}
