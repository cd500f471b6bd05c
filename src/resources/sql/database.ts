import type { Kind } from "../../model/kind.ts";
import type { Change } from "../../model/plan.ts";
import type { Observed, Resource } from "../../model/resource.ts";
import type { Script } from "../../model/script.ts";
import { subshell } from "../../script/block.ts";
import { ResourceError } from "../resource.ts";
import { noAnswer } from "../stat.ts";
import { literal, query, statementsScript } from "./sql.ts";

/** Character set and collation of a database. */
export interface DatabaseOptions {
  /** Default character set of its tables. Default utf8mb4. */
  readonly characterSet?: string;
  /** Default collation of its tables. Default: not managed; a new database gets that of the character set. */
  readonly collation?: string;
  readonly absent?: false;
}

const word = /^[a-z0-9_]+$/;

/**
 * A database of the host's MariaDB or MySQL, through root's socket. With `{absent: true}` it is dropped only if it is empty, so
 * that no line of an inventory deletes data. Existing tables keep their character set.
 *
 * @example
 * database("shop", { collation: "utf8mb4_unicode_ci" })
 */
export function database(name: string, options: DatabaseOptions | { readonly absent: true } = {}): Resource {
  const id = `database:${name}`;
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name))
    throw new ResourceError(id, "write a name of at most 64 letters, digits and _");
  if (options.absent === true) return { kind: "database", key: name, desired: null };
  const { characterSet = "utf8mb4", collation } = options;
  if (!word.test(characterSet) || (collation !== undefined && !word.test(collation)))
    throw new ResourceError(id, "write the daemon's names of character set and collation");
  return {
    kind: "database",
    key: name,
    desired: { characterSet, ...(collation === undefined ? {} : { collation }) },
  };
}

const answered = "databases answered";

function observe(resources: readonly Resource[]): Script {
  const names = resources.map(({ key }) => literal(key)).join(", ");
  return query([
    `SELECT 'database', SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN (${names || "''"})`,
    `SELECT ${literal(answered)}`,
  ]);
}

function parse(output: string, resources: readonly Resource[]): ReadonlyMap<string, Observed> {
  const lines = output.split("\n");
  const found = new Map<string, Observed>();
  for (const line of lines) {
    const [first, name, characterSet, collation, ...more] = line.split("\t");
    if (first !== "database" || name === undefined || collation === undefined || more.length > 0) continue;
    found.set(name, { status: "present", state: { characterSet: characterSet ?? "", collation } });
  }
  const silent: Observed = lines.includes(answered) ? { status: "absent" } : noAnswer;
  return new Map(resources.map(({ key }) => [key, found.get(key) ?? silent]));
}

function statementsOf({ resource: { key, desired } }: Change): readonly string[] {
  const name = `\`${key}\``;
  if (desired === null) {
    // If there are tables, the subquery returns several rows, which is an error, so the DROP is not reached.
    return [
      `SELECT (SELECT 1 FROM information_schema.SCHEMATA WHERE EXISTS (SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${literal(key)})) AS 'it has tables: drop it by hand'`,
      `DROP DATABASE IF EXISTS ${name}`,
    ];
  }
  const collation = desired.collation === undefined ? "" : ` COLLATE ${String(desired.collation)}`;
  const set = `CHARACTER SET ${String(desired.characterSet)}${collation}`;
  return [`CREATE DATABASE IF NOT EXISTS ${name} ${set}`, `ALTER DATABASE ${name} ${set}`];
}

/** The kind `database`. */
export const databaseKind: Kind = {
  name: "database",
  removal: (key) => database(key, { absent: true }),
  observe,
  parse,
  converge: (changes) => subshell([statementsScript(changes.flatMap(statementsOf))]),
  grouped: true,
  shared: true,
  deadline: 90,
};
