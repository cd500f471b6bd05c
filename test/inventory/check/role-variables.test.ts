import { describe, expect, it } from "vitest";
import { z } from "zod";
import { distinct } from "../../../src/base/diagnostic.ts";
import { rolesOf, roleVariables } from "../../../src/inventory/check/role-variables.ts";
import type { Host } from "../../../src/model/inventory.ts";
import type { Diagnostic } from "../../../src/model/source.ts";
import { hostOf, oneHost, readGood, summaries } from "../files.ts";

function host(lines: string): Host {
  return hostOf(readGood(oneHost(lines)), "h");
}

/** What is wrong, by place; all of it is wrong on the one host `h`. */
function told(result: { readonly ok: boolean; readonly error?: readonly Diagnostic[] }): readonly string[] {
  expect(result.ok).toBe(false);
  return summaries(distinct(result.error ?? [])).map((line) => line.replace(" (on h)", ""));
}

describe("roleVariables", () => {
  const schema = z.strictObject({
    port: z.number().int().default(80),
    tls: z.strictObject({ certificate: z.string(), redirect: z.boolean().default(true) }).optional(),
    sites: z.array(z.strictObject({ name: z.string(), root: z.string().optional() })).default([]),
  });

  it("completes what the inventory says", () => {
    expect(roleVariables(host("nginx: {port: 81}"), "nginx", schema)).toEqual({
      ok: true,
      value: { port: 81, sites: [] },
    });
    expect(roleVariables(host("x: 1"), "nginx", schema)).toMatchObject({ ok: true, value: { port: 80 } });
  });

  it("reports every issue at its position, with the nearest name", () => {
    const variables = host(`nginx:
  prot: 80
  port: "81"
  tls: {certificat: a, redirect: maybe}
  sites:
    - {name: a}
    - {nam: b}
`);
    expect(told(roleVariables(variables, "nginx", schema))).toEqual([
      "hosts.yml:5:9: `nginx` has no variable `prot` | did you mean `port`?",
      "hosts.yml:6:15: `nginx.port` must be a whole number, this is text | leave the quotes out: 81",
      "hosts.yml:7:14: `nginx.tls.certificate` is missing",
      "hosts.yml:7:15: `nginx.tls` has no variable `certificat` | did you mean `certificate`?",
      "hosts.yml:7:40: `nginx.tls.redirect` must be true or false, this is text | write true or false, without quotes",
      "hosts.yml:10:13: `nginx.sites.1.name` is missing",
      "hosts.yml:10:14: `nginx.sites.1` has no variable `nam` | did you mean `name`?",
    ]);
  });

  const words = z.strictObject({
    int: z.int().min(1).max(3600).optional(),
    choice: z.enum(["chrony", "none", "off"]).optional(),
    text: z.string().min(1).optional(),
    names: z.array(z.string()).min(1).max(2).optional(),
    mode: z.string().optional(),
    v4: z.ipv4().optional(),
    own: z.string().regex(/^a/, "a word with an a").optional(),
    map: z.record(z.string().regex(/^a/, "begins with an a"), z.ipv4()).optional(),
    plain: z.union([z.literal("auto"), z.int().max(9)]).optional(),
    named: z.union([z.literal("auto"), z.int().max(9)], "`auto`, or a number up to 9").optional(),
    kernel: z.union([z.string(), z.number()], "text or a number").optional(),
  });

  it.each([
    ["int: 4000", "must be at most 3600"],
    ["int: 0", "must be at least 1"],
    ["int: 1.5", "must be a whole number, this is a number (1.5)"],
    ["int: many", "must be a whole number, this is text"],
    ["int:", "must be a whole number, this is nothing"],
    ["choice: crony", "must be one of `chrony`, `none`, `off` | did you mean `chrony`?"],
    [
      "choice: off",
      'must be one of `chrony`, `none`, `off` | put it in quotes: "off"; without them, YAML reads off as false',
    ],
    ["text: ''", "cannot be empty"],
    ["names: []", "must have at least 1 entry"],
    ["names: [a, b, c]", "must have at most 2 entries"],
    [
      "mode: 0644",
      'must be text, this is a number (420) | put it in quotes: "0644"; without them, YAML reads 0644 as 420',
    ],
    [
      "mode: 12:30",
      'must be text, this is a number (750) | put it in quotes: "12:30"; without them, YAML reads 12:30 as 750',
    ],
    ["mode: 80", 'must be text, this is a number (80) | put it in quotes: "80"'],
    ["v4: 10.0.0", "must be an IPv4 address"],
    ["own: b", ": a word with an a"],
    ["plain: 10", "must be at most 9"],
    ["plain: many", "must be a whole number, this is text"],
    ["named: many", ": `auto`, or a number up to 9"],
    ["kernel: yes", ': text or a number | put it in quotes: "yes"; without them, YAML reads yes as true'],
  ])("says in plain words: %s", (line, message) => {
    const [name = ""] = line.split(":");
    const [first, ...others] = told(roleVariables(host(`r:\n  ${line}`), "r", words));
    expect(first?.replace(/^hosts.yml:5:\d+: /, "")).toBe(
      `\`r.${name}\`${message.startsWith(":") ? "" : " "}${message}`,
    );
    expect(others).toEqual([]);
  });

  it("a name that cannot be one, at its place, in the role's words", () => {
    expect(told(roleVariables(host("r: {map: {b: 10.0.0.1}}"), "r", words))).toEqual([
      "hosts.yml:4:17: the name `b` in `r.map`: begins with an a",
    ]);
  });

  it("says nothing of a value that another variable brings", () => {
    const result = roleVariables(host("pw: 271828\nr:\n  text: '{{ pw }}'"), "r", words);
    expect(told(result)).toEqual([
      "hosts.yml:6:15: `r.text` must be text, this is a number | put it in quotes",
    ]);
  });

  it("reminds of the way to set a mapping with -e", () => {
    const reading = readGood(oneHost("x: 1"), { extraVars: ["r={int:2}"] });
    expect(told(roleVariables(hostOf(reading, "h"), "r", words))[0]).toContain(
      `| write -e '{"r": {"name": "value"}}'`,
    );
  });

  it("never shows a line that holds a password", () => {
    const settings = z.strictObject({ db_password: z.string(), name: z.string() });
    const result = roleVariables(host("app:\n  {db_password: 271828, name: 5}\n"), "app", settings);
    expect(told(result)).toHaveLength(2);
    expect(JSON.stringify(result)).not.toContain("271828");
  });

  it("takes the names the caller knows", () => {
    const result = roleVariables(host("nginx: {worker: 1}"), "nginx", schema, { known: ["workers"] });
    expect(told(result)).toEqual([
      "hosts.yml:4:15: `nginx` has no variable `worker` | did you mean `workers`?",
    ]);
  });

  it("wants a mapping", () => {
    expect(told(roleVariables(host("nginx: 80"), "nginx", schema))).toEqual([
      "hosts.yml:4:14: the variables of the role `nginx` must be a mapping, this is a number (80)",
    ]);
  });

  it("points through a reference", () => {
    const result = roleVariables(host("base: {port: none}\nnginx: '{{ base }}'"), "nginx", schema);
    expect(told(result)[0]).toMatch(/^hosts.yml:4:20: `nginx.port`/);
  });
});

