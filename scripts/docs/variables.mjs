// The variables of a role, from its schema.
import { code, table } from "./table.mjs";

export function variableTable(schema) {
  return table(["name", "type", "default", "meaning"], rows(schema));
}

function rows(schema, prefix = "") {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const value = inner.default === undefined || inner.properties ? "" : code(JSON.stringify(inner.default));
    return [
      [code(`${prefix}${name}`), typeOf(inner), value, inner.description ?? ""],
      ...rows(inner, `${prefix}${name}.`),
      ...rows(entryOf(inner), `${prefix}${name}.NAME.`),
      ...rows(inner.items ?? {}, `${prefix}${name}[].`),
    ];
  });
}

/** What each entry of a mapping holds. */
const entryOf = ({ additionalProperties }) =>
  typeof additionalProperties === "object" ? additionalProperties : {};

const names = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
  object: "mapping",
};

function typeOf(schema) {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(" or ");
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(" or ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ type })).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type === "object" && !schema.properties)
    return `mapping to ${typeOf(schema.additionalProperties ?? {})}`;
  const range = schema.minimum > Number.MIN_SAFE_INTEGER && schema.maximum < Number.MAX_SAFE_INTEGER;
  return (names[schema.type] ?? "any") + (range ? `, ${schema.minimum} to ${schema.maximum}` : "");
}
