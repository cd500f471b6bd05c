import type { RouteOptions } from "../ssh/router.ts";

/**
 * Options of ssh_config for every `ssh` process. They come before the user's own options, because the first value counts.
 * They check host keys as the run requires, and switch off what is for interactive sessions: forwarding of agent, display
 * and ports, local commands, shared connections and prompts. `deadline`: milliseconds for the connection.
 */
export function forcedOptions(
  { acceptNewHostKeys, knownHosts }: RouteOptions,
  deadline: number,
): readonly string[] {
  const files = knownHosts?.map((file) => (/[\s"]/.test(file) ? `"${file}"` : file)).join(" ");
  return [
    // Old versions of `ssh` do not know some of the options below.
    "IgnoreUnknown=*",
    "BatchMode=yes",
    `StrictHostKeyChecking=${acceptNewHostKeys ? "accept-new" : "yes"}`,
    ...(acceptNewHostKeys ? [] : ["UpdateHostKeys=no"]),
    "NoHostAuthenticationForLocalhost=no",
    ...(files === undefined ? [] : [`UserKnownHostsFile=${files}`, "GlobalKnownHostsFile=/dev/null"]),
    "ForwardAgent=no",
    "ForwardX11=no",
    "ForwardX11Trusted=no",
    "ClearAllForwardings=yes",
    "Tunnel=no",
    "PermitLocalCommand=no",
    "AddKeysToAgent=no",
    "ControlMaster=no",
    "ControlPath=none",
    "ControlPersist=no",
    "RequestTTY=no",
    "RemoteCommand=none",
    "SessionType=default",
    "StdinNull=no",
    "ForkAfterAuthentication=no",
    "LogLevel=INFO",
    `ConnectTimeout=${Math.max(1, Math.ceil(deadline / 1000))}`,
    "ServerAliveInterval=10",
    "ServerAliveCountMax=3",
  ];
}

/** Flags override options and must come last. */
export const forcedFlags: readonly string[] = ["-a", "-x", "-T"];

/** Flags of `ssh` with a value, as in its getopt string. */
const WITH_VALUE = "bceilmopBDEFIJLOPQRSwW";
/** Flags for interactive sessions. No option can switch off some of them. */
const DROPPED = "AXYMNfntsgGqVyTDLRwWSEeOQ";

/** Removes options for interactive sessions: `-A`, `-t`, `-N`, `-L 1:h:2`, `-E log`… */
export function withoutInteractive(args: readonly string[]): readonly string[] {
  const kept: string[] = [];
  const words = [...args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (/^-[^-]/.test(word)) kept.push(...keptLetters(word.slice(1), words));
    else kept.push(word);
  }
  return kept;
}

/** One word of flags: `vA`, `p22`. The value may be the next word, which is then removed from `rest`. */
function keptLetters(letters: string, rest: string[]): readonly string[] {
  const kept: string[] = [];
  for (const [at, letter] of [...letters].entries()) {
    const hasValue = WITH_VALUE.includes(letter);
    const attached = letters.slice(at + 1);
    const value = !hasValue ? [] : attached === "" ? rest.splice(0, 1) : [attached];
    if (!DROPPED.includes(letter)) kept.push(`-${letter}`, ...value);
    if (hasValue) return kept;
  }
  return kept;
}
