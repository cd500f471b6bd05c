import { err, ok, type Result } from "../../base/result.ts";
import type { Hosts } from "../../drill/hosts.ts";
import { lastLines, runLocal } from "../../lab/programs.ts";
import { leaveMark, marksOn } from "../../resources/mark.ts";
import type { InventoryOptions } from "../command.ts";
import { ownProgram } from "../package.ts";

/** Seconds that a run of the drill's own may take. */
const RUN = 900;

/** What a drill lets `provision` itself do, as a user would: its own commands, in programs of their own. */
export function ownCommands(options: InventoryOptions, hosts: Hosts) {
  const run = (words: readonly string[]): Promise<Result<void, string>> =>
    ownCommand([...words, ...inventoryWords(options)]);
  return {
    /** Moves the leader of a service as planned. */
    move: (service: string) => run(["switchover", service]),
    /** Restarts the daemons of a role, host by host, as a change of the role would. */
    restart: async (role: string, units: ReadonlyMap<string, string>): Promise<Result<void, string>> => {
      for (const [host, unit] of units) {
        const left = await hosts.ask(
          host,
          leaveMark(`unit:${unit.replace(/\.service$/, "")}`, "restart"),
          15,
        );
        if (!left.ok) return err(left.error.message);
      }
      const done = await run(["apply"]);
      if (!done.ok) return done;
      for (const host of units.keys()) {
        const marks = await hosts.ask(host, marksOn, 15);
        if (!marks.ok) return err(marks.error.message);
        if (marks.value !== "") return err(`${host}: the run did not restart ${role}: ${marks.value}`);
      }
      return ok(undefined);
    },
  };
}

const inventoryWords = ({ inventory, extraVars }: InventoryOptions): readonly string[] => [
  ...inventory.flatMap((path) => ["-i", path]),
  ...extraVars.flatMap((vars) => ["-e", vars]),
];

async function ownCommand(words: readonly string[]): Promise<Result<void, string>> {
  const program = ownProgram();
  const done = await runLocal(process.execPath, [program, ...words], { seconds: RUN });
  if (!done.ok) return err(done.error.message);
  const { code, stdout, stderr } = done.value;
  if (code === 0) return ok(undefined);
  const printed = `${stdout}\n${stderr}`;
  const failures = printed.split("\n").filter((line) => line.includes("✖"));
  const why = failures.length > 0 ? failures.slice(0, 3).join("\n") : lastLines(printed, 4);
  return err(`provision ${words[0] ?? ""} ended with ${code}:\n${why}`);
}
