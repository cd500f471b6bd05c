// Builds dist/: the command as one file, which bin/provision.cjs starts, and the public entry for authors of roles.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundling } from "./bundling.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
await Promise.all([
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
  }),
  build({ ...bundling, absWorkingDir: root, entryPoints: { index: "src/index.ts" }, outdir: "dist" }),
]);
