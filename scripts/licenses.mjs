// Whose code is inside dist/, and under which licence: each of them asks that its text goes along.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The text of dist/LICENSES.txt, from what esbuild says it has read. */
export function licensesOf(root, metafiles) {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const names = inputs.flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(path)?.[1] ?? [],
  );
  return [...new Set(names)]
    .sort()
    .map((name) => licenseOf(root, name))
    .join(`\n${"-".repeat(72)}\n\n`);
}

function licenseOf(root, name) {
  const folder = join(root, "node_modules", name);
  const { version, license, licenses } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text = file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim();
  return `${name} ${version} (${license ?? licenses.map(({ type }) => type).join(", ")})\n${text === "" ? "" : `\n${text}\n`}`;
}
