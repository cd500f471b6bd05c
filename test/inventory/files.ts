import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Reading, readInventory } from "../../src/inventory/read.ts";
import type { Host } from "../../src/model/inventory.ts";
import type { Json } from "../../src/model/json.ts";
import type { Diagnostic } from "../../src/model/source.ts";
import { formatDiagnostic } from "../../src/report/diagnostic.ts";

/** Files by path; bytes for what is no text. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Writes files into a new folder, hands it to `use`, and removes it. */
export function withFiles<T>(files: Files, use: (cwd: string) => T): T {
  const cwd = mkdtempSync(join(tmpdir(), "inventory-"));
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(cwd, path)), { recursive: true });
      writeFileSync(join(cwd, path), content);
    }
    return use(cwd);
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

interface Input {
  readonly paths?: readonly string[];
  readonly extraVars?: readonly string[];
}

/** Reads files that must be good. */
export function readGood(files: Files, { paths = ["hosts.yml"], extraVars = [] }: Input = {}): Reading {
  return withFiles(files, (cwd) => {
    const reading = readInventory(paths, { extraVars, cwd });
    if (!reading.ok) throw new Error(reading.error.map(formatDiagnostic).join("\n"));
    return reading.value;
  });
}

/** Reads files that must be refused; what is wrong with them. */
export function readBad(
  files: Files,
  { paths = ["hosts.yml"], extraVars = [] }: Input = {},
): readonly Diagnostic[] {
  return withFiles(files, (cwd) => {
    const reading = readInventory(paths, { extraVars, cwd });
    if (reading.ok) throw new Error("this inventory should have been refused");
    return reading.error;
  });
}

/** `hosts.yml:3:5: message` of each problem. */
export function summaries(problems: readonly Diagnostic[]): readonly string[] {
  return problems.map((d) => {
    const at = d.source === undefined ? "" : `${d.source.file}:${d.source.line}:${d.source.col}: `;
    return `${at}${d.message}${d.hint === undefined ? "" : ` | ${d.hint}`}`;
  });
}

/** A host that must be there. */
export function hostOf(reading: Reading, name: string): Host {
  const host = reading.inventory.hosts.get(name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return host;
}

/** The value of a variable on the only host of a reading. */
export function onlyValue(reading: Reading, name: string): Json | undefined {
  const [host] = reading.inventory.hosts.values();
  return host?.vars.get(name)?.value;
}

/** An inventory of one host `h` with these lines of variables. It plays a role, so that all that counts is looked at. */
export function oneHost(lines: string): Files {
  const vars = lines.replace(/^(?=.)/gm, "      ");
  return { "hosts.yml": `all:\n  hosts:\n    h:\n${vars}\n  vars: {roles: [web]}\n` };
}
