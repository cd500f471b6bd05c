// Pages that show files of the project: a block of code below a line `<!-- file: PATH -->` is that file's text, one below
// `<!-- commands: PATH -->` the first block of that page.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const block = /(<!-- (file|commands): (\S+) -->\n)```(\w*)\n(?:.*\n)*?```$/gm;

/** Path below the project's folder → text, of every page in docs/ that shows a file. */
export function includingPages(root) {
  const names = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  const standing = names.map((name) => [`docs/${name}`, readFileSync(join(root, "docs", name), "utf8")]);
  const fresh = standing.map(([path, text]) => [
    path,
    text.replace(block, (...found) => {
      const [, mark, what, file, language] = found;
      const whole = readFileSync(join(root, file), "utf8");
      const shown = what === "file" ? whole : /^```\w*\n([\s\S]*?)^```$/m.exec(whole)[1];
      return `${mark}\`\`\`${language}\n${shown.trimEnd()}\n\`\`\``;
    }),
  ]);
  return new Map(fresh.filter(([, text]) => /^<!-- (file|commands): /m.test(text)));
}
