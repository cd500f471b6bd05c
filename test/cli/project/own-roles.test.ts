import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { roles as builtIn } from "../../../roles/index.ts";
import { loadRoles } from "../../../src/cli/project/own-roles.ts";
import { loadProject, type Project } from "../../../src/cli/project/project.ts";
import { resourcesOf } from "../../../src/cli/testing.ts";
import { formatDiagnostic } from "../../../src/report/diagnostic.ts";
import { type Files, withFiles } from "../../inventory/files.ts";

const root = resolve(import.meta.dirname, "../../..");

const page = (more = ""): string => `import { defineRole, file, tcp, z } from "provision";

interface Unused { readonly nothing: string }

export const page = defineRole({
  name: "page",
  tier: "web",
  summary: "One page",
  vars: z.strictObject({ port: z.int().default(8080).describe("Its port") }),
  provides: ({ vars }) => ({ pages: { port: vars.port, health: tcp(), redundancy: "balanced" } }),
  resources: ({ vars, render }) => [file("/srv/page", { content: render("page", { port: vars.port }) })],${more}
});
`;
const inventory = "web:\n  vars: { roles: [page] }\n  hosts: { web1: {}, web2: {} }\n";
const project: Files = {
  "hosts.yml": inventory,
  "roles/page.ts": page(),
  "templates/page/page.hbs": "{{port}}\n",
};

function load<T>(files: Files, use: (project: Project) => T): T {
  return withFiles(files, (cwd) => {
    const loaded = loadProject({ inventory: ["hosts.yml"], extraVars: [] }, cwd);
    if (!loaded.ok) throw new Error(loaded.error.map(formatDiagnostic).join("\n"));
    return use(loaded.value);
  });
}

/** The problems of a project, one after the other. */
function told(files: Files): string {
  return withFiles(files, (cwd) => {
    const loaded = loadProject({ inventory: ["hosts.yml"], extraVars: [] }, cwd);
    return loaded.ok ? "all is well" : loaded.error.map(formatDiagnostic).join("\n");
  });
}

describe("a project's own roles", () => {
  it("are played beside the built-in ones, with their variables checked and their templates found", () => {
    load(project, ({ topology, roles, render }) => {
      expect(topology.services.get("pages")?.endpoints.map(({ host, port }) => [host, port])).toEqual([
        ["web1", 8080],
        ["web2", 8080],
      ]);
      expect(roles.size).toBe(builtIn.size + 1);
      const rendered = render("page", "page", { port: 1 });
      expect(rendered.ok && new TextDecoder().decode(rendered.value.bytes)).toBe("1\n");
    });
  });

  it.each(["ts", "mts", "js", "mjs"])("are read from files in .%s, and from what these import", (ending) => {
    const { "roles/page.ts": _, ...rest } = project;
    const plain = page().replace(/interface.*\n/, 'import { words } from "./page/words.ts";\n');
    const files = {
      [`roles/page.${ending}`]: plain,
      "roles/page/words.ts": "export const words: string = '';\n",
    };
    load({ ...rest, ...files }, ({ roles }) => expect(roles.has("page")).toBe(true));
  });

  it("are not looked for in tests, in declarations and in folders", () => {
    const more = { "roles/page.test.ts": "no", "roles/page.d.ts": "no", "roles/nginx/tasks/main.yml": "no" };
    load({ ...project, ...more }, ({ roles }) => expect(roles.has("page")).toBe(true));
  });

  it("replace a built-in one of the same name, as a copy of it does", () => {
    const copy = readFileSync(join(root, "roles/nginx/role.ts"), "utf8").replace(
      /summary: ".*"/,
      'summary: "mine"',
    );
    load({ ...project, "roles/nginx/role.ts": copy }, ({ roles }) => {
      expect(roles.get("nginx")?.summary).toBe("mine");
      expect([...roles.keys()].filter((name) => name === "nginx")).toHaveLength(1);
    });
  });

  it("count once where they are exported twice", () => {
    const again = 'export { page as default, page } from "./page.ts";\n';
    load({ ...project, "roles/again.ts": again }, ({ roles }) => expect(roles.has("page")).toBe(true));
  });

  it("are not read a second time in this package's own folder", () => {
    const loaded = loadRoles(root, builtIn);
    expect(loaded.ok && [...loaded.value.roles.keys()]).toEqual([...builtIn.keys()]);
    expect(loaded.ok && loaded.value.own.size).toBe(0);
  });
});

