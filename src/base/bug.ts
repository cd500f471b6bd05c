import type { Failure } from "../model/failure.ts";

/** The failure of a host whose work threw an unexpected error. `detail` is the stack. */
export function bug(host: string, error: unknown): Failure {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    code: "bug",
    message: `${host}: a bug in provision: ${text}`,
    detail: error instanceof Error ? (error.stack ?? text) : text,
    hint: "please report it, with the lines above",
  };
}
