import { describe, expect, it } from "vitest";
import { roles } from "../../../roles/index.ts";
import type { Resource } from "../../../src/model/resource.ts";
import { desiredOfAll, desiredOn, type HostSpec, textAt } from "../scenario.ts";

const database = (address: string): HostSpec => ({
  address,
  roles: { etcd: {}, mysql: { databases: { notes: {}, other: {} }, users: { notes: {}, other: {} } } },
});
const app = (address: string, vars: HostSpec["roles"]["gunicorn"] = { database: "notes" }): HostSpec => ({
  address,
  roles: { sidecar: {}, gunicorn: vars ?? {} },
});
const stack = {
  db1: database("10.0.0.41"),
  db2: database("10.0.0.42"),
  voter: { address: "10.0.0.43", roles: { etcd: {} } },
  app1: app("10.0.0.31"),
  app2: app("10.0.0.32"),
};

const environment = (specs: Readonly<Record<string, HostSpec>>): string =>
  textAt("/etc/gunicorn-notes/environment", desiredOn("app1", specs));
const migration = (specs: Readonly<Record<string, HostSpec>>, host = "app1"): Resource | undefined =>
  desiredOn(host, specs).find(({ kind, key }) => kind === "exec" && key.startsWith("migration of "));

describe("an application with a database", () => {
  it("is told of the ways to it on its own host, and of the account that the database has for it", () => {
    expect(environment(stack)).toContain(
      'SQL_WRITER="127.0.0.1:13306"\nSQL_READER="127.0.0.1:13307"\nSQL_USER="notes"',
    );
    expect(environment(stack)).toContain('SQL_DATABASE="notes"\nSQL_CA="/etc/gunicorn-notes/sql-ca.pem"');
    expect(environment(stack)).toMatch(/^SQL_PASSWORD="[^"]+"$/m);
  });

  it("keeps its password where the application alone reads it, and the authority's certificate without its key", () => {
    const wanted = desiredOn("app1", stack);
    const secret = wanted.filter(({ payload }) => payload?.content?.secret === true).map(({ key }) => key);
    expect(secret).toContain("/etc/gunicorn-notes/environment");
    expect(textAt("/etc/gunicorn-notes/sql-ca.pem", wanted)).not.toContain("PRIVATE KEY");
  });

  it("may be told otherwise by the inventory", () => {
    const vars = { database: "notes", environment: { SQL_READER: "10.9.9.9:3306" } };
    expect(environment({ ...stack, app1: app("10.0.0.31", vars) })).toContain('SQL_READER="10.9.9.9:3306"');
  });

  it("is refused on a host that has no way to the database, with the role that is missing", () => {
    const lone: HostSpec = { address: "10.0.0.31", roles: { gunicorn: { database: "notes" } } };
    expect(() => desiredOfAll({ ...stack, app1: lone })).toThrow("give the host the role `sidecar` too");
  });

  it("without one is told of none, and declares no secret", () => {
    expect(environment({ ...stack, app1: app("10.0.0.31", {}) })).not.toContain("SQL_");
    expect(migration({ ...stack, app1: app("10.0.0.31", {}) })).toBeUndefined();
  });
});

describe("a migration", () => {
  it("comes after the check of the release, and before the host is switched to it", () => {
    const keys = desiredOn("app1", stack).map(({ key }) => key);
    const at = (begin: string): number => keys.findIndex((key) => key.startsWith(begin));
    const order = [
      at("check of "),
      at("migration of "),
      at("/srv/notes/current"),
      keys.indexOf("gunicorn-notes"),
    ];
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
  });

  it("is run as the application, with its environment from its file, so that no password stands in the command", () => {
    const { command } = migration(stack)?.payload?.own ?? {};
    expect(command).toMatch(/^runuser -u notes -- sh -c /);
    expect(command).toContain("migrate.py");
    const password = /^SQL_PASSWORD="([^"]+)"$/m.exec(environment(stack))?.[1] ?? "";
    expect(password).not.toBe("");
    expect(
      JSON.stringify(
        desiredOn("app1", stack).map(({ payload }) => [payload?.own?.command, payload?.own?.unless]),
      ),
    ).not.toContain(password);
  });

  it("is owed again by another command and by another database, not by another setting", () => {
    const unless = (vars: HostSpec["roles"]["gunicorn"]) =>
      migration({ ...stack, app1: app("10.0.0.31", vars) })?.payload?.own?.unless;
    const base = unless({ database: "notes" });
    expect(unless({ database: "notes", workers: 7 })).toBe(base);
    expect(unless({ database: "notes", app: { migrate: "up" } })).not.toBe(base);
    expect(unless({ database: "other" })).not.toBe(base);
  });

  it("is begun by the first host; the others are switched after it", () => {
    const role = roles.get("gunicorn");
    const rank = (vars: HostSpec["roles"]["gunicorn"], own: string): number | "together" | undefined => {
      const parsed = role?.vars.safeParse(vars);
      if (parsed?.success !== true) throw new Error("no such variables");
      const peers = ["app1", "app2", "app3"].map((name) => {
        const source = { file: "", line: 1, col: 1 };
        return {
          host: { name, groups: [], vars: new Map(), source },
          address: name,
          vars: parsed.data,
          facts: undefined,
        };
      });
      const self = peers.find(({ host }) => host.name === own);
      return self === undefined ? undefined : role?.rank?.({ ...self, peers });
    };
    const ranks = (vars: HostSpec["roles"]["gunicorn"]) =>
      ["app1", "app2", "app3"].map((name) => rank(vars, name));
    expect(ranks({ database: "notes" })).toEqual([0, 1, 1]);
    expect(new Set(ranks({}))).toHaveProperty("size", 1);
  });
});

describe("what monitoring watches", () => {
  const checks = (vars: object) => {
    const parsed = roles.get("gunicorn")?.vars.safeParse(vars);
    if (parsed?.success !== true) throw new Error("no such variables");
    const source = { file: "", line: 1, col: 1 };
    const host = { name: "app1", groups: [], vars: new Map(), source };
    return roles.get("gunicorn")?.checks?.({ host, address: "10.0.0.31", vars: parsed.data }) ?? [];
  };

  it("is whether the sample is ready, and of others what they have for it", () => {
    expect(checks({}).map(({ command }) => command)).toEqual([
      expect.stringContaining("127.0.0.1:8000/readyz"),
    ]);
    expect(checks({ app: { directory: "mine" } })).toEqual([]);
    expect(checks({ app: { directory: "mine" }, readyPath: "/up", port: 9000 })[0]?.command).toContain(
      ":9000/up",
    );
  });
});
