import type { Failure } from "../model/failure.ts";
import { seconds } from "./pending-request.ts";
import type { EarlyOutput, WireEnd } from "./wire.ts";

/** The output before the hello, for `Failure.detail`. stderr comes first, because it has the reason. */
export function earlyDetail(early: EarlyOutput): { readonly detail?: string } {
  const detail = [early.stderr, early.stdout].filter((text) => text !== "").join("\n");
  return detail === "" ? {} : { detail };
}

/** The failure of a host whose command ended before its hello, after a good login. */
export function explainEarlyEnd(host: string, sudo: boolean, end: WireEnd, early: EarlyOutput): Failure {
  if (end.code === undefined) {
    const reason = end.reason === undefined ? "" : `: ${end.reason}`;
    return {
      code: "connection-lost",
      message: `${host}: the connection ended before the shell answered${reason}`,
      ...earlyDetail(early),
    };
  }
  if (/setsid: .*not found/.test(early.stderr)) {
    return {
      code: "unsupported-host",
      message: `${host}: the program setsid is missing`,
      ...earlyDetail(early),
      hint: "install the package util-linux on the host",
    };
  }
  if (sudo && (end.code === 127 || isSudo(early))) return sudoRefused(host, end.code, early);
  return {
    code: "protocol",
    message: `${host}: the login shell of this account ended with code ${end.code} instead of running a command`,
    ...earlyDetail(early),
    hint: "give the account a shell that runs commands: `usermod --shell /bin/sh NAME`. nologin and false run none",
  };
}

/** Whether the output comes from sudo: it contains sudo's name or the refused command. A nologin shell never starts sudo. */
function isSudo({ stdout, stderr }: EarlyOutput): boolean {
  return /sudo|\/bin\/sh …|not allowed to (execute|run)/i.test(`${stderr}\n${stdout}`);
}

/** Messages of sudo and their hints. The first match counts. */
const SUDO_HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /must have a tty/i,
    "sudoers requires a terminal (requiretty): with visudo, add the line `Defaults:NAME !requiretty` for this login",
  ],
  [
    /no new privileges/i,
    "the host's container or systemd unit forbids sudo (NoNewPrivileges): log in as root",
  ],
  [/expired/i, "the account or its password has expired: renew it on the host, for example with `chage`"],
  [
    /not in the sudoers|not allowed to (execute|run)|may not run sudo|can.t do that/i,
    "this login may not run /bin/sh as root: allow it in sudoers. Use NOPASSWD, or set ansible_become_password",
  ],
];

function sudoRefused(host: string, code: number, early: EarlyOutput): Failure {
  const missing = code === 127 || /sudo: (command )?not found/i.test(early.stderr);
  const known = SUDO_HINTS.find(([words]) => words.test(`${early.stderr}\n${early.stdout}`));
  const hint =
    known?.[1] ?? "allow sudo without a password in sudoers (NOPASSWD), or set ansible_become_password";
  return {
    code: "sudo-refused",
    message: missing ? `${host}: sudo is not installed` : `${host}: sudo refused to become root`,
    ...earlyDetail(early),
    hint: missing ? "log in as root, or install sudo" : hint,
  };
}

/** The hint when the server ended a login after too many keys. */
export function tooManyKeys(password: boolean): string {
  const key =
    "the server counts every key as an attempt: set ansible_ssh_private_key_file to the right key, and add `-o IdentitiesOnly=yes` to ansible_ssh_common_args";
  return password ? `${key}. To use only the password, add \`-o PubkeyAuthentication=no\`` : key;
}

/** The failure of a host whose sudo asked for the password again. The password is never sent twice. */
export function sudoPasswordRefused(host: string, early: EarlyOutput): Failure {
  return {
    code: "sudo-refused",
    message: `${host}: sudo did not accept the password`,
    ...earlyDetail(early),
    hint: "check ansible_become_password. It was tried once",
  };
}

/** The failure of a host whose shell sent no hello after the login. */
export function helloMissing(host: string, within: number, early: EarlyOutput): Failure {
  return {
    code: "deadline",
    message: `${host}: the login shell did not answer within ${seconds(within)}`,
    ...earlyDetail(early),
  };
}
