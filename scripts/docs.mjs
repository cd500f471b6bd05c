// Writes docs/roles/*.md from the schemas of the built-in roles. `--check`: writes nothing, ends with 1 if a page is old.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { z } from "zod";

const root = resolve(import.meta.dirname, "..");
const folder = join(root, "docs", "roles");

async function loadRoles() {
  // Node 20 reads no TypeScript, so the roles are bundled first. Inside the project, where their packages are found.
  const outfile = join(root, "node_modules", ".cache", `roles-${process.pid}.mjs`);
  const alias = { provision: join(root, "src", "index.ts") };
  const entryPoints = [join(root, "roles", "index.ts")];
  await build({
    entryPoints,
    outfile,
    alias,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["zod"],
    logLevel: "warning",
  });
  try {
    return (await import(pathToFileURL(outfile).href)).roles;
  } finally {
    rmSync(outfile);
  }
}

function typeOf(schema) {
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(" or ");
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(" or ");
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ type })).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type === "object" && !schema.properties)
    return `mapping to ${typeOf(schema.additionalProperties ?? {})}`;
  const names = {
    string: "text",
    integer: "whole number",
    number: "number",
    boolean: "true or false",
    object: "mapping",
  };
  const range = schema.minimum > Number.MIN_SAFE_INTEGER && schema.maximum < Number.MAX_SAFE_INTEGER;
  return (names[schema.type] ?? "any") + (range ? `, ${schema.minimum} to ${schema.maximum}` : "");
}

function rows(schema, prefix = "") {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const value =
      inner.default === undefined || inner.properties ? "" : `\`${JSON.stringify(inner.default)}\``;
    const cells = [`\`${prefix}${name}\``, typeOf(inner), value, inner.description ?? ""];
    return [`| ${cells.join(" | ")} |`, ...rows(inner, `${prefix}${name}.`)];
  });
}

function page(role) {
  const schema = z.toJSONSchema(role.vars, { io: "input" });
  const provided = Object.entries(
    role.provides?.({ host: { name: "HOST" }, vars: role.vars.parse({}) }) ?? {},
  );
  const health = (check) =>
    check.type === "http"
      ? `HTTP GET ${check.path} answers ${check.status}`
      : (check.command ?? "takes a connection");
  return `<!-- Written by scripts/docs.mjs from the role itself: change that, not this. -->
# ${role.name}

${role.summary}. Tier: ${role.tier}.

${provided.map(([name, spec]) => `Provides \`${name}\` on port ${spec.port} (${spec.redundancy}, at least ${spec.floor ?? 1} healthy; ${health(spec.health)}).\n`).join("")}${Object.values(
  role.needs ?? {},
)
  .map((name) => `Needs \`${name}\`.\n`)
  .join("")}
## Variables

Under \`${role.name}:\` of a host or group.

| name | type | default | meaning |
|---|---|---|---|
${rows(schema).join("\n")}
`;
}

const roles = await loadRoles();
const check = process.argv.includes("--check");
mkdirSync(folder, { recursive: true });
for (const role of roles.values()) {
  const path = join(folder, `${role.name}.md`);
  const text = page(role).replaceAll(/\n{3,}/g, "\n\n");
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  if (!check) writeFileSync(path, text);
  else {
    console.error(`docs/roles/${role.name}.md is old: run node scripts/docs.mjs`);
    process.exitCode = 1;
  }
}
