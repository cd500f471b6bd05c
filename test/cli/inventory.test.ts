import { describe, expect, it } from "vitest";
import { inventoryCommand } from "../../src/cli/inventory.ts";
import { withFiles } from "../inventory/files.ts";

describe("provision inventory", () => {
  const files = {
    "hosts.yml": "web: {hosts: {a: {address: '{{ y }}', roles: [web]}, b: }}\ndb: {hosts: {c: }}\n",
  };
  const run = (options: object): ReturnType<typeof inventoryCommand> =>
    withFiles(files, (cwd) => inventoryCommand({ inventory: ["hosts.yml"], extraVars: [], cwd, ...options }));

  it("shows values as written, and reports what cannot be resolved", () => {
    const { stdout, stderr, code } = run({ list: true });
    expect(JSON.parse(stdout)._meta.hostvars).toEqual({ a: { address: "{{ y }}", roles: ["web"] } });
    expect(stderr).toContain("hosts.yml:1:32: error: `y` is not defined (on a)");
    expect(code).toBe(3);
  });

  it("a list is the default", () => {
    expect(run({}).stdout).toBe(run({ list: true }).stdout);
  });

  it("a limit leaves the other hosts out", () => {
    expect(run({ limit: "db", graph: true }).stdout).toBe(
      "@all:\n  |--@ungrouped:\n  |--@web:\n  |--@db:\n  |  |--c\n",
    );
    expect(JSON.parse(run({ limit: "!web" }).stdout)).toEqual({
      _meta: { hostvars: {} },
      all: { children: ["ungrouped", "web", "db"] },
      db: { hosts: ["c"] },
    });
  });

  it.each([
    [{ host: "d" }, "error: there is no host `d`"],
    [{ limit: "wbe" }, "no host and no group is called `wbe`"],
    [{ inventory: [] }, "error: no inventory was given"],
    [{ inventory: ["host.yml"] }, "did you mean `hosts.yml`?"],
  ])("refuses %j", (options, message) => {
    const { stdout, stderr, code } = run(options);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(code).toBe(3);
  });
});
