import { diagnostic, formatDiagnostic } from "../inventory/diagnostic.ts";
import { RoleStop } from "../model/role-stop.ts";
import { badInput } from "../report/exit-code.ts";
import { buildProgram, unknownCommand } from "./program.ts";

async function main(): Promise<number> {
  let code = 0;
  const program = buildProgram((result) => {
    code = result;
  });
  const mistake = unknownCommand(program, process.argv[2]);
  if (mistake !== undefined) {
    process.stderr.write(`provision: ${mistake}\n`);
    return badInput;
  }
  try {
    await program.parseAsync(process.argv);
    return code;
  } catch (error) {
    // commander ends `--help` and `--version` by an error with exit code 0, and bad usage by one with exit code 1.
    if (error instanceof Error && "exitCode" in error) return error.exitCode === 0 ? 0 : badInput;
    if (!(error instanceof RoleStop)) throw error;
    const { message, source, hint } = error.failure;
    process.stderr.write(`${formatDiagnostic(diagnostic("error", message, source, hint))}\n`);
    return 1;
  }
}

/** Set when the output could not be written. */
let unwritten: NodeJS.ErrnoException | undefined;
// A reader that went away (`| head`) is no reason to stop in the middle of a run: it goes on, unseen, to its true end.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  unwritten ??= error;
});

function end(code: number): void {
  const lost = unwritten !== undefined && unwritten.code !== "EPIPE";
  if (lost) process.stderr.write(`provision: the output could not be written: ${unwritten?.message}\n`);
  // Connections that are still saying goodbye are not waited for: hosts clean up by themselves when one is gone.
  process.exit(lost && code === 0 ? 1 : code);
}

main().then(
  (code) => process.stdout.write("", () => setImmediate(end, code)),
  (error: unknown) => {
    process.stderr.write(
      `A bug in provision, please report it:\n${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(1);
  },
);
