import type { Kind } from "../../model/kind.ts";
import type { Change } from "../../model/plan.ts";
import type { Observed, Resource, State } from "../../model/resource.ts";
import type { Script } from "../../model/script.ts";
import { subshell } from "../../script/block.ts";
import { content, ResourceError } from "../resource.ts";
import { noAnswer } from "../stat.ts";
import { grantsIn, grantText, regranted } from "./grants.ts";
import { cachingHash, isHashOf, nativeHash, saltFor } from "./password-hash.ts";
import { literal, query, statementsScript, takingScript } from "./sql.ts";

/** Method of the login: with a password (one plugin for each daemon), or as the system user with the account's name. */
export type AccountPlugin =
  | "mysql_native_password" // MariaDB
  | "unix_socket"
  | "caching_sha2_password" // MySQL
  | "auth_socket";

/** Login and privileges of an account. */
export interface AccountOptions {
  /** Plugin for the login: `mysql_native_password` and `unix_socket` of MariaDB, the others of MySQL. */
  readonly plugin: AccountPlugin;
  /** For plugins with a password. */
  readonly password?: string;
  /** Required connection. Default `NONE`; `ANY`: encrypted; `X509`: encrypted, with a certificate of the client. */
  readonly tls?: "NONE" | "ANY" | "X509";
  /** All its grants: target → privileges. `*.*`: all databases. */
  readonly grants: Readonly<Record<string, readonly string[]>>;
  readonly absent?: false;
}

const keyPattern = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}@(localhost|[0-9A-Fa-f.:%/_]{1,60})$/;
const targetPattern = /^(\*|[A-Za-z_][A-Za-z0-9_]{0,63})\.\*$/;

/** Shown in place of the declared password. */
const asDeclared = "as declared";

/**
 * An account of the host's MariaDB or MySQL, as `NAME@WHERE`, through root's socket. The daemon's hash shows whether the
 * password has changed; neither the password nor the hash is shown or stored elsewhere.
 *
 * @example
 * account("shop@localhost", {
 *   plugin: "unix_socket",
 *   grants: { "shop.*": ["SELECT", "INSERT", "UPDATE", "DELETE"] },
 * })
 */
export function account(name: string, options: AccountOptions | { readonly absent: true }): Resource {
  const id = `account:${name}`;
  if (!keyPattern.test(name))
    throw new ResourceError(
      id,
      "write NAME@WHERE: letters, digits, _ . -, and an address with % for any part",
    );
  if (options.absent === true) return { kind: "account", key: name, desired: null };
  const { plugin, password, tls = "NONE", grants } = options;
  if ((password !== undefined) !== (plugin === "mysql_native_password" || plugin === "caching_sha2_password"))
    throw new ResourceError(id, `${plugin} ${password === undefined ? "needs a" : "takes no"} password`);
  const wrong = Object.entries(grants).find(
    ([target, names]) => !targetPattern.test(target) || names.some((one) => !/^[A-Z][A-Z_ ]*$/.test(one)),
  );
  if (wrong !== undefined)
    throw new ResourceError(id, `grants on ${wrong[0]}: write *.* or NAME.*, and privileges in capitals`);
  return {
    kind: "account",
    key: name,
    desired: {
      plugin,
      tls,
      grants: Object.entries(grants)
        .map(([target, names]) => grantText(target, names))
        .sort(),
      ...(password === undefined ? {} : { password: asDeclared }),
    },
    ...(password === undefined ? {} : { payload: { content: content(password, { secret: true }) } }),
  };
}

const quoted = (key: string): string => {
  const at = key.lastIndexOf("@");
  return `${literal(key.slice(0, at))}@${literal(key.slice(at + 1))}`;
};

const answered = "accounts answered";

function observe(resources: readonly Resource[]): Script {
  const keys = resources.map(({ key }) => key).filter((key) => keyPattern.test(key));
  const pairs = keys.map((key) => `(${quoted(key).replace("'@'", "', '")})`).join(", ");
  return query([
    `SELECT 'account', User, Host, plugin, HEX(authentication_string), ssl_type FROM mysql.user WHERE (User, Host) IN (${pairs || "('', '')"})`,
    ...keys.map((key) => `SHOW GRANTS FOR ${quoted(key)}`),
    `SELECT ${literal(answered)}`,
  ]);
}

