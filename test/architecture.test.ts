import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { layers, rooms } from "../scripts/docs/rooms.mjs";
import { kinds } from "../src/resources/kinds.ts";

const root = resolve(import.meta.dirname, "..");

/** The only places that may import a package. */
const owners: Readonly<Record<string, RegExp>> = {
  "node-ssh": /^src\/transport\/ssh/,
  ssh2: /^src\/transport\/(ssh|known-hosts)/,
  handlebars: /^src\/template\//,
  yaml: /^src\/inventory\//,
  listr2: /^src\/report\/pretty/,
  chalk: /^src\/report\//,
  diff: /^src\/report\//,
  commander: /^src\/cli\//,
  jiti: /^src\/cli\/project\/own-roles/,
  "elkjs/lib/elk.bundled.js": /^src\/report\/diagram\//,
  execa: /^src\/lab\//,
  "age-encryption": /^src\/secrets\//,
  "@scure/base": /^src\/secrets\//,
  "@peculiar/asn1-schema": /^src\/secrets\//,
  "@peculiar/asn1-x509": /^src\/secrets\//,
  zod: /^(roles\/|src\/(index\.ts$|role\/values\.ts$|plan\/|inventory\/|report\/|lab\/|drill\/))/,
};

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function sources(): readonly string[] {
  return ["src", "roles"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name)),
  );
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(root, file), "utf8");
  const statement = /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm;
  const dynamic = /\bimport\("([^"]+)"\)/g;
  return [
    ...[...text.matchAll(statement)].map((m) => ({ file, target: m[2] ?? "", typeOnly: m[1] !== undefined })),
    ...[...text.matchAll(dynamic)].map((m) => ({ file, target: m[1] ?? "", typeOnly: false })),
  ];
}

const all = sources().flatMap(importsOf);

describe("architecture", () => {
  it("finds imports to judge", () => {
    expect(all.length).toBeGreaterThan(100);
  });

  it("imports go one way: down the layers, or within one folder", () => {
    const rank = (folder: string): number => layers.findIndex((layer) => layer.includes(folder));
    const upward = all.filter(({ file, target }) => {
      if (!file.startsWith("src/") || !target.startsWith(".")) return false;
      if (target.endsWith("/roles/index.ts")) return !file.startsWith("src/cli/");
      const [from, to] = [folderOf(file), folderOf(normalize(join(dirname(file), target)))];
      return from !== to && (rank(from) < 0 ? from !== "index.ts" : rank(to) >= rank(from) || rank(to) < 0);
    });
    expect(upward).toEqual([]);
  });

  it("has a line about every room, and about no other", () => {
    const folders = new Set(
      sources()
        .filter((file) => file.startsWith("src/"))
        .map(dirname),
    );
    folders.delete("src");
    expect([...Object.keys(rooms)].sort()).toEqual([...folders].sort());
  });

  it("has a page that names only what is there", () => {
    const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
    const named = [...page.matchAll(/`((?:src|roles|test)\/[\w./-]+)`/g)].map(([, path = ""]) => path);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it("roles know the public entry, zod and each other, nothing else", () => {
    const known = (file: string, target: string): boolean =>
      target.startsWith(".")
        ? normalize(join(dirname(file), target)).startsWith("roles/")
        : ["provision", "zod"].includes(target);
    const foreign = all.filter(({ file, target }) => file.startsWith("roles/") && !known(file, target));
    expect(foreign).toEqual([]);
  });

  it("a package is imported in its own folder only", () => {
    const foreign = all.filter(({ file, target }) => {
      if (target.startsWith(".") || target.startsWith("node:") || target === "provision") return false;
      const owner = owners[target];
      return owner === undefined || !owner.test(file);
    });
    expect(foreign).toEqual([]);
  });

  it("the engine knows no kind: it neither names one nor imports one", () => {
    const engine = sources().filter((file) => /^src\/(plan|run|cluster)\//.test(file));
    const named = new RegExp(`["'\`](${[...kinds.keys()].join("|")})["'\`:]`);
    const naming = engine.filter((file) => named.test(codeOf(file)));
    const modules = new Set([...kinds.keys()].map((name) => `${name}.ts`));
    const importing = all.filter(
      ({ file, target }) =>
        engine.includes(file) && target.includes("/resources/") && modules.has(basename(target)),
    );
    expect([...naming, ...importing]).toEqual([]);
  });

  it("has no cycle of files", () => {
    const edges = new Map<string, string[]>();
    for (const { file, target } of all) {
      if (!target.startsWith(".")) continue;
      edges.set(file, [...(edges.get(file) ?? []), normalize(join(dirname(file), target))]);
    }
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): readonly string[] => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
      if (done.has(file)) return [];
      for (const next of edges.get(file) ?? []) {
        const cycle = visit(next, [...path, file]);
        if (cycle.length > 0) return cycle;
      }
      done.add(file);
      return [];
    };
    expect([...edges.keys()].flatMap((file) => visit(file, []))).toEqual([]);
  });

  it("only src/cli touches the process", () => {
    const touching = sources().filter((file) => {
      if (file.startsWith("src/cli/")) return false;
      return /\bprocess\.(argv|exit|exitCode|stdout|stderr|stdin|on)\b|\bconsole\.\w+\(/.test(codeOf(file));
    });
    expect(touching).toEqual([]);
  });

  it("keeps files short", () => {
    const long = sources().filter((file) => readFileSync(join(root, file), "utf8").split("\n").length > 251);
    expect(long).toEqual([]);
  });
});

/** Without comments. */
function codeOf(file: string): string {
  return readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}

function folderOf(file: string): string {
  return file.split("/")[1] ?? "";
}
