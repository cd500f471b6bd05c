import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as entry from "../src/index.ts";
import { installAlone, nodeFolder, type Packed, pack, root } from "./packed.ts";

const folder = mkdtempSync(join(tmpdir(), "provision-package-"));
const project = join(folder, "project");
const installed = join(project, "node_modules", "provision");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
let packed: Packed;

beforeAll(() => {
  mkdirSync(project);
  packed = pack(folder);
  installAlone(packed, project);
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inventory = `all:
  children:
    balancers: { hosts: { lb1: { ansible_host: 192.0.2.11 }, lb2: { ansible_host: 192.0.2.12 } }, vars: { roles: [haproxy, keepalived], keepalived: { addresses: [192.0.2.10] } } }
    web: { hosts: { web1: {} }, vars: { roles: [sidecar, nginx] } }
    app: { hosts: { app1: {}, app2: {} }, vars: { roles: [gunicorn] } }
`;

const role = `import { content, defineRole, directory, file, http, pkg, unit, z } from "provision";

export const site = defineRole({
  name: "site",
  tier: "web",
  summary: "A page of one's own",
  vars: z.strictObject({ port: z.int().default(80).describe("TCP port"), title: z.string().optional() }),
  needs: { app: "wsgi" },
  provides: ({ vars }) => ({ site: { port: vars.port, health: http("/"), redundancy: "balanced", floor: 1 } }),
  resources: ({ vars, needs, host, facts, render }) => [
    pkg("nginx-light"),
    directory("/srv/site", { mode: "0755" }),
    file("/srv/site/name", { content: content(host.name + " " + facts.os.id), mode: "0640" }),
    file("/srv/site/index.html", {
      content: render("index.html.hbs", { title: vars.title ?? "", peers: needs.app.map((one) => one.host) }),
    }),
    unit("nginx", { reloadOn: [] }),
  ],
});
`;

/** The strictest options there are, and no types but those that the package brings. */
const strictest = {
  compilerOptions: {
    module: "NodeNext",
    target: "ES2022",
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    noEmit: true,
    types: [],
  },
};

/** What the compiler says of these roles, file by file, in a project that has nothing but the package. */
function problemsOf(texts: readonly string[]): readonly string[] {
  const typed = join(project, "typed");
  mkdirSync(typed, { recursive: true });
  writeFileSync(join(typed, "package.json"), '{ "type": "module" }');
  writeFileSync(join(typed, "tsconfig.json"), JSON.stringify(strictest));
  for (const [index, text] of texts.entries()) writeFileSync(join(typed, `site${index}.ts`), text);
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const told = String(spawnSync(process.execPath, [tsc, "-p", "."], { cwd: typed }).stdout);
  const rows = told.split("\n").filter((row) => /^\S/.test(row));
  const known = texts.map((_, index) => rows.filter((row) => row.startsWith(`site${index}.ts(`)));
  expect(known.flat()).toEqual(rows);
  return known.map((all) => all.join("\n"));
}

describe("what is inside", () => {
  it("is what a user needs, and no test, cache, source map or package of ours to develop with", () => {
    const wanted =
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|CONTRIBUTING\.md|(bin|dist|docs|examples|node_modules|roles\/[a-z]+\/files|skeleton|templates|vagrant)\/.+|inventories\/[\w.]+\.yml)$/;
    const never = /^(test|src|bench|scripts)\/|__pycache__|\.map$|\.age$|\.log$|\.tsbuildinfo$/;
    const paths = packed.files.map(({ path }) => path);
    expect(paths.filter((path) => !wanted.test(path) || never.test(path))).toEqual([]);
    for (const path of ["bin/provision.cjs", "dist/main.cjs", "dist/LICENSES.txt", "LICENSE", "README.md"])
      expect(paths).toContain(path);
  });

  it("names no folder of the machine that built it, and no source map", () => {
    for (const { path } of packed.files) {
      const text = readFileSync(join(installed, path), "utf8");
      for (const place of [root, join(tmpdir(), "provision-")])
        expect(text.includes(place), `${path} names ${place}`).toBe(false);
      expect(/^\/\/# sourceMappingURL=/m.test(text), `${path} names a source map`).toBe(false);
    }
  });

  it("is small", () => {
    const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
    process.stdout.write(
      `${packed.files.length} files, ${mb(packed.size)} packed, ${mb(packed.unpackedSize)} unpacked\n`,
    );
    expect(packed.size).toBeLessThan(4e6);
    expect(packed.unpackedSize).toBeLessThan(18e6);
  });

  it("brings the licence of everybody's code", () => {
    const licences = readFileSync(join(installed, "dist/LICENSES.txt"), "utf8");
    const heads = licences.split(/^-{72}\n\n/m).map((text) => text.split("\n"));
    const names = heads.map(([head = ""]) => head.split(" ")[0]);
    expect(names).toEqual(expect.arrayContaining(["zod", "ssh2", "yaml", "commander"]));
    for (const tool of ["@biomejs/biome", "esbuild", "fast-check", "knip", "typescript", "vitest"])
      expect(names).not.toContain(tool);
    for (const [head, ...text] of heads)
      expect(head + text.join("").slice(0, 40), head).toMatch(/^\S+ \d+\.\d+\.\d+ \(.+\)/);
  });

  it("has every page that a page of it leads to", () => {
    const pages = packed.files
      .map(({ path }) => path)
      .filter((path) => /^(?!node_modules\/).*\.md$/.test(path));
    const broken = pages.flatMap((page) => {
      const text = readFileSync(join(installed, page), "utf8");
      const targets = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map(([, target = ""]) => target);
      const there = (path: string): boolean =>
        packed.files.some((file) => file.path === path || file.path.startsWith(`${path}/`));
      return targets
        .filter((target) => !there(join(dirname(page), target)))
        .map((target) => `${page}: ${target}`);
    });
    expect(broken).toEqual([]);
  });
});

describe("installed where nothing else is", () => {
  it("is the only package", () => {
    const names = readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."));
    expect(names).toEqual(["provision"]);
  });

  it("is built by `npm pack`, whoever forgot to", () => {
    expect(manifest.scripts.prepack).toBe(manifest.scripts.build);
  });
});

describe("a role of one's own", () => {
  const mistakes = [
    ["z.int().default(80)", 'z.int().default("80")'],
    ['needs: { app: "wsgi" }', "needs: { app: 80 }"],
    ["needs.app.map", "needs.apps.map"],
    ['mode: "0640"', "mode: 0o640"],
    ["port: vars.port,", "port: vars.prot,"],
  ] as const;

  it("is checked against the types that the package brings, and nothing else", () => {
    const wrong = mistakes.map(([right, text]) => role.replace(right, text));
    const [good, ...bad] = problemsOf([role, ...wrong]);
    expect(good).toBe("");
    for (const [index, told] of bad.entries())
      expect(told, mistakes[index]?.[1]).toMatch(/\(\d+,\d+\): error TS/);
  });
});

describe.each([20, 22])("on Node %i", (major) => {
  let path = "";
  beforeAll(() => {
    path = `${nodeFolder(major)}:${process.env.PATH}`;
  }, 180_000);

  const run = (program: string, ...args: readonly string[]) => {
    const env = {
      ...process.env,
      PATH: path,
      XDG_CACHE_HOME: join(folder, `cache-${major}`),
      NO_COLOR: "1",
      npm_config_loglevel: "error",
    };
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: project, env, encoding: "utf8" });
    return { status, stdout, stderr };
  };
  const provision = (line: string) => run("npx", "--no-install", "provision", ...line.split(" "));

  it("`npx provision` says what it can, and which version it is", () => {
    expect(run("node", "--version").stdout).toMatch(new RegExp(`^v${major}\\.`));
    expect(provision("--version")).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: "" });
    const help = provision("--help");
    expect(help).toMatchObject({ status: 0, stderr: "" });
    const commands = help.stdout.match(/(?<=^ {2})[a-z]+(?= [[< ])/gm) ?? [];
    expect(commands).toEqual(expect.arrayContaining(["apply", "plan", "check", "explain", "completion"]));
    for (const command of commands.filter((name) => name !== "help"))
      expect(provision(`${command} --help`), command).toMatchObject({ status: 0, stderr: "" });
  });

  it("reads an inventory with all its roles and explains it", () => {
    writeFileSync(join(project, "stack.yml"), inventory);
    const explained = provision("explain -i stack.yml");
    expect(explained).toMatchObject({ status: 2, stderr: "" });
    expect(explained.stdout).toContain("SINGLE POINTS OF FAILURE");
    expect(explained.stdout).toMatch(/outage: .*`http`.*web1/);
    expect(provision("inventory -i stack.yml --host web1")).toMatchObject({ status: 0, stderr: "" });
  });

  it("opens a connection, and says of a host that nobody is there", () => {
    const nobody =
      "all: { hosts: { gone: { ansible_host: 127.0.0.1, ansible_port: 1, roles: [common] } } }\n";
    writeFileSync(join(project, "nobody.yml"), nobody);
    for (const transport of ["ssh", "openssh"]) {
      const told = provision(`plan -i nobody.yml --transport ${transport} -o plain`);
      expect(told).toMatchObject({ status: 4, stderr: "" });
      expect(told.stdout).toMatch(/✖ gone: .* cannot be reached/);
    }
  });

  it("gives authors of roles what its source exports", () => {
    const show = 'import("provision").then((all) => console.log(Object.keys(all).join()))';
    expect(run("node", "-e", show)).toEqual({
      status: 0,
      stdout: `${Object.keys(entry).sort().join()}\n`,
      stderr: "",
    });
  });

  it("has every entry that its package.json names", () => {
    for (const name of Object.keys(manifest.exports)) {
      const way = name.endsWith(".json") ? ", { with: { type: 'json' } }" : "";
      const load = `import(${JSON.stringify(join("provision", name))}${way}).then(({ default: _, ...all }) => console.log("loaded"))`;
      expect(run("node", "--no-warnings", "-e", load), name).toEqual({
        status: 0,
        stdout: "loaded\n",
        stderr: "",
      });
    }
  });
});
