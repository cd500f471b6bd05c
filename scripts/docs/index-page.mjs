// docs/README.md: every page, by what it says of itself.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { code, page, section, table, written } from "./table.mjs";

/** `kinds`: of each its name and the first sentence of its page. */
export function indexPage(root, roles, kinds) {
  return page([
    written("the pages themselves, the roles and the kinds"),
    "# All pages",
    section("Guides", list(root, "docs")),
    section(
      "Roles",
      "Put names of roles into `roles:` of a host or group, and variables under the role's name.",
      table(
        ["role", "tier", "what it is"],
        [...roles].map(({ name, tier, summary }) => [link(name, `roles/${name}.md`), tier, summary]),
      ),
    ),
    section(
      "Kinds",
      "Roles consist of resources of these kinds. A run observes all resources of a host in one request, changes only the fields " +
        "that differ, and observes again: a resource that still differs has failed. `provision check` reports a resource that has " +
        "changed since the last run, and the next run corrects it. `--prune` removes a resource that no role wants any more.",
      table(
        ["kind", "what it is"],
        kinds.map(({ name, summary }) => [link(name, `kinds/${name}.md`), summary]),
      ),
    ),
    section("Decisions", list(root, "docs/decisions")),
  ]);
}

const link = (name, target) => `[${code(name)}](${target})`;

/** The pages of a folder by their titles. */
function list(root, folder) {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md") && name !== "README.md")
    .sort()
    .map((name) => {
      const [heading] = readFileSync(join(root, folder, name), "utf8").match(/^# .*$/m) ?? [];
      if (heading === undefined) throw new Error(`${folder}/${name} has no title`);
      return `- [${heading.slice(2)}](${join(folder, name).replace(/^docs\//, "")})`;
    })
    .join("\n");
}
