import { err, ok, type Result } from "../../base/result.ts";
import type { Diagnostic } from "../../model/source.ts";
import type { SavedPlan } from "../../plan/saved.ts";
import type { InventoryOptions, ReachOptions } from "../command.ts";
import { noInventory } from "../no-inventory.ts";
import { loadProject, type Project } from "../project/project.ts";
import type { LastingOptions } from "./continuing.ts";
import { whyNoPage } from "./page-file.ts";
import { notOfPlan, readSavedPlan, whyNotSaved } from "./saved-plan.ts";

/** Options of apply, plan and check. */
export interface RunOptions extends InventoryOptions, ReachOptions {
  readonly roles?: readonly string[];
  readonly diff?: boolean;
  readonly output?: "pretty" | "plain" | "json" | "nagios";
  readonly verbose: number;
  readonly prune?: boolean;
  /** The file for the page of the run. */
  readonly report?: string;
  readonly color: boolean;
  readonly force?: boolean;
  /** apply: a saved plan. */
  readonly plan?: string;
  /** plan: the file for the saved plan. */
  readonly out?: string;
}

/** A run that can begin. */
export interface PreparedRun {
  /** With those that a saved plan has kept. */
  readonly options: RunOptions;
  readonly project: Project;
  readonly saved: SavedPlan | undefined;
}

/** Reads the inventory, the roles and the saved plan of a run, and looks whether its files can be written. No host is contacted. */
export function prepareRun(
  given: RunOptions,
  lasting: LastingOptions,
): Result<PreparedRun, readonly Diagnostic[]> {
  const saved = given.plan === undefined ? ok(undefined) : readSavedPlan(given.plan);
  if (!saved.ok) return err([saved.error]);
  const contrary = lasting.against(saved.value?.request ?? { ...given }, { ...given });
  if (contrary.length > 0) return err([notOfPlan(contrary)]);
  const options = lasting.withSaved(saved.value?.request ?? {}, given);
  const loaded =
    options.inventory.length === 0 ? err([noInventory(howToNameOne)]) : loadProject(options, process.cwd());
  const project = loaded.ok ? checkRoles(loaded.value, options) : loaded;
  const unwritable = unwritableFiles(options);
  if (!project.ok) return err([...project.error, ...unwritable]);
  return unwritable.length === 0
    ? ok({ options, project: project.value, saved: saved.value })
    : err(unwritable);
}

function unwritableFiles({ out, report }: RunOptions): readonly Diagnostic[] {
  return [
    out === undefined ? undefined : whyNotSaved(out),
    report === undefined ? undefined : whyNoPage(report),
  ].filter((problem) => problem !== undefined);
}

const howToNameOne = "provision --inventory FILE; to try it out: provision lab up -i inventories/lab.yml";

function checkRoles(project: Project, { roles }: RunOptions): Result<Project, readonly Diagnostic[]> {
  const played = [...project.topology.needs.keys()];
  const unknown = (roles ?? []).filter((role) => !played.includes(role));
  if (unknown.length > 0) {
    return err(
      unknown.map((role) => ({
        severity: "error" as const,
        message: `--roles: no host of the inventory plays the role \`${role}\``,
        hint: `the roles in use are ${played.join(", ")}`,
      })),
    );
  }
  if (project.selected.size > 0) return ok(project);
  return err([
    {
      severity: "error",
      message: "no host to work on has a role",
      hint: "give hosts or groups the variable `roles: [common, …]`",
    },
  ]);
}
