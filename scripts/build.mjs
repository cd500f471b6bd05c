// Builds dist/: the command as one file with the templates compiled into it, which bin/provision.cjs starts, and the public
// entry for authors of roles with its types. All that is needed at run time is inside: users install no other package.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundling } from "./bundling.mjs";
import { writeDeclarations } from "./declarations.mjs";
import { licensesOf } from "./licenses.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Puts the compiled templates in the place of the empty pack. */
const packedTemplates = {
  name: "packed templates",
  async setup(build) {
    const contents = await packSource();
    build.onLoad({ filter: /src[/\\]template[/\\]pack\.ts$/ }, () => ({ contents }));
  },
};

rmSync(join(root, "dist"), { recursive: true, force: true });
const built = await Promise.all([
  build({
    ...bundling,
    absWorkingDir: root,
    entryPoints: { main: "src/cli/main.ts" },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    banner: { js: 'const __url = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "__url" },
    minifySyntax: true,
    metafile: true,
    plugins: [...bundling.plugins, packedTemplates],
  }),
  build({
    ...bundling,
    absWorkingDir: root,
    entryPoints: { index: "src/index.ts" },
    outdir: "dist",
    metafile: true,
  }),
]);
const metafiles = built.map(({ metafile }) => metafile);
writeFileSync(join(root, "dist", "LICENSES.txt"), licensesOf(root, metafiles));
writeDeclarations(root, join(root, "dist", "types"));

/** Our own TypeScript compiles the templates. */
async function packSource() {
  const folder = mkdtempSync(join(tmpdir(), "provision-build-"));
  try {
    const outfile = join(folder, "precompile.mjs");
    await build({
      ...bundling,
      absWorkingDir: root,
      entryPoints: ["src/template/precompile.ts"],
      outfile,
    });
    return (await import(outfile)).packSource(join(root, "templates"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
