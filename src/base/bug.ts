import type { Failure } from "../model/failure.ts";

/** What nobody expected while one host was worked on: its failure, and no other host's. `detail` is the stack. */
export function bug(host: string, error: unknown): Failure {
  const words = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    code: "bug",
    message: `${host}: a bug in provision: ${words}`,
    detail: error instanceof Error ? (error.stack ?? words) : words,
    hint: "please report it, with the lines above",
  };
}
