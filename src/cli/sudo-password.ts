import { err, ok, type Result } from "../base/result.ts";
import type { Diagnostic } from "../model/source.ts";
import type { ReachOptions } from "./command.ts";

/** The password of sudo, asked for where `-K` wants it; `undefined` where nobody wants one. */
export async function sudoPassword({
  askBecomePass,
}: Pick<ReachOptions, "askBecomePass">): Promise<Result<string | undefined, readonly Diagnostic[]>> {
  if (askBecomePass !== true) return ok(undefined);
  const { readPassword } = await import("./password.ts");
  const password = await readPassword("sudo password: ");
  return password === undefined
    ? err([{ severity: "error", message: "no sudo password was given" }])
    : ok(password);
}
