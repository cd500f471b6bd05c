// The project's own code, to be asked what it does. Node 20 reads no TypeScript, so it is bundled first.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { bundling } from "../bundling.mjs";

/** What `contents`, a module that lies in the project's folder, exports. */
export async function load(root, contents) {
  const folder = mkdtempSync(join(tmpdir(), "provision-docs-"));
  const outfile = join(folder, "code.mjs");
  try {
    await build({
      ...bundling,
      outfile,
      stdin: { contents, resolveDir: root, loader: "ts" },
      alias: { provision: join(root, "src", "index.ts") },
      // The code looks for its templates and files from where it lies.
      define: { "import.meta.url": JSON.stringify(pathToFileURL(join(root, "package.json")).href) },
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const engine = `
export { roles } from "./roles/index.ts";
export { kinds } from "./src/resources/kinds.ts";
export { loadProject } from "./src/cli/project/project.ts";
export { resourcesOf } from "./src/cli/testing.ts";
export { floorForEditors, takesFloor } from "./src/inventory/check/floor.ts";
export { schemaVersion } from "./src/report/json/json.ts";
export { redundancyReport } from "./src/topology/single-points.ts";
export { z } from "zod";
`;
