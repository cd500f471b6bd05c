// Builds dist/: the command as one file with the templates compiled into it, which bin/provision.cjs starts, and the public
// entries for authors of roles with their types: those that package.json exports. All that is needed at run time is inside:
// users install no other package.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundling } from "./bundling.mjs";
import { writeDeclarations } from "./declarations.mjs";
import { licensesOf } from "./licenses.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries = Object.values(exports).flatMap(({ types, default: file }) =>
  types === undefined ? [] : [{ file, source: sourceOf(types) }],
);

/** Puts the compiled templates in the place of the empty pack. */
const packedTemplates = {
  name: "packed templates",
  async setup(build) {
    const contents = await packSource();
    build.onLoad({ filter: /src[/\\]template[/\\]pack\.ts$/ }, () => ({ contents }));
  },
};

/** The layout of pictures is as large as half of all else: a file of its own, loaded by those commands that draw. */
const layoutBeside = {
  name: "layout beside",
  setup(build) {
    build.onResolve({ filter: /^elkjs\// }, ({ kind }) =>
      // As seen from bin/ as well, where the `require` of the command is from.
      kind === "entry-point" ? undefined : { path: "../dist/layout.cjs", external: true },
    );
  },
};

rmSync(join(root, "dist"), { recursive: true, force: true });
const built = await Promise.all([
  build({
    ...bundling,
    absWorkingDir: root,
    entryPoints: { main: "src/cli/main.ts", layout: "elkjs/lib/elk.bundled.js" },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    banner: { js: 'const __url = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "__url" },
    minifySyntax: true,
    // What is not bundled is loaded by `require`: Node warns of `import()` in a script that bin/provision.cjs has compiled.
    supported: { "dynamic-import": false },
    metafile: true,
    plugins: [...bundling.plugins, packedTemplates, layoutBeside],
  }),
  build({
    ...bundling,
    absWorkingDir: root,
    entryPoints: entries.map(({ file, source }) => ({ in: source, out: file.replace(/\.js$/, "") })),
    outdir: ".",
    // An author's test and role are to meet the same code.
    splitting: true,
    chunkNames: "dist/[name]-[hash]",
    metafile: true,
  }),
  // Reads the roles of a project. A file of its own, as it is loaded only where there are any.
  build({
    ...bundling,
    absWorkingDir: root,
    entryPoints: { jiti: "node_modules/jiti/lib/jiti.cjs" },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    banner: {},
    minify: true,
    metafile: true,
  }),
]);
const metafiles = built.map(({ metafile }) => metafile);
writeFileSync(join(root, "dist", "LICENSES.txt"), licensesOf(root, metafiles));
writeDeclarations(
  root,
  entries.map(({ source }) => source),
  join(root, "dist", "types"),
);

/** `./dist/types/index.d.ts` is made from src/index.ts. */
function sourceOf(types) {
  return types.replace(/^\.\/dist\/types\/(.*)\.d\.ts$/, "src/$1.ts");
}

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
