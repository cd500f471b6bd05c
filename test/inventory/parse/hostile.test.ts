import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newLog } from "../../../src/base/diagnostic.ts";
import { inventoryCommand } from "../../../src/cli/inventory.ts";
import { parseJson } from "../../../src/inventory/parse/json.ts";
import { TextFile } from "../../../src/inventory/parse/text-file.ts";
import { readInventory } from "../../../src/inventory/read.ts";
import { oneHost, readBad, readGood, withFiles } from "../files.ts";

describe("hostile files end in words", () => {
  it("more values than memory holds", () => {
    const items = "a,".repeat(5_000_000);
    expect(readBad({ "hosts.yml": `a: [${items}b]` })[0]?.message).toContain(
      "has more than the limit of 1500000 values",
    );
    expect(readBad({ "hosts.yml": "x".repeat(33 * 1024 * 1024) })[0]?.message).toContain(
      "the limit is 32 MB",
    );
  });

  const bomb = Array.from(
    { length: 12 },
    (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(", ")}]`,
  );
  const merges = Array.from(
    { length: 30 },
    (_, i) => `a${i + 1}: &a${i + 1} {<<: [*a${i}, *a${i}], x${i}: *a${i}}`,
  );
  const doubling = (quote: (name: string) => string): string =>
    [
      "address: '{{ a40 }}'",
      "a0: text",
      ...Array.from({ length: 40 }, (_, i) => `a${i + 1}: ${quote(`{{ a${i} }}`)}`),
    ].join("\n");

  it.each([
    ["an alias bomb", oneHost(`a0: &a0 [x]\n${bomb.join("\n")}`), "expand to more than"],
    ["a merge bomb", oneHost(`a0: &a0 {k: 1, l: 2}\n${merges.join("\n")}`), "expand to more than"],
    ["text that doubles itself", oneHost(doubling((r) => `"${r}${r}"`)), "larger than 1000000"],
    ["lists that double themselves", oneHost(doubling((r) => `["${r}", "${r}"]`)), "larger than 1000000"],
    ["open brackets", { "hosts.yml": `a: ${"[".repeat(100_000)}` }, "nested too deeply"],
    ["closed brackets", { "hosts.yml": `a: ${"[".repeat(1000)}${"]".repeat(1000)}` }, "nested too deeply"],
    [
      "deep blocks",
      { "hosts.yml": Array.from({ length: 1500 }, (_, i) => `${" ".repeat(i)}a:\n`).join("") },
      "nested too deeply",
    ],
    ["deep JSON", { "hosts.yml": `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}` }, "nested too deeply"],
    [
      "a billion hosts",
      { "hosts.yml": "all: {hosts: {'a[1:1000][1:1000][1:1000]': }}" },
      "names more than 100000 hosts",
    ],
    [
      "a long chain, last first",
      oneHost(
        Array.from({ length: 500 }, (_, i) => `a${i}: "{{ a${i + 1} }}"`)
          .join("\n")
          .concat("\na500: 1\naddress: '{{ a0 }}'"),
      ),
      "in a chain",
    ],
  ])("%s", (_, files, message) => {
    const started = performance.now();
    expect(readBad(files)[0]?.message).toContain(message);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it("20,000 groups, one below the other", () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => `g${i}: {children: {g${i + 1}: }}\n`).join("");
    withFiles({ "hosts.yml": `${chain}g20000: {hosts: {h: }}\n` }, (cwd) => {
      const output = inventoryCommand({ inventory: ["hosts.yml"], extraVars: [], cwd, graph: true });
      expect(output.code).toBe(0);
      expect(output.stdout).toContain("… and more");
    });
  });
});

describe("size", () => {
  const hosts = (count: number): string =>
    Array.from(
      { length: count },
      (_, i) =>
        `    web${i}:\n      ansible_host: 10.0.${i >> 8}.${i & 255}\n      url: 'http://{{ inventory_hostname }}/'\n      nginx: {port: 80, workers: 4}\n`,
    ).join("");

  it("1,000 hosts take less than a second", () => {
    const text = `all:\n  vars: {a: 1}\n  hosts:\n${hosts(1000)}`;
    readGood({ "hosts.yml": `all:\n  hosts:\n${hosts(50)}` });
    // The best of three: other programs may use the machine too.
    const times = [1, 2, 3].map(() => {
      const started = performance.now();
      readGood({ "hosts.yml": text });
      return performance.now() - started;
    });
    expect(Math.min(...times)).toBeLessThan(1000);
    const { inventory } = readGood({ "hosts.yml": text });
    expect(inventory.hosts.get("web999")?.vars.get("url")?.value).toBe("http://web999/");
  });

  it("10 MB are read", { timeout: 120_000 }, () => {
    const text = `all:\n  hosts:\n${hosts(80_000)}`;
    expect(text.length).toBeGreaterThan(10_000_000);
    expect(readGood({ "hosts.yml": text }).inventory.hosts.size).toBe(80_000);
  });
});

describe("places", () => {
  const letters = fc.constantFrom("a", "é", "😀", "\ud83d", "\ude00", "\n", "\r\n");

  it("are counted in characters, wherever they are", () => {
    fc.assert(
      fc.property(fc.array(letters), fc.nat(20), fc.nat(8), (parts, start, length) => {
        const text = parts.join("");
        const before = text.slice(0, start).split("\n");
        const told = new TextFile("hosts.yml", text).place(start, start + length);
        fc.pre(start + length <= text.length);
        expect([told.line, told.col]).toEqual([before.length, [...(before.at(-1) ?? "")].length + 1]);
        const inside = text.slice(start, start + length);
        const end =
          [
            ...(text
              .slice(0, start + length)
              .split("\n")
              .at(-1) ?? ""),
          ].length + 1;
        expect(told.endCol).toBe(length > 1 && !inside.includes("\n") ? end : undefined);
      }),
    );
  });

  it("take the same time on one line", { timeout: 120_000 }, () => {
    const hosts = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`web${i}`, { "😀": i }]));
    const time = (indent: number): number => {
      const file = new TextFile("hosts.json", JSON.stringify({ hosts }, null, indent));
      const started = performance.now();
      expect(parseJson(file, newLog())?.size).toBe(100_002);
      return performance.now() - started;
    };
    // The end of the line was looked for at every value: 10 MB took over a minute.
    time(1);
    const [lines, one] = [Math.max(time(1), time(1)), Math.min(time(0), time(0))];
    expect(one).toBeLessThan(4 * lines);
  });
});

/** Text made of what YAML, templates and inventories are made of: most of it is nearly right. */
const pieces = fc.constantFrom(
  "all:",
  "hosts:",
  "children:",
  "vars:",
  "web[1:3]",
  "web1",
  "ungrouped",
  "\n",
  "\n  ",
  "\n    ",
  "\n      ",
  " ",
  ": ",
  ": ",
  "- ",
  "{",
  "}",
  "[",
  "]",
  ", ",
  "&a ",
  "*a",
  "<<: ",
  "!!int ",
  "!!set ",
  "!vault ",
  "!unsafe ",
  "{{ x }}",
  "{{ y.z }}",
  "x: 1",
  "y: {z: 2}",
  '"',
  "'",
  "|\n",
  ">-\n",
  "#",
  "---\n",
  "...",
  "? ",
  "0644",
  "12:30",
  "2024-01-02",
  "~",
  "yes",
  "\u0000",
  "\ud800",
  "é",
  "\t",
  "%YAML 1.1\n",
  "__proto__",
  "ansible_group_priority: ",
  '{"all": ',
  '{"hosts": ',
  "1e999",
  "roles: ",
  "\r\n",
  "=",
  "_",
);
const text = fc.oneof(
  fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join("")),
  fc.string(),
  fc.string({ unit: "binary" }),
);
const content = fc.oneof(text, fc.uint8Array());

describe("nothing throws", () => {
  it("whatever files and -e hold", { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(content, content, text, text, (hosts, vars, extra, limit) => {
        const files = {
          "hosts.yml": hosts,
          "all.json": "{}",
          "group_vars/all.yml": vars,
          "host_vars/web1": vars,
        };
        withFiles(files, (cwd) => {
          const reading = readInventory(["hosts.yml", "all.json"], { extraVars: [extra], cwd });
          if (!reading.ok) expect(reading.error.length).toBeGreaterThan(0);
          const options = { inventory: ["hosts.yml"], extraVars: [extra], cwd };
          for (const what of [{ graph: true }, { host: "web1" }, { limit }]) {
            const output = inventoryCommand({ ...options, ...what });
            expect(output.code === 0 || output.stderr !== "").toBe(true);
          }
        });
      }),
      { numRuns: 400 },
    );
  });

  it("whatever paths are", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 12 }), { maxLength: 3 }), (paths) => {
        withFiles({ "hosts.yml": "all: {hosts: {a: }}" }, (cwd) => {
          // Paths that lead out of the folder are not what this is about.
          const inside = paths.filter((path) => !path.includes("/") && !path.includes(".."));
          readInventory(inside, { extraVars: [], cwd });
        });
      }),
    );
  });
});
