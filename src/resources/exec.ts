import type { Kind } from "../model/kind.ts";
import type { Change } from "../model/plan.ts";
import type { Confirmation, Content, Observed, Resource } from "../model/resource.ts";
import type { Script } from "../model/script.ts";
import { steps, subshell } from "../script/block.ts";
import { bytes, lines, raw, sh } from "../script/script.ts";
import { ownText, ResourceError, type Watched, watching } from "./resource.ts";
import { noAnswer } from "./stat.ts";
import { checkLine } from "./words.ts";

/** A command, and a probe that decides whether it must run. */
export interface ExecOptions {
  /** POSIX sh, as root. It is visible in the process list: pass secrets in `stdin`. */
  readonly command: string;
  /** POSIX sh that only reads. Exit 0: nothing to do. It may take 30 s. */
  readonly unless: string;
  /** Standard input of the command. */
  readonly stdin?: Content;
  /** A change of one of these makes the command run again, even if `unless` ends with 0. */
  readonly reloadOn?: readonly Watched[];
  /** For a command that can cut off its own login (firewall, sshd, network, sudoers): how the host undoes it. */
  readonly confirm?: Confirmation;
}

/**
 * A command, for changes that no other kind can describe. `unless` is required: without it the state could not be observed,
 * and each plan would contain a change. If `unless` still fails after the command, the change has failed.
 * It cannot be undone: when it leaves the inventory, nothing is removed.
 *
 * @example
 * exec("create the swap file", {
 *   command: "fallocate -l 1G /swapfile && chmod 0600 /swapfile && mkswap /swapfile",
 *   unless: "test -f /swapfile",
 * })
 */
export function exec(name: string, options: ExecOptions): Resource {
  const id = `exec:${name}`;
  const key = checkLine("exec", "name", name);
  const { command, unless, stdin, confirm } = options;
  const { save = ":", undo = ":" } = confirm ?? {};
  for (const [field, text] of Object.entries({ command, unless, save, undo })) {
    // A role in plain JavaScript may pass no text, and `trim` would throw.
    if (typeof text !== "string" || text.trim() === "")
      throw new ResourceError(id, `${field}: write a shell command`);
    if (text.includes("\0")) throw new ResourceError(id, `${field}: a shell command must not contain NUL`);
  }
  const { seconds = 30 } = confirm ?? {};
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 600)
    throw new ResourceError(id, `confirm.seconds ${seconds}: write a whole number from 1 to 600`);
  const payload = {
    own: { unless, command },
    probed: true as const,
    ...(stdin === undefined ? {} : { content: stdin }),
    ...(confirm === undefined ? {} : { confirm }),
  };
  return { kind: "exec", key, desired: { done: true }, payload, ...watching(options) };
}

/** Time limit in seconds for probes that run at the same time. */
const probeSeconds = 30;

/** Number of probes that run at the same time: a probe mostly waits for a server. */
const width = 8;

/**
 * Each probe runs in its own subshell, so that `exit` or a syntax error in one does not affect the others. Several run at the
 * same time under one time limit. Answers come in any order, so each has its number.
 */
function observe(resources: readonly Resource[]): Script {
  const probes = resources.map((resource, index) => {
    const unless = ownText(resource, "unless");
    if (unless === undefined) return raw(":");
    return sh`{ ( eval ${unless} ) </dev/null >/dev/null 2>&1; echo "probe ${index} $?"; } &`;
  });
  const rows = Array.from({ length: Math.ceil(probes.length / width) }, (_, row) =>
    lines([...probes.slice(row * width, (row + 1) * width), raw("wait")]),
  );
  return lines(
    rows.map(({ text }) => sh`timeout -k 5 ${probeSeconds} sh -c ${text} </dev/null || echo "probes $?"`),
  );
}

function parse(output: string, resources: readonly Resource[]): ReadonlyMap<string, Observed> {
  const codes = new Map(
    [...output.matchAll(/^probe (\d+) (\d+)$/gm)].map(([, index, code]) => [Number(index), Number(code)]),
  );
  // `timeout` ends with 124 after it ended the command, and with 137 after it killed it.
  const late = /^probes (124|137)$/m.test(output);
  return new Map(
    resources.map(({ key, desired }, index): [string, Observed] => [
      key,
      desired === null ? { status: "absent" } : answer(codes.get(index), late),
    ]),
  );
}

function answer(code: number | undefined, late: boolean): Observed {
  if (code === undefined) {
    return late ? { status: "unknown", reason: `unless did not end within ${probeSeconds} s` } : noAnswer;
  }
  if (code === 0) return { status: "present", state: { done: true } };
  if (code > 128) return { status: "unknown", reason: `unless was killed by signal ${code - 128}` };
  return { status: "absent" };
}

/** What the command does not read of its input is read for it, so that no write fails and no byte is left over. */
function convergeOne({ resource }: Change): Script {
  if (resource.desired === null) return raw(":");
  const command = ownText(resource, "command");
  const stdin = resource.payload?.content;
  if (command === undefined) throw new Error(`exec:${resource.key} has no command`);
  if (stdin === undefined) return sh`sh -c ${command} </dev/null`;
  return sh`${bytes(stdin.bytes)} | { sh -c ${command}; code=$?; cat >/dev/null; exit "$code"; }`;
}

/** The kind `exec`. */
export const execKind: Kind = {
  name: "exec",
  removal: (key) => ({ kind: "exec", key: checkLine("exec", "name", key), desired: null }),
  observe,
  parse,
  converge: (changes) => subshell(steps(changes.map(convergeOne))),
  deadline: 600,
};
