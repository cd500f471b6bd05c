import type { Failure } from "../model/failure.ts";
import { seconds } from "./pending-request.ts";
import type { Early, WireEnd } from "./wire.ts";

/** As much of what was said before the hello is kept for messages. In bytes. */
const KEPT = 8_192;

/** Watches what comes before the hello: keeps its end for messages, and sees sudo's prompt. */
export interface Watch {
  add(bytes: Uint8Array): void;
  /** How often the prompt was seen so far. */
  readonly prompts: number;
  readonly text: string;
}

/** A watch on one stream. `prompt` may be split over chunks; absent = none is awaited. */
export function createWatch(prompt?: string): Watch {
  let tail = Buffer.alloc(0);
  let prompts = 0;
  let searched = Buffer.alloc(0);
  const word = Buffer.from(prompt ?? "");
  return {
    add(bytes) {
      tail = Buffer.concat([tail, bytes]).subarray(-KEPT);
      if (word.length === 0) return;
      searched = Buffer.concat([searched, bytes]);
      for (let at = searched.indexOf(word); at >= 0; at = searched.indexOf(word)) {
        prompts += 1;
        searched = searched.subarray(at + word.length);
      }
      searched = searched.subarray(Math.max(0, searched.length - word.length + 1));
    },
    get prompts() {
      return prompts;
    },
    get text() {
      return tail.toString("utf8").trim();
    },
  };
}

/** Everything said before the hello, for `Failure.detail`: stderr first, as it says why. */
export function saidEarly(early: Early): { readonly detail?: string } {
  const detail = [early.stderr, early.stdout].filter((text) => text !== "").join("\n");
  return detail === "" ? {} : { detail };
}

/** The failure of a host whose command ended before its hello, though the login itself was good. */
export function explainEarlyEnd(host: string, sudo: boolean, end: WireEnd, early: Early): Failure {
  if (end.code === undefined) {
    const reason = end.reason === undefined ? "" : `: ${end.reason}`;
    return {
      code: "connection-lost",
      message: `${host}: the connection ended before the shell answered${reason}`,
      ...saidEarly(early),
    };
  }
  if (/setsid: .*not found/.test(early.stderr)) {
    return {
      code: "unsupported-host",
      message: `${host}: the program setsid is missing`,
      ...saidEarly(early),
      hint: "install the package util-linux on the host",
    };
  }
  if (sudo && (end.code === 127 || isSudo(early))) return sudoRefused(host, end.code, early);
  return {
    code: "protocol",
    message: `${host}: the login shell of this account ended with code ${end.code} instead of running a command`,
    ...saidEarly(early),
    hint: "give the account a shell that runs commands, with `usermod --shell /bin/sh NAME`; nologin and false let nobody in",
  };
}

/** sudo names itself, or quotes the command that it refuses. Of a login shell that lets nobody in it was never started. */
function isSudo({ stdout, stderr }: Early): boolean {
  return /sudo|\/bin\/sh …|not allowed to (execute|run)/i.test(`${stderr}\n${stdout}`);
}

/** What sudo says, and what to do then. The first that fits counts. */
const SUDO_HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /must have a tty/i,
    "sudoers asks for a terminal (requiretty): add the line `Defaults:NAME !requiretty` with visudo, NAME being this login",
  ],
  [
    /no new privileges/i,
    "the login runs in a container or a unit that forbids sudo (NoNewPrivileges): log in as root",
  ],
  [/expired/i, "the account or its password has expired: renew it on the host, as with `chage`"],
  [
    /not in the sudoers|not allowed to (execute|run)|may not run sudo|can.t do that/i,
    "this login may not run /bin/sh as root: allow it in sudoers, with NOPASSWD or the password in ansible_become_password",
  ],
];

function sudoRefused(host: string, code: number, early: Early): Failure {
  const missing = code === 127 || /sudo: (command )?not found/i.test(early.stderr);
  const known = SUDO_HINTS.find(([words]) => words.test(`${early.stderr}\n${early.stdout}`));
  const hint =
    known?.[1] ?? "allow it in sudoers (NOPASSWD), or give the password in ansible_become_password";
  return {
    code: "sudo-refused",
    message: missing ? `${host}: sudo is not installed` : `${host}: sudo refused to become root`,
    ...saidEarly(early),
    hint: missing ? "log in as root, or install sudo" : hint,
  };
}

/** What to do when the server has ended a login because of all the keys that were tried. */
export function tooManyKeys(password: boolean): string {
  const key =
    "the server counts every key as an attempt: name the right one in ansible_ssh_private_key_file, and add `-o IdentitiesOnly=yes` to ansible_ssh_common_args";
  return password ? `${key}; or \`-o PubkeyAuthentication=no\`, for the password alone` : key;
}

/** The failure of a host whose sudo asked for the password again. It is never sent twice. */
export function passwordRefused(host: string, early: Early): Failure {
  return {
    code: "sudo-refused",
    message: `${host}: sudo did not accept the password`,
    ...saidEarly(early),
    hint: "check ansible_become_password; it was tried once",
  };
}

/** The failure of a host that let us in and then stayed silent. */
export function noHello(host: string, within: number, early: Early): Failure {
  return {
    code: "deadline",
    message: `${host}: the login shell did not answer within ${seconds(within)}`,
    ...saidEarly(early),
  };
}
