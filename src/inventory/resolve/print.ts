import { compareText, type Node } from "../parse/node.ts";
import { HIDDEN } from "../parse/secret.ts";

/** Values that can be written as JSON: parsed values, names, and mappings and lists of them. */
export type Printable = Node | string | readonly Printable[] | ReadonlyMap<string, Printable>;

/** The shape of a printable value. `word`: a number, boolean or null in JSON's spelling. */
type Shape =
  | { readonly type: "mapping"; readonly entries: readonly (readonly [string, Printable])[] }
  | { readonly type: "list"; readonly entries: readonly Printable[] }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "word"; readonly text: string };

function shapeOf(tree: Printable): Shape {
  if (typeof tree === "string") return { type: "text", text: tree };
  if (tree instanceof Map)
    return { type: "mapping", entries: [...tree].sort(([a], [b]) => compareText(a, b)) };
  if (isEntries(tree)) return { type: "list", entries: tree };
  if (!("value" in tree)) return { type: "mapping", entries: [] };
  if (tree.encrypted === true || tree.secret === true) return { type: "text", text: HIDDEN };
  if (tree.keys !== undefined) return { type: "mapping", entries: sortedEntries(tree) };
  if (tree.children !== undefined) return { type: "list", entries: [...tree.children.values()] };
  if (typeof tree.value !== "string") return { type: "word", text: word(tree) };
  if (tree.unsafe !== true) return { type: "text", text: tree.value };
  return { type: "mapping", entries: [["__ansible_unsafe", tree.value]] };
}

/** `Array.isArray` does not narrow lists that are read-only. */
function isEntries(tree: Printable): tree is readonly Printable[] {
  return Array.isArray(tree);
}

/** Sorts keys as numbers if all are numbers, like Python. */
function sortedEntries(node: Node): readonly (readonly [string, Printable])[] {
  const kinds = [...(node.keys?.values() ?? [])];
  const numeric = kinds.every((key) => key.kind === "number");
  return [...(node.children ?? [])].sort(([a], [b]) => (numeric ? Number(a) - Number(b) : compareText(a, b)));
}

function word({ value, text }: Node): string {
  if (typeof value !== "number") return String(value);
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return text ?? String(value);
}

/** JSON with four spaces and sorted keys, like Python's. */
export function toJsonText(tree: Printable): string {
  const pieces: string[] = [];
  writeJson(tree, "\n", pieces);
  return pieces.join("");
}

function writeJson(tree: Printable, newline: string, pieces: string[]): void {
  const shape = shapeOf(tree);
  if (shape.type === "text") pieces.push(JSON.stringify(shape.text));
  else if (shape.type === "word") pieces.push(shape.text);
  else {
    const [open, close] = shape.type === "mapping" ? ["{", "}"] : ["[", "]"];
    const inner = `${newline}    `;
    let separator = inner;
    pieces.push(open);
    if (shape.type === "mapping") {
      for (const [key, value] of shape.entries) {
        pieces.push(separator, JSON.stringify(key), ": ");
        writeJson(value, inner, pieces);
        separator = `,${inner}`;
      }
    } else {
      for (const value of shape.entries) {
        pieces.push(separator);
        writeJson(value, inner, pieces);
        separator = `,${inner}`;
      }
    }
    pieces.push(separator === inner ? close : newline + close);
  }
}

/** A value inside a longer string, printed like Python; undefined for lists and mappings. */
export function insideText({ value, text }: Node): string | undefined {
  if (text !== undefined) return text;
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "object" ? undefined : String(value);
}
