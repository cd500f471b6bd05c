import { type Draining, type Endpoint, quote } from "provision";

/** A name as a file and as a word of keepalived's configuration. */
export const wordOf = (name: string): string =>
  name.replaceAll(/[^A-Za-z0-9-]/g, (sign) => `_${sign.charCodeAt(0).toString(16)}_`);

/** The file that keepalived watches for a unit: with any other value than 0 in it, the host releases its addresses. */
export const followFile = (name: string): string => `/run/keepalived/${wordOf(name)}.follow`;

/** Ends the script on other hosts than that of the endpoint, and where keepalived does not watch the endpoint's daemon. */
const here = ({ address, role }: Endpoint): string => `file=${quote(followFile(role))}
[ -e "$file" ] && ip -o addr show | grep -qiF -- ${quote(` ${address}/`)} || exit 0`;

const until = (seconds: number, state: string): string => `end=$(($(date +%s) + ${seconds}))
while grep -qxF ${state} /run/keepalived/*.state 2>/dev/null && [ "$(date +%s)" -lt "$end" ]; do sleep 0.05; done
sleep 0.1`;

/** Before the daemon behind the addresses restarts, its host releases them: another host has them when the daemon ends. */
export const releasing: Draining = {
  drain: (endpoint, seconds) => `(
${here(endpoint)}
echo 1 >"$file"
${until(Math.min(seconds, 5), "MASTER")}
)`,
  restore: (endpoint, seconds) => `(
${here(endpoint)}
echo 0 >"$file"
${until(Math.min(seconds, 10), "FAULT")}
)`,
};