describe("what is wrong with them", () => {
  it.each<[string, Files, string]>([
    [
      "does not compile",
      { "roles/page.ts": page("\n  resources: ({ => [],") },
      "roles/page.ts:12:17: error: does not compile: Unexpected token",
    ],
    [
      "throws",
      { "roles/page.ts": page().replace("z.int()", "z.integer()") },
      "roles/page.ts:9:3: error: _provision.z.integer is not a function\n  9 |   vars: z.strictObject",
    ],
    [
      "throws in a file that it imports",
      {
        "roles/page.ts": `import "./page/more.ts";\n${page()}`,
        "roles/page/more.ts": "export {};\n\nthrow new Error('so');\n",
      },
      "roles/page/more.ts:3:1: error: so",
    ],
    [
      "throws when it is asked what it provides",
      { "roles/page.ts": page().replace("port: vars.port, health", "port: vars.port.oh.no, health") },
      "roles/page.ts:10:3: error: role `page` on web1 has a fault in `provides`: TypeError: Cannot read properties of undefined (reading 'no')\n  10 |",
    ],
    [
      "says too little of what it provides",
      { "roles/page.ts": page().replace("health: tcp(), ", "") },
      "roles/page.ts:5:14: error: role `page`: `provides` must return a mapping from names to services, each with",
    ],
    [
      "throws when it is asked for its files",
      { "roles/page.ts": page("\n  assets: () => {\n    throw new Error('so');\n  },") },
      "roles/page.ts:13:5: error: role `page` on web1 has a fault in `assets`: Error: so",
    ],
    [
      "refuses, in its words, with the place of its variables",
      {
        "roles/page.ts": page(
          "\n  assets: () => {\n    throw new Refusal('no such page', 'write one');\n  },",
        ).replace("import { ", "import { Refusal, "),
        "hosts.yml": inventory.replace("[page]", "[page], page: {}"),
      },
      "error: role `page` on web1: no such page\n",
    ],
    [
      "refuses without variables of its own, at the line of the role",
      {
        "roles/page.ts": page("\n  assets: () => {\n    throw new Refusal('no such page');\n  },").replace(
          "import { ",
          "import { Refusal, ",
        ),
      },
      "roles/page.ts:13:5: error: role `page` on web1: no such page\n",
    ],
    [
      "imports what is not installed",
      { "roles/page.ts": `import "nowhere";\n${page()}` },
      "roles/page.ts:1:1: error: Cannot find module 'nowhere'",
    ],
    [
      "exports no role",
      { "roles/words.ts": "export const words = 1;\n" },
      "roles/words.ts:1:1: error: exports no role",
    ],
    [
      "is in two files",
      { "roles/second.ts": page() },
      "roles/second.ts:5:14: error: the role `page` is already in roles/page.ts:5",
    ],
    [
      "lacks a field",
      { "roles/page.ts": page().replace(/ {2}tier.*\n/, "") },
      "roles/page.ts:5:14: error: `tier` is missing",
    ],
    [
      "has a field of the wrong type",
      { "roles/page.ts": page().replace(/vars: z.*/, "vars: {},") },
      "roles/page.ts:9:3: error: `vars` is not valid\n  9 |   vars: {},\n    |   ^\n  hint: it must be a schema",
    ],
    ...[
      "draining: { a: null }",
      "draining: { a: { drain: () => '' } }",
      "endSessions: { pages: 'true' }",
      "carries: { target: () => undefined, provides: () => ({}) }",
      "live: { script: 'true' }",
    ].map((field): [string, Files, string] => [
      `has \`${field}\`, in which a function is missing`,
      { "roles/page.ts": page(`\n  // @ts-expect-error\n  ${field},`) },
      `roles/page.ts:13:3: error: \`${field.split(":")[0]}\` is not valid\n`,
    ]),
    [
      "has a schema that throws",
      {
        "roles/page.ts": page().replace(
          /vars: .*/,
          'vars: { safeParse: () => { throw new TypeError("x") } },',
        ),
      },
      "roles/page.ts:9:3: error: role `page` has a fault in `vars`: TypeError: x",
    ],
    [
      "has a field that does not exist",
      { "roles/page.ts": page().replace("provides:", "provide:") },
      'roles/page.ts:10:3: error: a role has no field `provide`\n  10 |   provide: ({ vars }) => ({ pages: { port: vars.port, health: tcp(), redundancy: "balanced" } }),\n     |   ^\n  hint: did you mean `provides`?',
    ],
    [
      "is called by no word",
      { "roles/page.ts": page().replace('"page"', '"my page"') },
      '`name`: "my page" cannot be',
    ],
    [
      "is called `address`",
      { "roles/page.ts": page().replace('"page"', '"address"') },
      "`address` cannot be the name of a role",
    ],
    [
      "has a template in a folder of another name",
      { "templates/pages/page.hbs": "" },
      "templates/pages/page.hbs:1:1: error: this file replaces no template",
    ],
    [
      "is given a variable that it does not have",
      { "hosts.yml": `${inventory.replace("[page]", "[page], page: {prot: 1}")}` },
      "error: `page` has no variable `prot` (on web1 and web2)",
    ],
  ])("a role that %s", (_, files, words) => {
    expect(told({ ...project, ...files })).toContain(words);
  });

  it("is reported once: a role that could not be read is not also reported as unknown", () => {
    const { length } =
      told({ ...project, "roles/page.ts": "export const page = 1;\n" }).match(/error:/g) ?? [];
    expect(length).toBe(1);
  });
});

