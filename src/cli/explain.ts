import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { diagnostic } from "../base/diagnostic.ts";
import { err, ok, type Result } from "../base/result.ts";
import { measuredIn } from "../drill/record.ts";
import type { RedundancyReport } from "../model/redundancy.ts";
import type { Diagnostic, Source } from "../model/source.ts";
import type { Topology } from "../model/topology.ts";
import { formatDiagnostic } from "../report/diagnostic.ts";
import { explainJson, renderExplain } from "../report/explain.ts";
import { redundancyReport } from "../topology/single-points.ts";
import type { InventoryOptions } from "./command.ts";
import { type CommandOutput, diagnosticsText } from "./command-output.ts";
import { noInventory } from "./no-inventory.ts";
import { loadProject } from "./project/project.ts";
import { refusal } from "./refusal.ts";

/** Options of `provision explain`. */
export interface ExplainOptions extends InventoryOptions {
  readonly output?: "pretty" | "plain" | "json";
  /** The file with the output of `provision drill -o json`. */
  readonly measured?: string;
  /** Width of the terminal; 0: no wrapping. */
  readonly columns: number;
  readonly color: boolean;
  /** Base of relative paths; by default the current folder. */
  readonly cwd?: string;
}

const flawed = 2;

/**
 * The redundancy of every tier in words, and its flaws. Contacts no host, decrypts no secret. Code 0: no flaw; 2: at
 * least one; 3: bad input.
 */
export function explainCommand(options: ExplainOptions): CommandOutput {
  const misuse = misuseOf(options);
  if (misuse !== undefined) return refusal([misuse], options);
  const cwd = options.cwd ?? process.cwd();
  const project = loadProject(options, cwd);
  if (!project.ok) return refusal(project.error, options);
  const measured = measuredOf(options.measured, cwd, project.value.topology);
  if (!measured.ok) return refusal([measured.error], options);
  const report = { ...redundancyReport(project.value.topology), ...measured.value };
  if (report.hosts === 0) return refusal([noRoles], options);
  return {
    stdout: options.output === "json" ? explainJson(report) : renderExplain(report, viewOf(options)),
    stderr: diagnosticsText(project.value.warnings),
    code: report.flaws.length === 0 ? 0 : flawed,
  };
}

/** The figures of a drill of this stack. */
function measuredOf(
  file: string | undefined,
  cwd: string,
  { services }: Topology,
): Result<Pick<RedundancyReport, "measured">, Diagnostic> {
  if (file === undefined) return ok({});
  const hint = "make it with: provision drill -i INVENTORY -o json >FILE";
  const text = textOf(resolve(cwd, file));
  if (text === undefined)
    return err(diagnostic("error", `--measured ${file}: cannot be read`, undefined, hint));
  const measured = measuredIn(text);
  const faults = measured?.faults.filter(({ service }) => services.has(service)) ?? [];
  if (measured !== undefined && faults.length > 0) return ok({ measured: { ...measured, faults } });
  const what = measured === undefined ? "is not the record of a drill" : "has no fault of this inventory";
  return err(diagnostic("error", `--measured ${file}: ${what}`, undefined, hint));
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

const noRoles = diagnostic(
  "error",
  "no host has a role: there is nothing to explain",
  undefined,
  "give hosts or groups the variable `roles: [common, …]`",
);

function misuseOf({ inventory, limit }: InventoryOptions): Diagnostic | undefined {
  if (inventory.length === 0) return noInventory("provision explain -i prod.yml");
  if (limit === undefined) return undefined;
  const message = "explain takes no --limit: it describes the whole inventory";
  return diagnostic("error", message, undefined, "remove -l");
}

function viewOf({ output, columns, color }: ExplainOptions) {
  const pretty = output !== "plain";
  return { columns: pretty ? columns : 0, color: pretty && color, excerpt };
}

/** The source line and its underline, as below every diagnostic; nothing for a line that may contain a secret. */
function excerpt(source: Source): readonly string[] {
  const problem = diagnostic("warning", "", source);
  return problem.excerpt === undefined ? [] : formatDiagnostic(problem).split("\n").slice(1);
}
