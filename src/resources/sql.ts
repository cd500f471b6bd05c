import type { Script } from "../model/script.ts";
import { bytes, raw, sh } from "../script/script.ts";

/** Where the daemon of Debian's packages, MariaDB or MySQL, takes root without a password. */
const socket = "/run/mysqld/mysqld.sock";

const client = raw(`if command -v mariadb >/dev/null; then client=mariadb; else client=mysql; fi
sql() {
  seconds=$1
  shift
  timeout -k 1 "$seconds" "$client" --no-defaults --protocol=socket --socket=${socket} --user=root --batch --skip-column-names "$@"
}`);

/** Seconds a look may take, and a change. */
const [lookSeconds, changeSeconds] = [10, 60];

/**
 * Asks the daemon, in one client: a row a line, fields by tabs. An error does not end it: what was not answered has no row.
 * The statements stand in the script, so they hold no secret.
 */
export function query(statements: readonly string[]): Script {
  const text = statements.map((one) => `${one};`).join("\n");
  return raw(`${client.text}\nsql ${lookSeconds} --force 2>/dev/null <<'SQL'\n${text}\nSQL`);
}

const textOf = (statements: readonly string[]): Uint8Array =>
  new TextEncoder().encode(statements.map((one) => `${one};\n`).join(""));

/** Carries statements out; the first that fails ends it. They come in through the request, and stand in no argv. */
export function statementsScript(statements: readonly string[]): Script {
  return sh`${client}\n${bytes(textOf(statements))} | sql ${changeSeconds}`;
}

/** The same for what may be done already, which the daemon takes for an error: the next look tells what is left to do. */
export function takingScript(statements: readonly string[]): Script {
  if (statements.length === 0) return raw(":");
  return sh`${client}\n${bytes(textOf(statements))} | sql ${changeSeconds} --force || :`;
}

/** A text in SQL. Only for words that were checked to need no escape in any mode. */
export function literal(text: string): string {
  if (!/^[^'"\\\p{Cc}]*$/u.test(text)) throw new Error(`${JSON.stringify(text)} cannot stand in a statement`);
  return `'${text}'`;
}
