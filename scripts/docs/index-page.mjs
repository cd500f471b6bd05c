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
      "What a host can be made. Names go into `roles:` of a host or group, variables under the role's own name.",
      table(
        ["role", "tier", "what it is"],
        [...roles].map(({ name, tier, summary }) => [link(name, `roles/${name}.md`), tier, summary]),
      ),
    ),
    section(
      "Kinds",
      "What roles are made of. The state of all resources of a host is read in one request, only the fields that differ are " +
        "changed, and then they are observed again: what still differs has failed. A resource that has left the state of the last run is " +
        "told by `provision check`, and put back by the next run; one that no role wants any more is removed with `--prune`.",
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
