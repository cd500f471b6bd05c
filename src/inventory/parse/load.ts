import { readFileSync } from "node:fs";
import { type Log, lose } from "../../base/diagnostic.ts";
import { isJson, parseJson } from "./json.ts";
import type { Node } from "./node.ts";
import { TextFile } from "./text-file.ts";
import { VAULT_FILE_HINT } from "./vault.ts";
import { parseYaml } from "./yaml.ts";

/** Bytes of one file; what lies above is no inventory written or generated for people. */
const MAX_BYTES = 32 * 1024 * 1024;
/**
 * Commas, colons and line ends of one file, about as many as values: each costs the parser up to 1.5 kB (measured), and
 * running out of memory ends the program without a word. An inventory of 80,000 hosts (10 MB) has 800,000.
 */
const MAX_SEPARATORS = 1_500_000;

/** Reads a file as UTF-8. `name` is what messages call it. Undefined: it could not be read, the log says why. */
export function readText(path: string, name: string, log: Log): TextFile | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    lose(log, `cannot read ${name}: ${error instanceof Error ? reason(error) : "no reason given"}`);
    return undefined;
  }
  if (bytes.length > MAX_BYTES) {
    lose(
      log,
      `${name} holds ${Math.round(bytes.length / 1048576)} MB; at most ${MAX_BYTES / 1048576} MB are read`,
    );
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
    // Takes the byte order mark away, as Python does.
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

/** The value a text holds, JSON or YAML: JSON is tried first, as Ansible does. Undefined: nothing, or an error. */
export function parseText(file: TextFile, log: Log): Node | undefined {
  if (file.text.startsWith("$ANSIBLE_VAULT;")) {
    const message = "this file is encrypted with ansible-vault, which cannot be read here";
    lose(log, message, file.place(0, file.line(1).length), VAULT_FILE_HINT);
    return undefined;
  }
  if (separators(file.text) > MAX_SEPARATORS) {
    lose(
      log,
      `this file holds more than ${MAX_SEPARATORS} values, which is too much to read`,
      file.place(0, 1),
    );
    return undefined;
  }
  return isJson(file.text) ? parseJson(file, log) : parseYaml(file, log);
}

function separators(text: string): number {
  if (text.length <= MAX_SEPARATORS) return 0;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // , : and the line end
    if (code === 0x2c || code === 0x3a || code === 0x0a) count += 1;
  }
  return count;
}
