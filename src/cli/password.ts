import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { err, ok, type Result } from "../base/result.ts";
import type { Diagnostic } from "../model/source.ts";
import type { ReachOptions } from "./command.ts";

/** Reads one line from standard input; `undefined`: no line. A terminal shows the question, but not the input. */
export async function readPassword(question: string): Promise<string | undefined> {
  const { stdin, stderr } = process;
  const discarded = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: discarded, terminal: stdin.isTTY === true });
  if (stdin.isTTY === true) stderr.write(question);
  try {
    return await new Promise<string | undefined>((resolve) => {
      lines.once("line", resolve);
      lines.once("close", () => resolve(undefined));
    });
  } finally {
    lines.close();
    stdin.pause();
    if (stdin.isTTY === true) stderr.write("\n");
  }
}

/** The sudo password, if `-K` requests it; else `undefined`. */
export async function sudoPassword({
  askBecomePass,
}: Pick<ReachOptions, "askBecomePass">): Promise<Result<string | undefined, readonly Diagnostic[]>> {
  if (askBecomePass !== true) return ok(undefined);
  const password = await readPassword("sudo password: ");
  return password === undefined
    ? err([{ severity: "error", message: "no sudo password was given" }])
    : ok(password);
}
