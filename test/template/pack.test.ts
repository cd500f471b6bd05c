import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import type { Packed } from "../../src/template/pack.ts";
import { packSource } from "../../src/template/precompile.ts";
import { loadTemplates, render } from "../../src/template/templates.ts";
import { withFolder } from "./project.ts";

const packOf = (folder: string): readonly Packed[] =>
  runInNewContext(packSource(folder).replace("export const ownPack =", "globalThis.pack ="));

const files = {
  "r/main":
    "name {{name}}\n{{#each servers as |server|}}\nserver {{server.name}}:{{server.port}}\n{{/each}}\n{{> part}}\n",
  "r/part": "# part of {{upper.name}}\n",
  "s/main": "alone {{name}}\n",
};
const good = { name: "x", servers: [{ name: "a", port: 1 }], upper: { name: "y" } };

/** The results with templates that are compiled now, and with the packed ones. */
function both(folder: string, pack: readonly Packed[], data: Readonly<Record<string, unknown>>) {
  return [[], pack].map((one) => {
    const loaded = loadTemplates([folder], new Set(), one);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    return ["r", "s"].map((role) => render(loaded.value, role, "main", data));
  });
}

it("a packed template gives the bytes, the lines and the failures of its source", () => {
  withFolder(files, (folder) => {
    const pack = packOf(folder);
    expect(pack.map(({ key }) => key)).toEqual(["r/main", "r/part", "s/main"]);
    const data = [good, { ...good, servers: [{ name: "a" }] }, { ...good, upper: {} }, {}];
    for (const one of data) {
      const [compiled, packed] = both(folder, pack, one);
      expect(packed).toEqual(compiled);
    }
    expect(both(folder, pack, good)[1]).toMatchObject([{ ok: true }, { ok: true }]);
  });
});

it("an edited template is compiled again, and the other ones are not", () => {
  withFolder(files, (folder) => {
    const pack = packOf(folder);
    writeFileSync(join(folder, "r/part.hbs"), "{{#if name}}\nnew {{other}}\n{{/if}}\n");
    for (const one of [{ ...good, other: "z" }, good]) {
      const [compiled, packed] = both(folder, pack, one);
      expect(packed).toEqual(compiled);
    }
    expect(both(folder, pack, good)[1]?.[0]).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("r/part.hbs:2:7") },
    });
  });
});
