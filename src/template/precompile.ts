import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import Handlebars from "handlebars";
import type { Program } from "./ast.ts";
import { instrument } from "./instrument.ts";
import { compileOptions, listTemplates } from "./templates.ts";
import type { Site } from "./values.ts";

/** The text that the build writes instead of `pack.ts`: the compiled templates of a folder. Throws if a template is wrong. */
export function packSource(folder: string): string {
  const sites: Site[] = [];
  const entries = listTemplates(folder).map(({ role, name, file }) => {
    const bytes = readFileSync(file);
    const text = bytes.toString("utf8");
    const first = sites.length;
    const parsed: unknown = Handlebars.parse(text);
    const { program, calls, problems } = instrument(parsed as Program, file, text, sites);
    const [problem] = problems;
    if (problem !== undefined) throw new Error(`${file}: ${problem.message}`);
    const about = {
      key: `${role}/${name}`,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      first,
      sites: sites.slice(first).map(packed),
      calls: calls.map(({ name: called, site }) => ({ name: called, site: packed(site) })),
    };
    const spec = String(Handlebars.precompile(program, compileOptions));
    return `{ ...${JSON.stringify(about)}, spec: ${spec} }`;
  });
  return `export const ownPack = [\n${entries.join(",\n")}\n];\n`;
}

const packed = ({ file: _, excerpt: __, ...site }: Site) => site;
