import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readable, resourcesOf } from "provision/testing";
import { describe, expect, it } from "vitest";
import { diagramCommand } from "../../src/cli/diagram.ts";
import { explainCommand } from "../../src/cli/explain.ts";
import { textAt } from "./scenario.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "examples/varnish");
const stack = { inventory: "inventory.yml", folder };
const page = readFileSync(join(root, "docs/varnish.md"), "utf8");

/** The lines of each block that stands below a mark `<!-- KIND: … -->`. */
function blocks(
  kind: string,
): readonly { readonly of: readonly string[]; readonly lines: readonly string[] }[] {
  const found = page.matchAll(new RegExp(`<!-- ${kind}:? ?(.*) -->\\n\`\`\`\\n([\\s\\S]*?)\\n\`\`\``, "g"));
  return [...found].map(([, of = "", text = ""]) => ({ of: of.split(" "), lines: text.split("\n") }));
}

describe("the Varnish example", () => {
  it("is three files", () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    expect(files.map(({ name }) => name).sort()).toEqual(["default.vcl.hbs", "inventory.yml", "varnish.ts"]);
    const lines = files.map(
      ({ parentPath, name }) => readFileSync(join(parentPath, name), "utf8").split("\n").length - 1,
    );
    expect(page).toContain(`Three files, ${lines.reduce((sum, one) => sum + one)} lines`);
  });

  it("is not named by anything of provision itself", () => {
    const line = "grep -rli varnish src templates || true";
    expect(execFileSync("/bin/sh", ["-c", line], { cwd: root, encoding: "utf8" })).toBe("");
  });

  it("makes a cache of a host", async () => {
    const made = readable(resourcesOf("cache1", { ...stack, roles: ["varnish"] }));
    await expect(made).toMatchFileSnapshot("snapshots/varnish.txt");
  });

  it("has every web server as a backend, and takes its variable", () => {
    const vcl = textAt("/etc/varnish/default.vcl", resourcesOf("cache2", stack));
    expect(vcl.match(/add_backend/g)).toHaveLength(2);
    const more = resourcesOf("cache2", { ...stack, vars: { varnish: { grace: 60 } } });
    expect(textAt("/etc/varnish/default.vcl", more)).toContain("beresp.grace = 60s;");
  });

  it("is known to the balancers, the firewall and Nagios, in the lines that its page shows", () => {
    const shown = blocks("made");
    expect(shown.length).toBeGreaterThanOrEqual(4);
    for (const {
      of: [host = "", path = ""],
      lines,
    } of shown) {
      const made = textAt(path, resourcesOf(host, stack)).split("\n");
      expect(made).toEqual(expect.arrayContaining([...lines]));
    }
  });

  it("is explained, in the words that its page shows", () => {
    const view = { inventory: ["inventory.yml"], extraVars: [], cwd: folder, columns: 0, color: false };
    const { stdout, code } = explainCommand({ ...view, output: "plain" });
    const [{ lines } = { lines: [] }] = blocks("explain");
    expect(code).toBe(0);
    expect(stdout).toContain(`${lines.join("\n")}\n`);
    expect(stdout.indexOf("\nHTTP CACHE\n")).toBeGreaterThan(stdout.indexOf("\nBALANCER\n"));
    expect(stdout.indexOf("\nHTTP CACHE\n")).toBeLessThan(stdout.indexOf("\nWEB\n"));
  });

  it("is drawn between the balancers and the web servers", async () => {
    const { stdout, code } = await diagramCommand({
      inventory: ["inventory.yml"],
      extraVars: [],
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(stdout).toContain('role_haproxy -->|"pages"| role_varnish');
    expect(stdout).toContain('role_varnish -->|"http"| role_nginx');
  });
});
