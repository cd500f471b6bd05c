import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Content } from "../../src/model/resource.ts";
import { loadTemplates, render } from "../../src/template/templates.ts";

/** Calls `use` with the path of a temporary template folder. `files`: `role/name` → text. */
export function withFolder<T>(
  files: Readonly<Record<string, string | Uint8Array>>,
  use: (folder: string) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), "templates-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, `${name}.hbs`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Renders the template `r/main` of these files; throws if they do not load. */
export function renderFiles(
  files: Readonly<Record<string, string>>,
  data: Readonly<Record<string, unknown>>,
) {
  return withFolder(files, (folder) => {
    const loaded = loadTemplates([folder]);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    return render(loaded.value, "r", "main", data);
  });
}

/** The rendered text of one template; throws if it fails. */
export function rendered(text: string, data: Readonly<Record<string, unknown>>): string {
  return textOf(contentOf({ "r/main": text }, data));
}

export function contentOf(
  files: Readonly<Record<string, string>>,
  data: Readonly<Record<string, unknown>>,
): Content {
  const result = renderFiles(files, data);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

export const textOf = (content: Content): string =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(content.bytes);

/** `LINE:COL message (hint)` of the failure; throws if the template renders. */
export function refusal(text: string, data: Readonly<Record<string, unknown>>): string {
  const result = renderFiles({ "r/main": text }, data);
  if (result.ok) throw new Error(`rendered: ${textOf(result.value)}`);
  const { message, hint } = result.error;
  const short = message.replace(/^.*main\.hbs:(\d+:\d+):/, "$1");
  return hint === undefined ? short : `${short} (${hint})`;
}
