import { buildProgram } from "./program.ts";

/** Exit code for bad input: nothing was contacted. */
const badInput = 3;

async function main(): Promise<number> {
  let code = 0;
  const program = buildProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync(process.argv);
    return code;
  } catch (error) {
    // commander ends `--help` and `--version` by an error with exit code 0, and bad usage by one with exit code 1.
    if (error instanceof Error && "exitCode" in error) return error.exitCode === 0 ? 0 : badInput;
    throw error;
  }
}

// A reader that went away (`| head`) is no bug of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

main().then(
  // Connections that are still saying goodbye are not waited for: hosts clean up by themselves when one is gone.
  (code) => process.stdout.write("", () => process.exit(code)),
  (error: unknown) => {
    process.stderr.write(
      `A bug in provision, please report it:\n${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(1);
  },
);
