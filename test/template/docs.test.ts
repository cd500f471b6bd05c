import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { functions } from "../../src/template/functions.ts";

it("docs/templates.md lists all functions", () => {
  const path = join(import.meta.dirname, "../../docs/templates.md");
  const page = readFileSync(path, "utf8");
  const list = [...functions.values()].map(({ doc }) => `- ${doc}\n`).join("");
  const fresh = page.replace(/(## Functions\n<!--.*-->\n)[^#]*/, (_all, head: string) => `${head}${list}\n`);
  expect(fresh).toContain(list);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, fresh);
  expect(readFileSync(path, "utf8")).toBe(fresh);
});
