import type { RouteOptions } from "../ssh/router.ts";

/**
 * What every `ssh` of ours is told, in ssh_config's words, before the user's own options and files have their say, as the
 * first value counts. Host keys are verified as the run wants it. Nothing of what a config has for a person's session
 * happens: no agent or display is lent to the host, no port is forwarded, no program is started here, no master stays behind,
 * and nobody is asked anything. `deadline`: milliseconds for the connection.
 */
export function forcedOptions(
  { acceptNewHostKeys, knownHosts }: RouteOptions,
  deadline: number,
): readonly string[] {
  const files = knownHosts?.map((file) => (/[\s"]/.test(file) ? `"${file}"` : file)).join(" ");
  return [
    // Some of the options below are younger than the oldest `ssh` that is in use.
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

/** The same for flags, which overrule options: given last. */
export const forcedFlags: readonly string[] = ["-a", "-x", "-T"];

/** Letters of `ssh` that take a value, as its getopt has them. */
const VALUED = "bceilmopBDEFIJLOPQRSwW";
/** Letters that only a person's session has a use for; several cannot be taken back by an option. */
const DROPPED = "AXYMNfntsgGqVyTDLRwWSEeOQ";

/** The user's own options without those that are for a person: `-A`, `-t`, `-N`, `-L 1:h:2`, `-E log`… */
export function withoutPersonal(args: readonly string[]): readonly string[] {
  const kept: string[] = [];
  const words = [...args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (/^-[^-]/.test(word)) kept.push(...keptOf(word.slice(1), words));
    else kept.push(word);
  }
  return kept;
}

/** One word of letters, such as `vA` or `p22`; a value may stand in the word behind it. */
function keptOf(letters: string, rest: string[]): readonly string[] {
  const kept: string[] = [];
  for (const [at, letter] of [...letters].entries()) {
    const valued = VALUED.includes(letter);
    const glued = letters.slice(at + 1);
    const value = !valued ? [] : glued === "" ? rest.splice(0, 1) : [glued];
    if (!DROPPED.includes(letter)) kept.push(`-${letter}`, ...value);
    if (valued) return kept;
  }
  return kept;
}
