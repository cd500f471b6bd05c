/** ssh_config keywords in lower case, each with its values in their order. */
export type Options = ReadonlyMap<string, readonly string[]>;

/** Command line options of `ssh` as keywords. */
export interface ParsedArgs {
  readonly options: Options;
  /** From `-F`. */
  readonly configFile?: string;
  /** False: `parseArgs` does not know an option, so `ssh -G` must work them out. */
  readonly understood: boolean;
}

const LETTERS: Readonly<Record<string, string>> = { i: "identityfile", p: "port", l: "user", J: "proxyjump" };
const FLAGS: Readonly<Record<string, readonly [string, string]>> = {
  "-4": ["addressfamily", "inet"],
  "-6": ["addressfamily", "inet6"],
  "-K": ["gssapiauthentication", "yes"],
};
/** Flags without effect here: they concern a terminal, or an interactive session. */
const IGNORED_FLAGS = new Set(
  "-C -q -v -vv -vvv -x -a -T -t -tt -n -k -A -X -Y -M -N -f -g -s -y".split(" "),
);
const REPEATABLE = new Set(["identityfile", "certificatefile"]);

/** Keywords that `provision` supports, itself or through OpenSSH. */
export const SUPPORTED: ReadonlySet<string> = new Set(
  [
    "hostname port user identityfile identitiesonly identityagent userknownhostsfile globalknownhostsfile hostkeyalias",
    "hashknownhosts proxyjump proxycommand certificatefile pkcs11provider gssapiauthentication kexalgorithms ciphers macs",
    "hostkeyalgorithms addressfamily",
  ].flatMap((line) => line.split(" ")),
);

/** Keywords that do not change address, user or trust of a login, and keywords that `provision` overrides (host key checking). */
export const HARMLESS: ReadonlySet<string> = new Set(
  [
    "sendenv setenv gssapiauthentication gssapidelegatecredentials gssapikeyexchange hashknownhosts visualhostkey updatehostkeys",
    "forwardagent forwardx11 forwardx11trusted forwardx11timeout xauthlocation addkeystoagent loglevel logverbose batchmode",
    "controlmaster controlpath controlpersist compression escapechar connecttimeout connectionattempts serveralivecountmax",
    "serveraliveinterval tcpkeepalive stricthostkeychecking checkhostip permitlocalcommand localcommand requesttty",
    "numberofpasswordprompts exitonforwardfailure usekeychain ignoreunknown fingerprinthash",
  ].flatMap((line) => line.split(" ")),
);

/** Parses the command line options of `ssh` in an inventory. */
export function parseArgs(args: readonly string[]): ParsedArgs {
  const options = new Map<string, string[]>();
  const words = [...args];
  let configFile: string | undefined;
  let understood = true;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, letter, attached] = /^-([iplJoF])(.*)$/s.exec(word) ?? [];
    if (letter === undefined) {
      understood = addFlag(options, word) && understood;
      continue;
    }
    const value = attached || (words.shift() ?? "");
    if (letter === "F") configFile = value;
    else understood = addLettered(options, letter, value) && understood;
  }
  return { options, understood, ...(configFile === undefined ? {} : { configFile }) };
}

function addFlag(options: Map<string, string[]>, word: string): boolean {
  const flag = FLAGS[word];
  if (flag !== undefined) add(options, ...flag);
  return flag !== undefined || IGNORED_FLAGS.has(word);
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
  // Such a list changes OpenSSH's own list, which only OpenSSH knows.
  if (/^[+^-]/.test(line.value)) return false;
  return SUPPORTED.has(line.keyword) || HARMLESS.has(line.keyword);
}

/** The first value counts, as in OpenSSH, except for keywords that may be repeated. */
function add(options: Map<string, string[]>, keyword: string, value: string): void {
  const present = options.get(keyword);
  if (present === undefined) options.set(keyword, [value]);
  else if (REPEATABLE.has(keyword)) present.push(value);
}

/** One line of ssh_config, or the value of `-o`. */
export interface Line {
  readonly keyword: string;
  readonly value: string;
}

/** Parses `Keyword value` or `Keyword=value`. Undefined for other text. */
export function parseLine(text: string): Line | undefined {
  const [, keyword, value] = /^\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(text) ?? [];
  if (keyword === undefined || value === undefined) return undefined;
  return { keyword: keyword.toLowerCase(), value: /^"[^"]*"$/.test(value) ? value.slice(1, -1) : value };
}

/** Parses the output of `ssh -G`. */
export function parseDump(text: string): Options {
  const options = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const at = line.indexOf(" ");
    if (at > 0) add(options, line.slice(0, at).toLowerCase(), line.slice(at + 1).trim());
  }
  return options;
}

/** Each login method and the option that switches it off. `ssh -G` prints some switches as true and false. */
const SWITCHES: Readonly<Record<string, string>> = {
  publickey: "pubkeyauthentication",
  password: "passwordauthentication",
  "keyboard-interactive": "kbdinteractiveauthentication",
};

/** The login methods that the options allow, in their order. Undefined: the options do not restrict them. */
export function methodsOf(options: Options): readonly string[] | undefined {
  const preferred = options.get("preferredauthentications")?.[0]?.split(",");
  const off = Object.entries(SWITCHES)
    .filter(([, keyword]) => /^(no|false)$/i.test(options.get(keyword)?.[0] ?? ""))
    .map(([method]) => method);
  if (preferred === undefined && off.length === 0) return undefined;
  return (preferred ?? Object.keys(SWITCHES))
    .map((name) => name.trim())
    .filter((name) => !off.includes(name));
}
