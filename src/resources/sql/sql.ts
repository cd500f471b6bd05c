import type { Script } from "../../model/script.ts";
import { bytes, raw, sh } from "../../script/script.ts";

/** Where the daemon of Debian's packages, MariaDB or MySQL, takes root without a password. */
const socket = "/run/mysqld/mysqld.sock";

/**
 * Defines `sql_client SECONDS [OPTION…]`: the client of the installed flavour, as root; a row a line. Nobody listens on
 * the daemon's socket, yet MariaDB's client would speak TLS there: the handshake and reading all authorities take 31 ms
 * instead of 8.
 */
export const sqlClient = `sql_client() {
  seconds=$1
  shift
  if command -v mariadb >/dev/null; then set -- mariadb --no-defaults --skip-ssl "$@"; else set -- mysql --no-defaults "$@"; fi
  timeout -k 1 "$seconds" "$@" --protocol=socket --socket=${socket} --user=root --batch
}`;

/** Seconds a look may take, and a change. */
const [lookSeconds, changeSeconds] = [10, 60];

/**
 * Asks the daemon, in one client: a row a line, fields by tabs. An error does not end it: what was not answered has no row.
 * The statements stand in the script, so they hold no secret.
 */
export function query(statements: readonly string[]): Script {
  const text = statements.map((one) => `${one};`).join("\n");
  return raw(
    `${sqlClient}\nsql_client ${lookSeconds} --skip-column-names --force 2>/dev/null <<'SQL'\n${text}\nSQL`,
  );
}

const textOf = (statements: readonly string[]): Uint8Array =>
  new TextEncoder().encode(statements.map((one) => `${one};\n`).join(""));

/** Carries statements out; the first that fails ends it. They come in through the request, and stand in no argv. */
export function statementsScript(statements: readonly string[]): Script {
  return sh`${raw(sqlClient)}\n${bytes(textOf(statements))} | sql_client ${changeSeconds}`;
}

/** The same for what may be done already, which the daemon takes for an error: the next look tells what is left to do. */
export function takingScript(statements: readonly string[]): Script {
  if (statements.length === 0) return raw(":");
  return sh`${raw(sqlClient)}\n${bytes(textOf(statements))} | sql_client ${changeSeconds} --force || :`;
}

/** A text in SQL. Only for words that were checked to need no escape in any mode. */
export function literal(text: string): string {
  if (!/^[^'"\\\p{Cc}]*$/u.test(text)) throw new Error(`${JSON.stringify(text)} cannot stand in a statement`);
  return `'${text}'`;
}
