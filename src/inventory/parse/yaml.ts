import type { Document } from "yaml";
import { parseAllDocuments } from "yaml";
import { type Log, lose } from "../../base/diagnostic.ts";
import { convert, TOO_DEEP } from "./convert.ts";
import type { Node } from "./node.ts";
import { unquotedReference } from "./syntax-hints.ts";
import type { TextFile } from "./text-file.ts";

const MAX_SYNTAX_ERRORS = 5;

/**
 * Reads YAML 1.1 like PyYAML. Undefined: it is empty, or the log has the errors. A syntax error loses the whole text;
 * duplicate keys, unknown tags and hostile aliases are errors at their positions.
 */
export function parseYaml(file: TextFile, log: Log): Node | undefined {
  const bad = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.exec(file.text);
  if (bad !== null) {
    const code = bad[0].codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
    lose(log, `the character U+${code} is not allowed in YAML`, file.place(bad.index, bad.index + 1));
    return undefined;
  }
  try {
    return parseDocument(file, log);
  } catch (error) {
    // The parser is recursive: very deep nesting overflows the stack before a check of the depth.
    if (!(error instanceof RangeError)) throw error;
    lose(log, TOO_DEEP, file.place(0, 1));
    return undefined;
  }
}

function parseDocument(file: TextFile, log: Log): Node | undefined {
  // The failsafe schema keeps every scalar as text, because the types must be Python's, not those of YAML 1.2.
  const options = { version: "1.1", schema: "failsafe", resolveKnownTags: false } as const;
  const parsed = parseAllDocuments(file.text, {
    ...options,
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    logLevel: "silent",
  });
  const documents: Document.Parsed[] = "empty" in parsed ? [] : parsed;
  const errors = documents.flatMap((document) => document.errors);
  const overflow = errors.find((error) => error.message.includes("call stack"));
  if (overflow !== undefined) {
    lose(log, TOO_DEEP, file.place(...overflow.pos));
    return undefined;
  }
  for (const error of errors.slice(0, MAX_SYNTAX_ERRORS)) {
    const source = file.place(...error.pos);
    lose(log, `this is not YAML: ${error.message}`, source, unquotedReference(file.line(source.line)));
  }
  const [first, second] = documents;
  if (first === undefined || errors.length > 0) return undefined;
  if (second !== undefined) {
    const at = second.range[0];
    lose(
      log,
      "a second document starts here: only one is allowed",
      file.place(at, at + 1),
      "remove the line `---`",
    );
    return undefined;
  }
  if (first.contents === null) return undefined;
  return convert(first.contents, { file, log, anchors: new Map() }, 0);
}
