import { describe, expect, it } from "vitest";
import { loadProject } from "../../src/cli/project/project.ts";
import { formatDiagnostic } from "../../src/report/diagnostic.ts";
import { predictableSecrets } from "../../src/secrets/predictable.ts";
import { withFiles } from "../inventory/files.ts";
import { desiredOfAll, desiredOn, facts, type HostSpec, textAt } from "./scenario.ts";

/** All that is wrong with an inventory, as it is told: with its line. Empty where nothing is. */
const told = (text: string): string =>
  withFiles({ "hosts.yml": text }, (cwd) => {
    const project = loadProject({ inventory: ["hosts.yml"], extraVars: [] }, cwd);
    return project.ok ? "" : project.error.map(formatDiagnostic).join("\n");
  });

const stack = (app: string, mysql: string, more = ""): string => `all:
  children:
    app:
      vars: { roles: [sidecar, gunicorn]${more}, gunicorn: ${app} }
      hosts: { app1: { ansible_host: 192.0.2.31 }, app2: { ansible_host: 192.0.2.32 } }
    dbs:
      vars: { roles: [etcd, mysql], mysql: ${mysql} }
      hosts: { d1: { ansible_host: 192.0.2.41 }, d2: { ansible_host: 192.0.2.42 }, d3: { ansible_host: 192.0.2.43 } }
`;
const shop = "{ databases: { shop: {} }, users: { shop: { database: shop } } }";

describe("an application that the database does not let in is refused before any host is contacted", () => {
  it.each([
    ["without its database", "{ database: shop }", "{}", "the role `mysql` on d1 creates no database `shop`"],
    ["without its account", "{ database: shop }", "{ databases: { shop: {} } }", "creates no account `shop`"],
    [
      "whose account is for another database",
      "{ database: shop }",
      "{ databases: { shop: {}, b: {} }, users: { shop: { database: b } } }",
      "may only use the database `b`",
    ],
    [
      "whose account may not come from there",
      "{ database: shop }",
      "{ databases: { shop: {} }, users: { shop: { hosts: [10.%, 192.0.3.0/255.255.255.0] } } }",
      "may not log in from 192.0.2.31",
    ],
    [
      "whose environment has another password than the account",
      "{ database: shop, environment: { SQL_PASSWORD: chosen-by-me-1 } }",
      "{ databases: { shop: {} }, users: { shop: { password: chosen-by-the-dba-1 } } }",
      "`gunicorn.environment.SQL_PASSWORD` differs from the password of the account `shop`",
    ],
    [
      "whose environment has a password where the stack makes one",
      "{ database: shop, environment: { SQL_PASSWORD: chosen-by-me-1 } }",
      shop,
      "differs from the password of the account",
    ],
    [
      "whose environment names an account that is not there",
      "{ database: shop, environment: { SQL_USER: clerk } }",
      shop,
      "`gunicorn.environment.SQL_USER`: the role `mysql` on d1 creates no account `clerk`",
    ],
  ])("%s", (_what, app, mysql, words) => {
    const said = told(stack(app, mysql));
    expect(said).toContain(words);
    expect(said).toMatch(/^hosts\.yml:4:\d+: error: /);
    // A line with a password is not shown.
    if (!app.includes("PASSWORD")) expect(said).toContain(" 4 |");
    expect(said).not.toMatch(/chosen-by/);
  });

  it.each([
    ["that has both", "{ database: shop }", shop],
    [
      "that comes from where the account may",
      "{ database: shop }",
      shop.replace("database: shop }", "hosts: [192.0.2.3_] }"),
    ],
    [
      "that is told to go to a database of somebody else",
      "{ database: shop, environment: { SQL_WRITER: 10.0.0.9:3306, SQL_PASSWORD: x } }",
      "{}",
    ],
  ])("but not one %s", (_what, app, mysql) => {
    expect(told(stack(app, mysql))).toBe("");
  });
});

describe("the password of an application's account", () => {
  const app = (vars: HostSpec["roles"][string]): HostSpec => ({
    address: "192.0.2.31",
    roles: { sidecar: {}, gunicorn: vars },
  });
  const specs = (users: HostSpec["roles"][string], vars: HostSpec["roles"][string]) => ({
    app1: app(vars),
    d1: { address: "192.0.2.41", roles: { mysql: { databases: { shop: {} }, users } } },
  });
  const environment = (all: Readonly<Record<string, HostSpec>>): string =>
    textAt("/etc/gunicorn-notes/environment", desiredOn("app1", all));

  it("is the one that the inventory gives the account", () => {
    const users = { shop: { database: "shop", password: "chosen-by-the-dba-1" } };
    expect(environment(specs(users, { database: "shop" }))).toContain('SQL_PASSWORD="chosen-by-the-dba-1"');
  });

  it("is the one that the stack makes for the account, also where the application logs in as another", () => {
    const users = { shop: { database: "shop" }, clerk: { database: "shop", password: "of-the-clerk" } };
    expect(environment(specs(users, { database: "shop" }))).toContain(
      predictableSecrets.password("sql/user/shop"),
    );
    const vars = { database: "shop", environment: { SQL_USER: "clerk" } };
    expect(environment(specs(users, vars))).toContain('SQL_PASSWORD="of-the-clerk"');
  });
});

