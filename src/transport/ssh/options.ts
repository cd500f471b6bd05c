/** ssh_config keywords in lower case, each with its values in the order they were given. */
export type Options = ReadonlyMap<string, readonly string[]>;

/** Command line options of `ssh` as keywords. */
export interface ParsedArgs {
  readonly options: Options;
  /** From `-F`. */
  readonly configFile?: string;
  /** False: some option is not understood here, so `ssh` itself must be asked. */
  readonly understood: boolean;
}

const LETTERS: Readonly<Record<string, string>> = { i: "identityfile", p: "port", l: "user", J: "proxyjump" };
const FLAGS: Readonly<Record<string, readonly [string, string]>> = {
  "-4": ["addressfamily", "inet"],
  "-6": ["addressfamily", "inet6"],
  "-K": ["gssapiauthentication", "yes"],
};
/** Flags that change nothing for a connection without a terminal, or that are for a person's session and never obeyed. */
const NEUTRAL = new Set("-C -q -v -vv -vvv -x -a -T -t -tt -n -k -A -X -Y -M -N -f -g -s -y".split(" "));
const SEVERAL = new Set(["identityfile", "certificatefile"]);

/** Keywords that this program itself obeys, or hands to OpenSSH because of them. */
export const OBEYED: ReadonlySet<string> = new Set(
  [
    "hostname port user identityfile identitiesonly identityagent userknownhostsfile globalknownhostsfile hostkeyalias",
    "hashknownhosts proxyjump proxycommand certificatefile pkcs11provider gssapiauthentication kexalgorithms ciphers macs",
    "hostkeyalgorithms addressfamily",
  ].flatMap((line) => line.split(" ")),
);

/** Keywords that change neither where, nor how safely, nor as whom we log in; or that we never obey (host key checking). */
export const HARMLESS: ReadonlySet<string> = new Set(
  [
    "sendenv setenv gssapiauthentication gssapidelegatecredentials gssapikeyexchange hashknownhosts visualhostkey updatehostkeys",
    "forwardagent forwardx11 forwardx11trusted forwardx11timeout xauthlocation addkeystoagent loglevel logverbose batchmode",
    "controlmaster controlpath controlpersist compression escapechar connecttimeout connectionattempts serveralivecountmax",
    "serveraliveinterval tcpkeepalive stricthostkeychecking checkhostip permitlocalcommand localcommand requesttty",
    "numberofpasswordprompts exitonforwardfailure usekeychain ignoreunknown fingerprinthash",
  ].flatMap((line) => line.split(" ")),
);

/** Reads ssh's command line options as an inventory gives them. */
export function parseArgs(args: readonly string[]): ParsedArgs {
  const options = new Map<string, string[]>();
  const words = [...args];
  let configFile: string | undefined;
  let understood = true;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, letter, glued] = /^-([iplJoF])(.*)$/s.exec(word) ?? [];
    if (letter === undefined) {
      understood = addFlag(options, word) && understood;
      continue;
    }
    const value = glued || (words.shift() ?? "");
    if (letter === "F") configFile = value;
    else understood = addLettered(options, letter, value) && understood;
  }
  return { options, understood, ...(configFile === undefined ? {} : { configFile }) };
}

function addFlag(options: Map<string, string[]>, word: string): boolean {
  const flag = FLAGS[word];
  if (flag !== undefined) add(options, ...flag);
  return flag !== undefined || NEUTRAL.has(word);
}

function addLettered(options: Map<string, string[]>, letter: string, value: string): boolean {
  const keyword = LETTERS[letter];
  if (keyword === undefined) return addOption(options, value);
  add(options, keyword, value);
  return true;
}

function addOption(options: Map<string, string[]>, text: string): boolean {
  const line = parseLine(text);
  if (line === undefined) return false;
  add(options, line.keyword, line.value);
  // A list that changes OpenSSH's own list can only be worked out by OpenSSH.
  if (/^[+^-]/.test(line.value)) return false;
  return OBEYED.has(line.keyword) || HARMLESS.has(line.keyword);
}

/** The first value counts, as in OpenSSH, except for keywords that add up. */
function add(options: Map<string, string[]>, keyword: string, value: string): void {
  const present = options.get(keyword);
  if (present === undefined) options.set(keyword, [value]);
  else if (SEVERAL.has(keyword)) present.push(value);
}

/** One line of ssh_config, or the value of `-o`. */
export interface Line {
  readonly keyword: string;
  readonly value: string;
}

/** Reads `Keyword value` or `Keyword=value`; undefined if it is neither. */
export function parseLine(text: string): Line | undefined {
  const [, keyword, value] = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(text) ?? [];
  if (keyword === undefined || value === undefined) return undefined;
  return { keyword: keyword.toLowerCase(), value: /^"[^"]*"$/.test(value) ? value.slice(1, -1) : value };
}

/** Reads what `ssh -G` prints. */
export function parseDump(text: string): Options {
  const options = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const at = line.indexOf(" ");
    if (at > 0) add(options, line.slice(0, at).toLowerCase(), line.slice(at + 1).trim());
  }
  return options;
}