describe("rolesOf", () => {
  const known = ["nginx", "haproxy", "keepalived"];

  it("lists them in their order", () => {
    const good = { problems: [], complete: true };
    expect(rolesOf(host("roles: [keepalived, nginx]"), known)).toEqual({
      roles: ["keepalived", "nginx"],
      ...good,
    });
    expect(rolesOf(host("roles:"), known)).toEqual({ roles: [], ...good });
    const bare = hostOf(readGood({ "hosts.yml": "all: {hosts: {h: }}" }), "h");
    expect(rolesOf(bare, known)).toEqual({ roles: [], ...good });
  });

  it.each([
    ["roles: nginx", "hosts.yml:4:14: `roles` must be a list of names, this is text | write roles: [nginx]"],
    ["roles: [nginx, ngnix]", "hosts.yml:4:22: there is no role `ngnix` | did you mean `nginx`?"],
    ["roles: [mail]", "hosts.yml:4:15: there is no role `mail` | the roles are haproxy, keepalived, nginx"],
    ["roles: [nginx, nginx]", "hosts.yml:4:22: the role `nginx` is listed twice"],
    ["roles: [80]", "hosts.yml:4:15: the name of a role must be text, this is a number (80)"],
  ])("%s", (lines, message) => {
    const { problems, complete } = rolesOf(host(lines), known);
    expect(summaries(problems)).toEqual([message]);
    expect(complete).toBe(false);
  });
});
