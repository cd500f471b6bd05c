import { unreachable } from "../../base/result.ts";
import { duration, printable } from "../../base/text.ts";
import type { ChangeEvent } from "../../model/event.ts";
import type { Change } from "../../model/plan.ts";
import { changeName, fieldText } from "../change-text.ts";
import { paintWith } from "../paint.ts";
import { type State, say, sayVerbose, tellFailure } from "./log.ts";

/** A change that runs longer shows what it writes, also without `-v`: silence looks like a hang. */
const patienceMs = 5000;
/** Lines kept of a change's output, to be shown should it fail. */
const keptLines = 20;

/** A change, and what its command writes. */
export function tellChange(state: State, e: ChangeEvent): void {
  const now = state.options.now();
  const live = state.options.verbosity > 0;
  switch (e.type) {
    case "change-started":
      // Changes that go in one call are told one after another: they have one output.
      if (!state.doing.has(e.host))
        state.doing.set(e.host, { since: now, name: changeName(e.change), lines: [], live });
      sayVerbose(state, e.host, `${changeName(e.change)} …`);
      break;
    case "output":
      tellOutput(state, e.host, printable(e.line), now);
      break;
    case "change-done":
      state.doing.delete(e.host);
      say(state, e.host, `${changeName(e.change)} (${duration(e.ms)})${fieldsNote(state, e.change)}`);
      break;
    case "change-failed": {
      say(state, e.host, paintWith(state.options.color).red(`${changeName(e.change)} failed`));
      const doing = state.doing.get(e.host);
      // The failure's detail is the end of the same output: shown once.
      if (doing !== undefined && !doing.live && e.failure.detail === undefined)
        tellLines(state, e.host, doing.lines);
      state.doing.delete(e.host);
      tellFailure(state, e.host, e.failure);
      break;
    }
    default:
      unreachable(e);
  }
}

const fieldsNote = (state: State, { action, fields }: Change): string =>
  state.options.verbosity > 1 && action === "update" ? ` [${fields.map(fieldText).join(", ")}]` : "";

function tellOutput(state: State, host: string, line: string, now: number): void {
  const doing = state.doing.get(host);
  if (doing === undefined || line === "") return;
  doing.lines.push(line);
  if (doing.lines.length > keptLines) doing.lines.shift();
  if (doing.live) {
    tellLines(state, host, [line]);
    return;
  }
  if (now - doing.since < patienceMs) return;
  doing.live = true;
  say(state, host, `${doing.name} has run for ${duration(now - doing.since)}`);
  tellLines(state, host, doing.lines);
}

function tellLines(state: State, host: string, lines: readonly string[]): void {
  for (const line of lines) say(state, host, paintWith(state.options.color).dim(`| ${line}`));
}
