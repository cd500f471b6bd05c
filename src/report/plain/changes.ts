import { unreachable } from "../../base/result.ts";
import { duration, printable } from "../../base/text.ts";
import type { ChangeEvent } from "../../model/event.ts";
import type { Change } from "../../model/plan.ts";
import { changeName, fieldText } from "../change-text.ts";
import { paintWith } from "../paint.ts";
import { type State, writeFailure, writeLine, writeVerbose } from "./log.ts";

/** A longer change shows its output also without `-v`, because silence looks like a hang. */
const showOutputAfterMs = 5000;
/** Lines kept of a change's output, to show them if it fails. */
const keptLines = 20;

/** Writes the lines for an event of a change. */
export function writeChange(state: State, e: ChangeEvent): void {
  const now = state.options.now();
  const live = state.options.verbosity > 0;
  switch (e.type) {
    case "change-started":
      // The events of changes in one call come one after another, but the call has one output.
      if (!state.doing.has(e.host))
        state.doing.set(e.host, { since: now, name: changeName(e.change), lines: [], live });
      writeVerbose(state, e.host, `${changeName(e.change)} …`);
      break;
    case "output":
      writeOutput(state, e.host, printable(e.line), now);
      break;
    case "change-done":
      state.doing.delete(e.host);
      writeLine(state, e.host, `${changeName(e.change)} (${duration(e.ms)})${fieldsNote(state, e.change)}`);
      break;
    case "change-failed": {
      writeLine(state, e.host, paintWith(state.options.color).red(`${changeName(e.change)} failed`));
      const doing = state.doing.get(e.host);
      // The detail of the failure is the end of the same output: it is shown once.
      if (doing !== undefined && !doing.live && e.failure.detail === undefined)
        writeOutputLines(state, e.host, doing.lines);
      state.doing.delete(e.host);
      writeFailure(state, e.host, e.failure);
      break;
    }
    default:
      unreachable(e);
  }
}

const fieldsNote = (state: State, { action, fields }: Change): string =>
  state.options.verbosity > 1 && action === "update" ? ` [${fields.map(fieldText).join(", ")}]` : "";

function writeOutput(state: State, host: string, line: string, now: number): void {
  const doing = state.doing.get(host);
  if (doing === undefined || line === "") return;
  doing.lines.push(line);
  if (doing.lines.length > keptLines) doing.lines.shift();
  if (doing.live) {
    writeOutputLines(state, host, [line]);
    return;
  }
  if (now - doing.since < showOutputAfterMs) return;
  doing.live = true;
  writeLine(state, host, `${doing.name} has run for ${duration(now - doing.since)}`);
  writeOutputLines(state, host, doing.lines);
}

function writeOutputLines(state: State, host: string, lines: readonly string[]): void {
  for (const line of lines) writeLine(state, host, paintWith(state.options.color).dim(`| ${line}`));
}
