// The types that authors of roles are checked against, for dist/types: our own, and zod's beside them, so that an editor
// and `tsc` find everything without another package, whatever options they are run with.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

/** Writes into `folder` what the entries, `src/index.ts`…, lead to, and nothing that is the engine's own business. */
export function writeDeclarations(root, entries, folder) {
  const own = emitted(root, entries);
  const source = join(root, "src");
  const zod = join(root, "node_modules", "zod");
  const found = new Map();
  for (const entry of entries)
    reachable(join(root, entry.replace(/\.ts$/, ".d.ts")), (path) => own.get(path), found);
  for (const [path, text] of found) {
    const beside = relative(dirname(path), join(source, "zod/index.js"));
    const named = beside.startsWith(".") ? beside : `./${beside}`;
    write(join(folder, relative(source, path)), text.replaceAll('"zod"', `"${named}"`));
  }
  for (const [path, text] of reachable(join(zod, "index.d.ts"), (path) => readFileSync(path, "utf8")))
    write(join(folder, "zod", relative(zod, path)), text);
}

/** Path → declarations of every source file that the public entries need. */
function emitted(root, entries) {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const sources = entries.map((entry) => join(root, entry));
  const program = ts.createProgram(sources, {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: join(root, "src"),
    outDir: join(root, "src"),
  });
  const files = new Map();
  const { diagnostics } = program.emit(undefined, (path, text) => files.set(path, text));
  if (diagnostics.length > 0)
    throw new Error(
      diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")).join("\n"),
    );
  return files;
}

/** The file, and all that it imports by a relative path. */
function reachable(entry, read, found = new Map()) {
  if (found.has(entry)) return found;
  const text = read(entry);
  if (text === undefined) throw new Error(`${entry}: no declarations`);
  found.set(entry, text.replaceAll(/(from |import\()"(\.{1,2}\/[^"]+)\.ts"/g, '$1"$2.js"'));
  for (const [, target] of text.matchAll(/(?:from |import\()"(\.{1,2}\/[^"]+)\.[jt]s"/g))
    reachable(join(dirname(entry), `${target}.d.ts`), read, found);
  return found;
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
