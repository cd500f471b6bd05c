import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { baseTree, CACHE } from "../../src/lab/nspawn/base-tree.ts";
import { recipeFor } from "../../src/lab/nspawn/recipe.ts";

describe("base trees", () => {
  const recipe = {
    ...recipeFor({}),
    hash: "0123456789ab",
    sources: ["deb http://127.0.0.1:9/ bookworm main"],
  };
  const folder = join(CACHE, `${recipe.suite}-${recipe.hash}`);
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("a build that fails leaves nothing that looks like a tree", async () => {
    const done = await baseTree(recipe, () => undefined);
    expect(done).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("cannot build the base tree") },
    });
    expect(readdirSync(folder).filter((name) => /^\d+$/.test(name))).toEqual([]);
  });

  it("a build that is stopped leaves nothing either", async () => {
    const stop = new AbortController();
    const slow = { ...recipe, sources: recipeFor({}).sources };
    const done = await baseTree(slow, () => stop.abort(), stop.signal);
    expect(done).toMatchObject({ ok: false });
    expect(readdirSync(folder).filter((name) => /^\d+$/.test(name))).toEqual([]);
  });

  it("where none can be built, yesterday's is used, and said so", async () => {
    mkdirSync(join(folder, "1000"), { recursive: true });
    const lines: string[] = [];
    const done = await baseTree(recipe, (line) => lines.push(line));
    expect(done).toEqual({ ok: true, value: join(folder, "1000") });
    expect(lines.at(-1)).toContain("the tree of 1970-01-01 is used");
  });

  it("one of today is used as it is", async () => {
    const fresh = join(folder, String(Date.now()));
    mkdirSync(fresh, { recursive: true });
    expect(await baseTree(recipe, () => expect.unreachable())).toEqual({ ok: true, value: fresh });
  });

  it("another suite or other packages are another tree", () => {
    const hosts = [{}, { suite: "trixie" }, { suite: "sid" }, { packages: "minimal" as const }];
    expect(new Set(hosts.map((host) => recipeFor(host).hash)).size).toBe(4);
    expect(recipeFor({ suite: "bookworm" })).toEqual(recipeFor({}));
    expect(recipeFor({ suite: "sid" }).sources).toHaveLength(1);
    expect(recipeFor({ suite: "trixie" }).sources.join(" ")).toMatch(
      / trixie main.* trixie-updates .* trixie-security /,
    );
  });
});
