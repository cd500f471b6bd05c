import { err, ok, type Result } from "../../base/result.ts";
import type { Diagnostic } from "../../model/source.ts";
import type { SavedPlan } from "../../plan/saved.ts";
import type { InventoryOptions, ReachOptions } from "../command.ts";
import { noInventory } from "../no-inventory.ts";
import { loadProject, type Project } from "../project/project.ts";
import { whyNoPage } from "./page-file.ts";
import type { PersistentOptions } from "./run-option.ts";
import { planConflict, readSavedPlan, whyNotSaved } from "./saved-plan.ts";

/** Options of apply, plan and check. */
export interface RunOptions extends InventoryOptions, ReachOptions {
  readonly roles?: readonly string[];
  readonly diff?: boolean;
  readonly output?: "pretty" | "plain" | "json" | "nagios";
  readonly verbose: number;
  readonly prune?: boolean;
  /** The output file of the page. */
  readonly report?: string;
  readonly color: boolean;
  readonly force?: boolean;
  /** apply: a saved plan. */
  readonly plan?: string;
  /** plan: the output file of the saved plan. */
  readonly out?: string;
}

/** A run with valid input. */
export interface PreparedRun {
  /** Includes the options of a saved plan. */
  readonly options: RunOptions;
  readonly project: Project;
  readonly saved: SavedPlan | undefined;
}

/** Reads the inventory, the roles and the saved plan of a run, and checks its output files. Contacts no host. */
export function prepareRun(
  given: RunOptions,
  persistent: PersistentOptions,
): Result<PreparedRun, readonly Diagnostic[]> {
  const saved = given.plan === undefined ? ok(undefined) : readSavedPlan(given.plan);
  if (!saved.ok) return err([saved.error]);
  const conflicts = persistent.conflicts(saved.value?.request ?? { ...given }, { ...given });
  if (conflicts.length > 0) return err([planConflict(conflicts)]);
  const options = persistent.withSaved(saved.value?.request ?? {}, given);
  const project =
    options.inventory.length === 0 ? err([noInventory(howToNameOne)]) : loadProject(options, process.cwd());
  const problems = [
    ...(project.ok ? roleProblems(project.value, options) : project.error),
    ...unwritableFiles(options),
  ];
  return project.ok && problems.length === 0
    ? ok({ options, project: project.value, saved: saved.value })
    : err(problems);
}

function unwritableFiles({ out, report }: RunOptions): readonly Diagnostic[] {
  return [
    out === undefined ? undefined : whyNotSaved(out),
    report === undefined ? undefined : whyNoPage(report),
  ].filter((problem) => problem !== undefined);
}

const howToNameOne = "provision --inventory FILE; to try it out: provision lab up -i inventories/lab.yml";

function roleProblems(
  { topology, selected }: Pick<Project, "topology" | "selected">,
  { roles = [] }: RunOptions,
): readonly Diagnostic[] {
  const played = [...topology.needs.keys()];
  const unknown = roles.filter((role) => !played.includes(role));
  if (unknown.length === 0 && selected.size === 0) {
    const hint = "give hosts or groups the variable `roles: [common, …]`";
    return [{ severity: "error", message: "none of the selected hosts has a role", hint }];
  }
  return unknown.map((role) => ({
    severity: "error",
    message: `--roles: no host of the inventory plays the role \`${role}\``,
    hint: `the roles in use are ${played.join(", ")}`,
  }));
}
