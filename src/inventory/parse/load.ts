import { readFileSync } from "node:fs";
import { type Log, lose } from "../../base/diagnostic.ts";
import { isJson, parseJson } from "./json.ts";
import type { Node } from "./node.ts";
import { TextFile } from "./text-file.ts";
import { VAULT_FILE_HINT } from "./vault.ts";
import { parseYaml } from "./yaml.ts";

/** The limit of one file in bytes; no real inventory is larger. */
const MAX_BYTES = 32 * 1024 * 1024;
/**
 * The limit of commas, colons and line breaks in one file, about as many as values. Each costs the parser up to 1.5 kB
 * (measured), and without memory the program ends without a message. An inventory of 80,000 hosts (10 MB) has 800,000.
 */
const MAX_SEPARATORS = 1_500_000;

/** Reads a file as UTF-8. `name`: the file in messages. Undefined: it cannot be read, and the log has the error. */
export function readText(path: string, name: string, log: Log): TextFile | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    lose(log, `cannot read ${name}: ${error instanceof Error ? reason(error) : "no reason given"}`);
    return undefined;
  }
  if (bytes.length > MAX_BYTES) {
    lose(log, `${name} has ${Math.round(bytes.length / 1048576)} MB; the limit is ${MAX_BYTES / 1048576} MB`);
    return undefined;
  }
  return decode(bytes, name, log);
}

function reason(error: Error): string {
  const code = "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "permission denied";
  if (code === "EISDIR") return "it is a folder";
  return error.message;
}

function decode(bytes: Buffer, name: string, log: Log): TextFile | undefined {
  try {
    // Removes the byte order mark, like Python.
    return new TextFile(name, new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    const readable = bytes.toString("utf8");
    const bad = new TextFile(name, readable).place(
      readable.indexOf("\ufffd"),
      readable.indexOf("\ufffd") + 1,
    );
    lose(log, "this is not UTF-8 text", bad, "save the file as UTF-8");
    return undefined;
  }
}

/** Parses a text as JSON, else as YAML, like Ansible. Undefined: it is empty, or has an error. */
export function parseText(file: TextFile, log: Log): Node | undefined {
  if (file.text.startsWith("$ANSIBLE_VAULT;")) {
    const message = "this file is encrypted with ansible-vault, which provision cannot read";
    lose(log, message, file.place(0, file.line(1).length), VAULT_FILE_HINT);
    return undefined;
  }
  if (separators(file.text) > MAX_SEPARATORS) {
    lose(log, `this file has more than the limit of ${MAX_SEPARATORS} values`, file.place(0, 1));
    return undefined;
  }
  return isJson(file.text) ? parseJson(file, log) : parseYaml(file, log);
}

function separators(text: string): number {
  if (text.length <= MAX_SEPARATORS) return 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // , : and the line break
    if (code === 0x2c || code === 0x3a || code === 0x0a) count += 1;
  }
  return count;
}