describe("what is wrong with what they make of a host", () => {
  const madeBy = (role: string) => () =>
    withFiles({ ...project, "roles/page.ts": role }, (folder) =>
      resourcesOf("web1", { inventory: "hosts.yml", folder }),
    );

  it("names the line that threw", () => {
    const role = page().replace("[file(", "\n  [file(").replace("/srv/page", "srv/page");
    expect(madeBy(role)).toThrow(
      /roles\/page\.ts:12:3: error: role `page` on web1 has a fault in `resources`: ResourceError: file:srv\/page/,
    );
  });

  it("names what is missing when it gives no resources", () => {
    const role = page().replace(/resources: .*/, "resources: () => [{}],");
    expect(madeBy(role)).toThrow(
      /roles\/page\.ts:5:14: error: .*`resources` must return a list of resources/,
    );
    const async = page().replace("resources: (", "resources: async (");
    expect(madeBy(async)).toThrow(/`resources` must return a list of resources/);
  });

  it("leads to the template where that asks for too much", () => {
    expect(madeBy(page().replace("{ port: vars.port })", "{})"))).toThrow(/templates\/page\/page\.hbs:1:\d+/);
  });
});

describe("the command", () => {
  const loadedBy = (files: Files): string =>
    withFiles(files, (cwd) => {
      const program = join(root, "bin/provision.cjs");
      const env = { ...process.env, NODE_DEBUG: "module" };
      const line = `'${process.execPath}' '${program}' explain -i hosts.yml 2>&1 || true`;
      return execFileSync("/bin/sh", ["-c", line], { cwd, env, encoding: "utf8", maxBuffer: 1 << 26 });
    });

  it("explains them, and loads what compiles them only where there are any", () => {
    const own = loadedBy(project);
    expect(own).toContain("page on web1 and web2");
    expect(own).toContain("jiti");
    const none = loadedBy({ "hosts.yml": inventory.replace("page", "common") });
    expect(none).toContain("2 hosts");
    expect(none).not.toContain("jiti");
  });
});
