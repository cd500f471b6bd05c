import { unreachable } from "../model/result.ts";
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
      return (await import("./pretty.ts")).createPretty(options);
    case "plain":
      return plain(options);
    case "json":
      return (await import("./json.ts")).createJson(options);
    case "nagios":
      return (await import("./nagios.ts")).createNagios(options);
    default:
      return unreachable(name);
  }
}

async function plain(options: ReportOptions): Promise<Report> {
  return (await import("./plain.ts")).createPlain(options);
}
