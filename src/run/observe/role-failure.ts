import { Refusal, RoleStop } from "../../base/role-stop.ts";
import type { Failure } from "../../model/failure.ts";
import type { Host } from "../../model/inventory.ts";
import type { Source } from "../../model/source.ts";

/** Which code of a role was asked, and for which host. */
export interface Asked {
  readonly role: string;
  /** `resources`: the field of the role. */
  readonly field: string;
  /** Absent where the role is not asked for a host. */
  readonly host?: Host | undefined;
}

/**
 * What a role's own code has thrown, as a failure: what the engine says of a template or a secret, as it stands; a refusal in
 * the role's words; all else as a fault of the role. `at`: the line of the role where it was thrown, where that is known.
 */
export function roleFailure(error: unknown, { role, field, host }: Asked, at?: Source): Failure {
  const variables = host?.vars.get(role)?.origin.source;
  const from = (source: Source | undefined) => (source === undefined ? {} : { source });
  if (error instanceof RoleStop) return { ...from(variables), ...error.failure };
  const who = `role \`${role}\`${host === undefined ? "" : ` on ${host.name}`}`;
  if (error instanceof Refusal) {
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    return { code: "role-failed", message: `${who}: ${error.message}`, ...from(variables ?? at), ...hint };
  }
  const { words, stack } = partsOf(error);
  return {
    code: "role-fault",
    message: `${who} has a fault in \`${field}\`: ${words}`,
    ...from(at ?? variables),
    ...(stack === "" ? {} : { stack }),
  };
}

/** `TypeError: x is not a function`, and the calls that led there. */
function partsOf(error: unknown): { readonly words: string; readonly stack: string } {
  if (!(error instanceof Error)) return { words: String(error), stack: "" };
  const [first = ""] = error.message.split("\n");
  const lines = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return { words: `${error.name}: ${first}`, stack: lines.map((line) => line.trim()).join("\n") };
}