function parse(output: string, resources: readonly Resource[]): ReadonlyMap<string, Observed> {
  const lines = output.split("\n");
  const complete = lines.includes(answered);
  const grants = grantsIn(lines);
  const rows = new Map(lines.map((line) => line.split("\t")).flatMap(rowOf));
  return new Map(
    resources.map((resource): [string, Observed] => {
      const row = rows.get(resource.key);
      if (!complete) return [resource.key, noAnswer];
      if (row === undefined) return [resource.key, { status: "absent" }];
      const state = stateOf(resource, row, grants.get(resource.key) ?? new Map());
      return [resource.key, { status: "present", state }];
    }),
  );
}

interface Row {
  readonly plugin: string;
  readonly hash: Uint8Array;
  readonly tls: string;
}

function rowOf(fields: readonly string[]): readonly (readonly [string, Row])[] {
  const [first, user, where, plugin, hash, tls] = fields;
  if (
    first !== "account" ||
    user === undefined ||
    where === undefined ||
    plugin === undefined ||
    tls === undefined
  )
    return [];
  return [
    [`${user}@${where}`, { plugin, hash: Buffer.from(hash ?? "", "hex"), tls: tls === "" ? "NONE" : tls }],
  ];
}

function stateOf(
  { payload }: Resource,
  { plugin, hash, tls }: Row,
  grants: ReadonlyMap<string, readonly string[]>,
): State {
  const declared = payload?.content;
  const same = declared !== undefined && isHashOf(hash, new TextDecoder().decode(declared.bytes));
  return {
    plugin,
    tls,
    grants: [...grants].map(([target, names]) => grantText(target, names)).sort(),
    ...(declared === undefined ? {} : { password: same ? asDeclared : "another" }),
  };
}

function statementsOf(change: Change): readonly string[] {
  const { key, desired } = change.resource;
  const name = quoted(key);
  if (desired === null) return [`DROP USER IF EXISTS ${name}`];
  const due = (field: string): boolean =>
    change.action !== "update" || change.fields.some((one) => one.field === field);
  const login = `${identified(change.resource)} REQUIRE ${required(desired)}`;
  const had = change.observed.status === "present" ? change.observed.state.grants : [];
  return [
    ...(change.action === "update" ? [] : [`CREATE USER IF NOT EXISTS ${name} ${login}`]),
    ...(["plugin", "password", "tls"].some(due) ? [`ALTER USER ${name} ${login}`] : []),
    ...(due("grants") ? regranted(name, Array.isArray(had) ? had : [], desired.grants) : []),
  ];
}

const required = ({ tls }: State): string => (tls === "ANY" ? "SSL" : String(tls));

/** The controller computes the hash, so the password never reaches the daemon or its logs. */
function identified({ key, desired, payload }: Resource): string {
  const password = new TextDecoder().decode(payload?.content?.bytes);
  switch (desired?.plugin) {
    case "mysql_native_password":
      return `IDENTIFIED VIA mysql_native_password USING ${literal(nativeHash(password))}`;
    case "caching_sha2_password":
      return `IDENTIFIED WITH caching_sha2_password AS 0x${cachingHash(password, saltFor(key, password)).toString("hex")}`;
    case "unix_socket":
      return "IDENTIFIED VIA unix_socket";
    default:
      return "IDENTIFIED WITH auth_socket";
  }
}

/** The kind `account`. */
export const accountKind: Kind = {
  name: "account",
  removal: (key) => account(key, { absent: true }),
  observe,
  parse,
  converge: (changes) => {
    const all = changes.flatMap(statementsOf);
    const taking = all.filter((one) => one.startsWith("REVOKE "));
    const rest = all.filter((one) => !taking.includes(one));
    return subshell([takingScript(taking), statementsScript(rest)]);
  },
  grouped: true,
  shared: true,
  deadline: 90,
};
