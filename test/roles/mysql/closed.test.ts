import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Kind } from "../../../src/model/kind.ts";
import type { Resource } from "../../../src/model/resource.ts";
import { account, accountKind } from "../../../src/resources/sql/account.ts";
import { database, databaseKind } from "../../../src/resources/sql/database.ts";
import { needProgram } from "../daemon.ts";
import { run } from "../law/ask.ts";
import { type Mariadb, startMariadb } from "./mariadb-here.ts";

const folder = mkdtempSync(join(tmpdir(), "closed-"));
let own: Mariadb | undefined;
beforeAll(async () => {
  needProgram("mariadbd", "mariadb-server-core");
  own = await startMariadb(folder);
});
afterAll(() => {
  own?.daemon.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

const socket = (): string => `${own?.at}/sock`;
const sql = async (statement: string): Promise<string> =>
  (await run("mariadb", ["--no-defaults", `--socket=${socket()}`, "-NBe", statement])).words.trim();

/** Makes what the host does not have. */
function make(kind: Kind, resource: Resource) {
  const { text, input } = kind.converge([
    {
      id: `${resource.kind}:${resource.key}`,
      role: "mysql",
      cause: "new",
      resource,
      action: "create",
      observed: { status: "absent" },
      fields: [],
    },
  ]);
  const program = text.replaceAll("/run/mysqld/mysqld.sock", socket());
  return run("sh", ["-c", program], Buffer.concat(input).toString());
}

it("a database that takes no writes gets none from the tool, though root could write", async () => {
  const notes = database("notes");
  const clerk = account("clerk@%", {
    plugin: "mysql_native_password",
    password: "of-the-clerk",
    tls: "ANY",
    grants: { "notes.*": ["SELECT"] },
  });
  await sql("SET GLOBAL read_only = 1");
  for (const answer of [await make(databaseKind, notes), await make(accountKind, clerk)]) {
    expect(answer.code).not.toBe(0);
    expect(answer.words).toContain("this database takes no writes now: another member leads");
  }
  expect(await sql("SHOW DATABASES LIKE 'notes'")).toBe("");
  expect(await sql("SELECT COUNT(*) FROM mysql.user WHERE User = 'clerk'")).toBe("0");
  await sql("SET GLOBAL read_only = 0");
  for (const answer of [await make(databaseKind, notes), await make(accountKind, clerk)])
    expect(answer).toMatchObject({ code: 0 });
  expect(await sql("SHOW GRANTS FOR clerk@'%'")).toContain("GRANT SELECT ON `notes`.*");
});
