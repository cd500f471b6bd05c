import { unreachable } from "../base/result.ts";
import type { Event } from "../model/event.ts";
import { newPrinter, type Printer } from "./printable.ts";
import type { OutputName, Report, ReportOptions } from "./report.ts";

/** On a narrower terminal, rows that redraw themselves are useless. A terminal that does not know its width reports 0. */
const leastColumns = 20;

/**
 * Creates the report that `--output` names. `tty`: the output is a terminal, and `options.columns` the width that it reports
 * (0: unknown). `pretty` redraws rows, so any other output gets `plain`.
 */
export async function createReport(
  name: OutputName,
  options: ReportOptions & { readonly tty: boolean },
): Promise<Report> {
  switch (name) {
    case "pretty":
      if (!options.tty || options.columns < leastColumns) return plain(options);
      return printed((await import("./pretty/pretty.ts")).createPretty(options));
    case "plain":
      return plain(options);
    case "json":
      return (await import("./json/json.ts")).createJson(options);
    case "nagios":
      return printed((await import("./nagios.ts")).createNagios(options));
    default:
      return unreachable(name);
  }
}

async function plain(options: ReportOptions): Promise<Report> {
  return printed((await import("./plain/plain.ts")).createPlain(options));
}

/** Makes text from hosts safe for the terminal. Programs get it unchanged, with JSON escapes. */
function printed(report: Report): Report {
  const printer = newPrinter();
  return { event: (e) => report.event(printedEvent(e, printer)), end: () => report.end() };
}

/** File contents stay unchanged: a diff shows control characters as symbols. */
function printedEvent(e: Event, printer: Printer): Event {
  if (e.type !== "plan-ready" || e.contents === undefined) return printer.value(e);
  const { contents, ...plan } = e;
  return { ...printer.value(plan), contents };
}