describe("an application with the name of somebody who logs in", () => {
  it.each(["ansible_user", "ansible_ssh_user"])(
    "is refused where the inventory shows it, as %s",
    (variable) => {
      const said = told(stack("{ name: deploy }", shop, `, ${variable}: deploy, ansible_become: true`));
      expect(said).toMatch(/^hosts\.yml:4:\d+: error: `gunicorn\.name` is the login user of this host/);
      expect(said).toContain("(on app1 and app2)");
    },
  );

  const wanted = (accounts: string) =>
    desiredOfAll({
      app1: {
        address: "192.0.2.31",
        roles: { gunicorn: { name: "deploy" } },
        facts: { role: new Map([...facts.role, ["accounts", accounts]]) },
      },
    }).get("app1");

  it.each([
    ["user root /root\nuser deploy /home/deploy", "already exists on this host, with the home /home/deploy"],
    ["user deploy /var/lib/deploy", "already exists on this host, with the home /var/lib/deploy"],
    ["user root /root\nlogin deploy", "is the login user of this host"],
    ["user root /root\ngroup deploy", "is already a group on this host"],
  ])("is refused in words where the host alone shows it: %j", (accounts, words) => {
    expect(wanted(accounts)).toMatchObject({ ok: false, error: { message: expect.stringContaining(words) } });
  });

  it.each(["", "user deploy /srv/deploy\ngroup deploy", "user root /root\nlogin admin\ngroup adm"])(
    "is not seen where there is none: %j",
    (accounts) => {
      expect(wanted(accounts)).toMatchObject({ ok: true });
    },
  );
});

describe("members of a database", () => {
  const dbs = (mysql: string, hosts: string): string => `all:
  vars: { roles: [mysql], mysql: ${mysql} }
  hosts: { ${hosts} }
`;
  it("are told before any host is contacted that the first primary is none of them", () => {
    expect(told(dbs("{ primary: d9 }", "d1: { ansible_host: 192.0.2.41 }"))).toContain(
      "`mysql.primary` is d9, which does not have this role",
    );
  });

  it.each(["d@1", "d+1", "dä1"])("may not be called %s, which the keepers cannot use", (name) => {
    const said = told(dbs("{}", `${name}: { ansible_host: 192.0.2.41 }`));
    expect(said).toContain(`\`mysql\`: the keepers cannot use the name "${name}"`);
    expect(said).toContain("give the host a name of letters");
  });

  it.each(["ALL", "SUPER", "READ_ONLY ADMIN", "CONNECTION_ADMIN"])(
    "give no account %s on all databases: it could write to a member that does not lead",
    (privilege) => {
      const privileges = privilege === "ALL" ? privilege : `SELECT, ${privilege}`;
      const mysql = `{ databases: { shop: {} }, users: { shop: { privileges: [${privileges}] } } }`;
      const said = told(stack("{ database: shop }", mysql));
      expect(said).toContain("lets shop write to members that do not lead");
      expect(said).toContain("logs in as root on the host");
    },
  );

  it("need a store with three voters as soon as there are two of them", () => {
    const two = "d1: { ansible_host: 192.0.2.41 }, d2: { ansible_host: 192.0.2.42 }";
    expect(told(dbs("{}", two))).toContain(
      "`mysql`: 2 members need a quorum store with three voters, and there is none (on d1 and d2)",
    );
    const store = (hosts: string): string => `${dbs("{}", two)}  children:
    store: { vars: { roles: [etcd] }, hosts: { ${hosts} } }
`;
    const v = (n: number): string => `v${n}: { ansible_host: 192.0.2.5${n}, roles: [etcd] }`;
    expect(told(store([v(1), v(2)].join(", ")))).toContain("with three voters, and it has 2");
    expect(told(store([v(1), v(2), v(3)].join(", ")))).toBe("");
    expect(told(dbs("{}", "d1: { ansible_host: 192.0.2.41 }"))).toBe("");
  });
});
