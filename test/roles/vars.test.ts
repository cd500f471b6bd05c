import { describe, expect, it } from "vitest";
import { z } from "zod";
import { roles } from "../../roles/index.ts";
import type { Json } from "../../src/model/json.ts";

/** The messages of what a role's schema finds wrong, each with its path. */
function problems(role: string, vars: Json): readonly string[] {
  const parsed = roles.get(role)?.vars.safeParse(vars);
  if (parsed === undefined) throw new Error(`no role ${role}`);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

/** Dotted names of the variables in a JSON Schema, each with whether it says anything of itself. */
function variables(schema: unknown, prefix = ""): readonly (readonly [name: string, documented: boolean])[] {
  const properties = part(schema, "properties");
  return Object.entries(properties ?? {}).flatMap(([name, inner]) => [
    [prefix + name, part(inner, "description") !== undefined] as const,
    ...variables(inner, `${prefix}${name}.`),
  ]);
}

const part = (of: unknown, name: string): object | undefined =>
  typeof of === "object" && of !== null ? Object.entries(of).find(([key]) => key === name)?.[1] : undefined;

describe.each([...roles.values()])("the role $name", (role) => {
  it("works without a single variable", () => {
    expect(problems(role.name, {})).toEqual([]);
  });

  it("documents every variable", () => {
    if (!(role.vars instanceof z.ZodType)) throw new Error("not a zod schema");
    const all = variables(z.toJSONSchema(role.vars, { io: "input" }));
    expect(all.length).toBeGreaterThan(0);
    expect(all.filter(([, documented]) => !documented)).toEqual([]);
  });

  it("refuses a variable that it does not know, and says which", () => {
    const parsed = role.vars.safeParse({ prot: 1 });
    expect(parsed.success).toBe(false);
    expect(parsed.success ? [] : parsed.error.issues).toMatchObject([
      { code: "unrecognized_keys", keys: ["prot"] },
    ]);
  });

  it("is listed under its own name", () => {
    expect(roles.get(role.name)).toBe(role);
  });
});

describe("a variable that would break the host is refused", () => {
  it.each([
    ["nginx", { port: 0 }, /^port: /],
    ["nginx", { port: "80" }, /^port: /],
    ["nginx", { serverNames: ["a b"] }, /^serverNames.0: not a server name/],
    ["nginx", { serverNames: ["x; }"] }, /^serverNames.0: not a server name/],
    ["nginx", { serverNames: [] }, /^serverNames: /],
    ["nginx", { trustedProxies: ["everyone"] }, /^trustedProxies.0: /],
    ["nginx", { static: { static: "public" } }, /^static/],
    ["nginx", { static: { "/": "public" } }, /^static/],
    ["nginx", { static: { "/../": "public" } }, /^static/],
    ["nginx", { maxBody: "10 MB" }, /^maxBody: a number of bytes/],
    ["gunicorn", { name: "Shop" }, /^name: a short word/],
    ["gunicorn", { name: "root" }, /^name: /],
    ["gunicorn", { port: 80 }, /^port: /],
    ["gunicorn", { app: { callable: "app" } }, /^app.callable: MODULE:NAME/],
    ["gunicorn", { app: { callable: "app:app; rm -rf /" } }, /^app.callable: MODULE:NAME/],
    ["gunicorn", { app: { git: "https://git.example.org/x.git" } }, /^app: `git` and `revision` go together/],
    ["gunicorn", { app: { revision: "v1" } }, /^app: `git` and `revision` go together/],
    [
      "gunicorn",
      { app: { directory: "x", git: "https://h/x", revision: "v1" } },
      /^app: give `directory` or `git`/,
    ],
    ["gunicorn", { app: { git: "https://me:pw@h/x.git", revision: "v1" } }, /^app.git: a password in a URL/],
    ["gunicorn", { app: { git: "--upload-pack=x", revision: "v1" } }, /^app.git: not the URL/],
    ["gunicorn", { app: { git: "https://h/x", revision: "../x" } }, /^app.revision: the full id/],
    [
      "gunicorn",
      { app: { git: "http://h/x", revision: "v1" } },
      /^app.revision: must be the full id of a commit/,
    ],
    ["gunicorn", { app: { git: "git://h/x", revision: "0123456" } }, /^app.revision: must be the full id/],
    ...[
      "sudo",
      "www-data",
      "ssh",
      "nginx",
      "systemd-network",
      "debian",
      "postgres",
      "keepalived",
      "docker",
    ].map((name): [string, Json, RegExp] => [
      "gunicorn",
      { name },
      /^name: the system or another daemon has a user or group/,
    ]),
    ["gunicorn", { name: "www" }, /^name: \/srv\/www belongs to another role/],
    ...[
      "root",
      "mysql",
      "debian-sys-maint",
      "mariadb",
      "event_scheduler",
      "member_1",
      "member_167772161",
    ].map((name): [string, Json, RegExp] => [
      "mysql",
      { users: { [name]: {} } },
      /^users.\S+: (Invalid key in record|.*is (the|an) account)/,
    ]),
    ...["mysql", "sys", "SYS", "information_schema", "Performance_Schema", "ibdata1"].map(
      (name): [string, Json, RegExp] => [
        "mysql",
        { databases: { [name]: {} } },
        /^databases.\S+: (Invalid key in record|.*belongs)/,
      ],
    ),
    ["mysql", { users: { a: { database: "mysql" } } }, /^users.a.database: `mysql` belongs to the daemon/],
    [
      "mysql",
      { users: { a: { privileges: ["SELECT", "ALL"] } } },
      /^users.a.privileges.1: contains every privilege/,
    ],
    [
      "mysql",
      { users: { a: { privileges: ["SUPER"], database: "b" } } },
      /^users.a.privileges.0: .*only be granted on all databases/,
    ],
    [
      "mysql",
      { users: { a: { privileges: ["READ"] } } },
      /^users.a.privileges.0: not a privilege of MariaDB or MySQL/,
    ],
    [
      "mysql",
      { flavour: "mariadb", users: { a: { privileges: ["BACKUP_ADMIN"] } } },
      /^users.a.privileges.0: not a privilege of mariadb/,
    ],
    ["mysql", { databases: { a: { characterSet: "utf8" } } }, /^databases.a.characterSet: write utf8mb4/],
    [
      "mysql",
      { databases: { a: { collation: "latin1_bin" } } },
      /^databases.a.collation: not a collation of the character set/,
    ],
    ["mysql", { port: 9200 }, /^: `port`, `statePort`, `keeperPort` and `clonePort` must differ/],
    [
      "nrpe",
      { certificateDays: { critical: 30 } },
      /^certificateDays: `critical` must not be above `warning`/,
    ],
    [
      "nagios",
      { site: { certificateDays: { critical: 30 } } },
      /^site\.certificateDays: `critical` must not be above `warning`/,
    ],
    ["mysql", { lag: { warning: 60 } }, /^lag: `warning` must be less than `critical`/],
    ["mysql", { settings: { port: 1 } }, /^settings.port: the role sets this itself/],
    ["mysql", { settings: { loose_server_id: 1 } }, /^settings.loose_server_id: the role sets this/],
    ["gunicorn", { environment: { "A B": "x" } }, /^environment/],
    ["gunicorn", { environment: { A: 1 } }, /^environment.A: /],
    ["gunicorn", { environment: { A: "\0" } }, /^environment.A: /],
    ["gunicorn", { environment: { A: "\u001b" } }, /^environment.A: /],
    ["gunicorn", { environment: { A: "\ufffe" } }, /^environment.A: /],
    ["gunicorn", { environment: { A: "\ud800" } }, /^environment.A: /],
    ["gunicorn", { environment: { A: "é".repeat(70_000) } }, /^environment.A: /],
    ["gunicorn", { packages: ["python3-flask; x"] }, /^packages.0: not the name of a Debian package/],
    ["common", { hostname: "web_1" }, /^hostname: not a host name/],
    ["common", { extraHosts: { somewhere: ["a"] } }, /^extraHosts/],
    ["common", { extraHosts: { "10.0.0.1": ["a b"] } }, /^extraHosts.10.0.0.1.0: not a host name/],
    ["common", { time: { servers: ["a b"] } }, /^time.servers.0: /],
    ["common", { time: { deamon: "chrony" } }, /^time: .*deamon/],
    ["common", { apt: { heldBack: ["a.*"] } }, /^apt.heldBack.0: /],
    ["common", { sysctl: { "a b": 1 } }, /^sysctl/],
  ])("%s %j", (role, vars, expected) => {
    expect(problems(role, vars)).toEqual([expect.stringMatching(expected)]);
  });
});
