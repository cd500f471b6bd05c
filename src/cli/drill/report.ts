import { unreachable } from "../../base/result.ts";
import type { DrillEvent, DrillRecord } from "../../model/drill.ts";
import { eventLine, recordLines } from "../../report/drill/lines.ts";
import { liveRow } from "../../report/drill/live.ts";
import { jsonText, newPrinter } from "../../report/printable.ts";
import { terminalColumns, wantsColor } from "../terminal.ts";

/** What is shown of a drill while it runs, and at its end. */
export interface DrillReport {
  event(event: DrillEvent): void;
  /** Nothing more happens. */
  end(): void;
  /** After the end: the whole drill. */
  record(record: DrillRecord): void;
}

/** The formats of `--output`. */
export type DrillOutput = "pretty" | "plain" | "json";

interface Size {
  /** How many faults will happen. */
  readonly faults: number;
  readonly seed: number;
}

/** The report of a drill. Without a format: pretty on a terminal, else plain. */
export function openDrillReport(
  { output = terminalColumns() > 0 ? "pretty" : "plain" }: { readonly output?: DrillOutput },
  size: Size,
): DrillReport {
  switch (output) {
    case "json":
      return jsonReport();
    case "plain":
      return plainReport(size);
    case "pretty":
      return prettyReport(size);
    default:
      return unreachable(output);
  }
}

function write(text: string): void {
  if (process.stdout.writable) process.stdout.write(text);
}

/** One document, at the end. */
function jsonReport(): DrillReport {
  return {
    event: () => {},
    end: () => {},
    record: (record) => write(`${jsonText(newPrinter().value(record), 1)}\n`),
  };
}

/** A line for each event. */
function plainReport({ faults, seed }: Size): DrillReport {
  const printer = newPrinter();
  const begun = performance.now();
  write(`${faults} faults, seed ${seed}\n`);
  return {
    event: (event) => write(`${eventLine(printer.value(event), performance.now() - begun)}\n`),
    end: () => {},
    record: (record) => write(`${recordLines(printer.value(record), false).join("\n")}\n`),
  };
}

/** A line for each fault that is over, and a row that shows the one under way. */
function prettyReport({ faults, seed }: Size): DrillReport {
  const printer = newPrinter();
  const color = wantsColor({ color: true });
  const row = liveRow({ columns: terminalColumns() || 100, color, faults, write });
  write(`${faults} faults, seed ${seed}\n`);
  return {
    event: (event) => row.event(printer.value(event)),
    end: row.end,
    record: (record) => write(`${recordLines(printer.value(record), color).join("\n")}\n`),
  };
}
