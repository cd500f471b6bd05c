import type { Failure } from "../model/failure.ts";
import type { Change } from "../model/plan.ts";
import { isSecret } from "../plan/secret.ts";
import { refusedCode } from "../resources/place.ts";
import { refusedFile } from "./converge/refused-file.ts";

export function interrupted(host: string): Failure {
  return { code: "interrupted", message: `${host}: stopped by the user` };
}

/** The failure of a host on which these changes were carried out, or should have been, and did not come true. */
export function stillDifferent(host: string, [first, ...others]: readonly Change[]): Failure | undefined {
  if (first === undefined) return undefined;
  if (first.action === "undecided") {
    return {
      code: "undecided",
      message: `${host}: ${first.id} could not be observed: ${first.why ?? "no reason given"}`,
    };
  }
  const secret = isSecret(first);
  const fields = first.fields.map(({ field, before, after }) =>
    secret && field === "sha256"
      ? "the secret content differs"
      : `${field}: is ${shown(before)}, shall be ${shown(after)}`,
  );
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return {
    code: "still-different",
    message: `${host}: ${first.id} is still different, although nothing failed${more}`,
    detail: fields.join("\n"),
  };
}

const shown = (value: unknown): string => (value === undefined ? "absent" : JSON.stringify(value));

/** What is told in the place of output that may quote a secret. */
export const withheld = "(what the program said is not shown, as it may quote the secret it was given)";

/** Why a group of changes failed, from the exit code of its script and all that it printed; `undefined`: it did not. */
export function failureOf(
  host: string,
  group: readonly Change[],
  code: number,
  printed: string,
): Failure | undefined {
  if (code === 0) return undefined;
  const output = group.some(isSecret) ? withheld : printed;
  const ids = group.map((change) => change.id).join(", ");
  const [first] = group;
  if (code === refusedCode && first?.resource.payload?.check !== undefined)
    return refusedFile(host, first, output);
  return {
    code: "command-failed",
    message: `${host}: ${ids} failed with exit code ${code}`,
    detail: lastLines(output, 30),
  };
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
