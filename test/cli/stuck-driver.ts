// The command line, as it is; or with commands that end without a word. Bundled and started by `ending.test.ts`, which gives
// it modules that are never loaded to their end.
import type { Command } from "commander";
import { buildProgram } from "../../src/cli/program.ts";
import { start } from "../../src/cli/start.ts";

const [, , manner = "", ...words] = process.argv;

/** What each command does in the place of its work. */
const manners: Readonly<Record<string, (() => Promise<void>) | undefined>> = {
  wordless: async () => {},
  "never settles": () => new Promise(() => {}),
  "throws later": () => {
    setTimeout(() => {
      throw new TypeError("of a callback \u001b[31m");
    }, 1);
    return new Promise<void>((later) => setTimeout(later, 1000));
  },
  "rejects unheard": () => {
    void Promise.reject(new TypeError("of a promise"));
    return new Promise<void>((later) => setTimeout(later, 1000));
  },
};

function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

start(["node", "provision", ...words], (done) => {
  const program = buildProgram(done);
  const work = manners[manner];
  if (work !== undefined)
    for (const command of everyCommand(program)) if (command.commands.length === 0) command.action(work);
  return program;
});
