import { unreachable } from "../base/result.ts";
import type { Event } from "../model/event.ts";
import { newPrinter, type Printer } from "./printable.ts";
import type { OutputName, Report, ReportOptions } from "./report.ts";

/** Columns below which rows that redraw themselves are of no use; a terminal that does not know its width says 0. */
const leastColumns = 20;

/**
 * Makes the report that `--output` names. `tty`: the output is a terminal, and `options.columns` its width as the terminal
 * itself says (0 where it does not know). `pretty` redraws, so anything but a terminal gets `plain`.
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

/** What hosts have said does nothing to the terminal of whoever reads the report. Programs get it as it was, in JSON's escapes. */
function printed(report: Report): Report {
  const printer = newPrinter();
  return { event: (e) => report.event(printedEvent(e, printer)), end: () => report.end() };
}

/** Contents of files stay as they are: a diff shows such characters by their pictures. */
function printedEvent(e: Event, printer: Printer): Event {
  if (e.type !== "plan-ready" || e.contents === undefined) return printer.value(e);
  const { contents, ...plan } = e;
  return { ...printer.value(plan), contents };
}
