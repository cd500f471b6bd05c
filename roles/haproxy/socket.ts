import { type Content, type Draining, type Endpoint, file, quote, type Resource } from "provision";
import { programFile } from "../program-file.ts";

/** The socket of the instance of Debian's package. */
export const adminSocket = "/run/haproxy/admin.sock";

/** Folder of the helper programs: one sends commands to such sockets, one waits for names that cannot be resolved yet. */
export const programSource = "roles/haproxy/files";
const askPath = "/usr/local/sbin/haproxy-ask";

type Assets = (path: string) => ReadonlyMap<string, Content>;

/** Part of each instance: it ends the requests that wait for a server that is down. */
export const endingSessions = (asset: Assets): Resource =>
  file("/etc/haproxy/sessions.lua", { content: programFile(asset, programSource, "sessions.lua") });

/**
 * Milliseconds after which requests to a server that is down are ended: by then, those that were being connected have gone to
 * another server.
 */
export const endSessionsAfter = (connectTimeout: number): number => connectTimeout + 100;

/** The programs on the host, and the unit that each instance starts after itself (`names`). */
export function programs(asset: Assets): readonly Resource[] {
  const content = (name: string): Content => programFile(asset, programSource, name);
  return [
    file(askPath, { content: content("ask"), mode: "0755" }),
    file("/usr/local/sbin/haproxy-names", { content: content("names"), mode: "0755" }),
    file("/etc/systemd/system/haproxy-names@.service", { content: content("names@.service") }),
  ];
}

/** Shell text that sends one command to an instance and prints the answer. */
export const ask = (socket: string, question: string): string =>
  `${askPath} ${quote(socket)} ${quote(question)}`;

/** The name of a host in HAProxy, different for each host. A character that HAProxy does not accept becomes `:HEX:`. */
export const serverName = (host: string): string =>
  host.replaceAll(/[^A-Za-z0-9_.-]/gu, (sign) => `:${sign.codePointAt(0)?.toString(16)}:`);

/*
 * Columns of `show servers state`: $2 backend, $4 server, $6 operational state (0 down, 1 in slow start, 2 up), $7
 * administrative state (bit 1: a person has put it into maintenance, so the tool does not change it), $19 port.
 */
function servers(endpoint: Endpoint, except: string | undefined, condition: string): string {
  const own = `$4 == ${JSON.stringify(serverName(endpoint.host))} && $19 == ${endpoint.port}`;
  const others = except === undefined ? "" : ` && $2 !~ /${except}$/`;
  return `awk ${quote(`${own}${others} && ${condition} { printf "%s ", $2 "/" $4 }`)}`;
}

/**
 * How an instance drains a server: by name and port, in every backend, except in those whose names end with a given text. An
 * instance that does not run, or does not have the server yet, has nothing to drain.
 */
export function drainingOver(socket: string, { except }: { readonly except?: string } = {}): Draining {
  const state = ask(socket, "show servers state");
  const each = (to: string): string =>
    `for one in $servers; do ${askPath} ${quote(socket)} "set server $one state ${to}" >/dev/null; done 2>/dev/null`;
  const until = (seconds: number, done: string, late: string): string => `end=$(($(date +%s) + ${seconds}))
while :; do
  ${done}
  [ "$(date +%s)" -lt "$end" ] || { ${late}; }
  sleep 0.2
done`;
  const known = (endpoint: Endpoint): string => `[ -x ${askPath} ] || exit 0
state() { ${state} 2>/dev/null; }
servers=$(state | ${servers(endpoint, except, "int($7) % 2 == 0")})
[ -n "$servers" ] || exit 0`;
  return {
    drain: (endpoint, seconds) => `(
${known(endpoint)}
${each("drain")}
busy() { ${ask(socket, "show stat")} | awk -F, -v servers=" $servers" 'index(servers, " " $1 "/" $2 " ") { n += $5 } END { print n + 0 }'; }
${until(seconds, '[ "$(busy)" != 0 ] || exit 0', "exit 0")}
)`,
    restore: (endpoint, seconds) => `(
${known(endpoint)}
${each("ready")}
down() { state | ${servers(endpoint, except, "int($7) % 2 == 0 && ($6 == 0 || $7 != 0)")}; }
${until(seconds, 'left=$(down); [ -n "$left" ] || exit 0', 'echo "HAProxy does not report these servers as up: $left"; exit 1')}
)`,
  };
}
