import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { roles as builtIn } from "../../roles/index.ts";
import { schemaCommand } from "../../src/cli/schema.ts";
import { withFiles } from "../inventory/files.ts";

const root = resolve(import.meta.dirname, "../..");

/** Validates as an editor does, which knows nothing but the schema. */
function validatorOf(cwd: string): (inventory: string) => readonly string[] {
  const { stdout, stderr, code } = schemaCommand(cwd);
  expect(code, stderr).toBe(0);
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true, validateFormats: false }).compile(
    JSON.parse(stdout),
  );
  return (inventory) => {
    // A tag it does not know is left out, and the text stays.
    validate(parse(inventory, { logLevel: "error", merge: true }));
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      `${instancePath} ${message} ${params.additionalProperty ?? ""}`.trim(),
    );
  };
}

const check = validatorOf(root);

function inventoriesIn(folder: string): readonly string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return files.filter((name) => /\.ya?ml$/.test(name)).map((name) => join(folder, name));
}

const role = `import { defineRole, z } from "provision";
export const page = defineRole({
  name: "page", tier: "web", summary: "One page", vars: z.strictObject({ size: z.number() }), resources: () => [],
});
`;
const none = ["test/inventories/extra-vars/more.yml"]; // variables for `-e @`

describe("the schema of inventories", () => {
  it.each([
    ...inventoriesIn("inventories"),
    ...inventoriesIn("examples"),
    ...inventoriesIn("skeleton"),
    ...inventoriesIn("test").filter(
      (file) => !none.includes(file) && !/(?:group|host)_vars|inventories\/like-/.test(file),
    ),
  ])("is met by %s", (file) => {
    const [folder] = /^(?:examples\/[^/]*|skeleton)/.exec(file) ?? [];
    const validate = folder === undefined ? check : validatorOf(join(root, folder));
    expect(validate(readFileSync(join(root, file), "utf8"))).toEqual([]);
  });

  it.each([
    ["a slip in a name of a group", "web: { host: {} }", "/web must NOT have additional properties host"],
    ["a role that there is none of", "web: { vars: { roles: [ngnix] } }", "/web/vars/roles/0 must match"],
    ["a role twice", "web: { vars: { roles: [nginx, nginx] } }", "/web/vars/roles must NOT have duplicate"],
    [
      "a variable that the role has not",
      "web: { vars: { nginx: { prot: 80 } } }",
      "/web/vars/nginx must NOT have additional properties prot",
    ],
    [
      "a variable of the wrong type",
      "web: { hosts: { web1: { nginx: { port: yes } } } }",
      "/web/hosts/web1/nginx/port must be",
    ],
    [
      "a number out of its bounds",
      "web: { hosts: { web1: { nginx: { port: 70000 } } } }",
      "/web/hosts/web1/nginx/port must be <= 65535",
    ],
    ["a lab that is none", "web: { vars: { lab: { sute: trixie } } }", "/web/vars/lab must NOT have"],
    ["a host that is a number", "web: { hosts: { web1: 3 } }", "/web/hosts/web1 must be object,null"],
  ])("refuses %s at its place", (_, inventory, problem) => {
    expect(check(inventory)).toEqual(expect.arrayContaining([expect.stringContaining(problem)]));
  });

  it.each([
    [
      "references, also for numbers and lists",
      "web: { vars: { nginx: { port: '{{ port }}' }, roles: '{{ r }}' } }",
    ],
    ["encrypted values", "web: { vars: { ansible_password: !secret abc } }"],
    ["variables of the user's own", "web: { vars: { anything: { at: [all] } } }"],
    ["groups and hosts that say nothing", "web: { hosts: { web1: }, children: }"],
  ])("lets pass %s", (_, inventory) => {
    expect(check(inventory)).toEqual([]);
  });

  it("has a description for every variable of a role, which the editor shows", () => {
    const { definitions } = JSON.parse(schemaCommand(root).stdout);
    for (const name of builtIn.keys()) {
      const variables = Object.entries<{ description?: string }>(
        definitions[`role-${name}`].properties ?? {},
      );
      expect(variables.filter(([, { description }]) => description === undefined)).toEqual([]);
    }
  });

  it("follows the roles of the project", () => {
    withFiles({ "roles/page.ts": role, "hosts.yml": "" }, (cwd) => {
      const validate = validatorOf(cwd);
      expect(validate("web: { vars: { roles: [page, nginx], page: { size: 2 } } }")).toEqual([]);
      expect(validate("web: { vars: { page: { size: two } } }").join()).toContain(
        "/web/vars/page/size must be number",
      );
    });
    expect(check("web: { vars: { roles: [page] } }")).not.toEqual([]);
  });

  it("is not made of a role that is wrong", () => {
    withFiles({ "roles/page.ts": role.replace("tier", "teir") }, (cwd) => {
      const { stdout, stderr, code } = schemaCommand(cwd);
      expect({ stdout, code }).toEqual({ stdout: "", code: 3 });
      expect(stderr).toContain("error: a role has no field `teir`");
    });
  });
});

describe("a file that cannot be written", () => {
  const ends = (command: string, cwd: string): number | null => {
    const line = `ulimit -f 4; exec '${process.execPath}' '${join(root, "bin/provision.cjs")}' ${command}`;
    return spawnSync("/bin/sh", ["-c", line], { cwd }).status;
  };

  it.each([
    ["schema", "x.json"],
    ["diagram -i hosts.yml", "x.svg"],
  ])(
    "is bad input where that is known before, and a failure where the writing fails: %s",
    (command, file) => {
      withFiles(
        { "hosts.yml": "web: {hosts: {w: {ansible_host: 10.0.0.1, roles: [memcached]}}}\n" },
        (cwd) => {
          expect(ends(`${command} --out missing/${file}`, cwd)).toBe(3);
          expect(ends(`${command} --out ${file}`, cwd)).toBe(1);
          expect(readdirSync(cwd)).toEqual(["hosts.yml"]);
        },
      );
    },
  );
});
