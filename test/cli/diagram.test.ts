import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type DiagramOptions, diagramCommand } from "../../src/cli/diagram.ts";
import { type Files, withFiles } from "../inventory/files.ts";

const root = resolve(import.meta.dirname, "../..");
const lab = { inventory: [join(root, "inventories/lab.yml")], extraVars: [], cwd: root };

describe("provision diagram", () => {
  it("draws docs/lab.svg, which `npm run docs` writes", async () => {
    const { stdout } = await diagramCommand({ ...lab, format: "svg" });
    expect(readFileSync(join(root, "docs/lab.svg"), "utf8") === stdout).toBe(true);
  });

  it("is Mermaid where nothing else is asked for: every tier, every host, every arrow", async () => {
    const { stdout, code } = await diagramCommand(lab);
    expect(code).toBe(0);
    expect(stdout).toContain("flowchart TB");
    for (const tier of ["balancer", "web", "app", "database", "cache", "monitoring", "base"])
      expect(stdout).toContain(`subgraph tier_${tier}["${tier}"]`);
    expect(stdout).toContain('tier_database_hosts("db1 db2 db3")');
    expect(stdout).toContain('role_nginx -->|"wsgi and wsgi-alive"| role_gunicorn');
    expect(stdout).toContain("users --> vip_10_77_0_10");
  });

  it("draws the same twice", async () => {
    const once = await diagramCommand({ ...lab, format: "html" });
    expect((await diagramCommand({ ...lab, format: "html" })).stdout === once.stdout).toBe(true);
  });

  it.each([
    [{ inventory: [] }, "no inventory was given"],
    [{ limit: "web" }, "diagram takes no --limit"],
    [{ out: "stack.png" }, "--out stack.png: the name must end in one of .svg"],
    [{ out: "/proc/none/stack.svg" }, "--out /proc/none/stack.svg: cannot be written: ENOENT"],
  ] satisfies [Partial<DiagramOptions>, string][])("refuses %j", async (more, words) => {
    const { stdout, stderr, code } = await diagramCommand({ ...lab, ...more });
    expect(code).toBe(3);
    expect(stdout).toBe("");
    expect(stderr).toContain(words);
  });
});

const written = (files: Files, format: "svg" | "html" | "mmd") =>
  withFiles(files, (cwd) => diagramCommand({ inventory: ["hosts.yml"], extraVars: [], cwd, format }));

describe("what an inventory may hold", () => {
  it.each(["svg", "html"] as const)(
    "markup in the name of a host with roles is refused, so that none gets into %s",
    async (format) => {
      const files = { "hosts.yml": "all: {hosts: {'<b>&\"x': {ansible_host: 192.0.2.1, roles: [common]}}}" };
      const { stdout, stderr } = await written(files, format);
      expect(stderr).toContain("cannot be the name of a host with roles");
      expect(stdout).toBe("");
    },
  );

  it("a single point of failure has its sign and its number in each drawing", async () => {
    const files = { "hosts.yml": "all: {hosts: {web1: {roles: [common, sidecar, nginx, gunicorn]}}}" };
    expect((await written(files, "mmd")).stdout).toMatch(/web1 ⚠ 1.*:::outage/);
    expect((await written(files, "svg")).stdout).toMatch(/class="chip outage".*web1 ⚠ 1/);
    expect((await written(files, "html")).stdout).toMatch(/<li id="flaw-1" class="outage">/);
  });

  it.each(["svg", "html", "mmd"] as const)("no variable of a host gets into the %s", async (format) => {
    const vars =
      "{ansible_password: canary-2718, secret: canary-2718, roles: [common, sidecar, nginx, gunicorn]}";
    const { stdout } = await written({ "hosts.yml": `all: {hosts: {web1: ${vars}}}` }, format);
    expect(stdout).toContain("web1");
    expect(stdout).not.toContain("canary-2718");
  });
});

describe("--live", () => {
  const live = { forks: 2, transport: "auto", timeout: 5 } as const;
  const hosts =
    "all: {hosts: {web1: {ansible_host: 127.0.0.1, ansible_port: 1, ansible_become_password: canary-2718, roles: [common]}}}";

  it.each(["svg", "html", "mmd"] as const)(
    "draws in %s whom it cannot reach, says why, and ends with 4",
    async (format) => {
      const { code, stdout, stderr } = await withFiles({ "hosts.yml": hosts }, (cwd) =>
        diagramCommand({ inventory: ["hosts.yml"], extraVars: [], cwd, format, live }),
      );
      expect(code, stderr).toBe(4);
      expect(stdout).toContain("1 unreachable (web1).");
      expect(stdout).toContain("✗ web1");
      expect(stderr).toContain("provision: web1: 127.0.0.1 port 1 cannot be reached (unreachable)");
      expect(stdout + stderr).not.toContain("canary-2718");
    },
  );

  it("takes no --limit either", async () => {
    const { code, stderr } = await diagramCommand({ ...lab, limit: "web", live });
    expect(code).toBe(3);
    expect(stderr).toContain("diagram takes no --limit");
  });
});
