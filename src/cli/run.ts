import { readFileSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { formatDiagnostic } from "../inventory/diagnostic.ts";
import type { Command, Event } from "../model/event.ts";
import type { Plan } from "../model/plan.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { Diagnostic } from "../model/source.ts";
import { type PlanRequest, parseSavedPlan, type SavedPlan, savePlan } from "../plan/saved.ts";
import { createReport } from "../report/create.ts";
import { exitCode } from "../report/exit-code.ts";
import { nagiosResult } from "../report/nagios.ts";
import type { OutputName } from "../report/report.ts";
import { kinds } from "../resources/kinds.ts";
import type { RunInput, Stop } from "../run/input.ts";
import { run } from "../run/run.ts";
import { openTransport } from "../transport/connect.ts";
import type { Session, Target } from "../transport/transport.ts";
import { openRecall } from "./cache.ts";
import { onInterrupt } from "./interrupt.ts";
import type { RunOptions } from "./options.ts";
import { loadProject, type Project } from "./project.ts";

/** Exit code for bad input: nothing was contacted. */
const badInput = 3;

/** apply, plan and check: one code, stopped before anything is changed unless the command is apply. */
export async function runCommand(command: Command, given: RunOptions): Promise<number> {
  const saved = given.plan === undefined ? ok(undefined) : readSavedPlan(given.plan);
  if (!saved.ok) return refuseInput([saved.error]);
  const options = saved.value === undefined ? given : { ...given, ...saved.value.request };
  const project = options.inventory.length === 0 ? err([noInventory]) : loadProject(options, process.cwd());
  const ready = project.ok ? checkRoles(project.value, options) : project;
  if (!ready.ok) return refuseInput(ready.error);
  for (const warning of ready.value.warnings) process.stderr.write(`${formatDiagnostic(warning)}\n`);
  const password = options.askBecomePass === true ? await askPassword() : undefined;
  return carryOut({ command, options, project: ready.value, password, saved: saved.value });
}

async function askPassword(): Promise<string> {
  const { readPassword } = await import("./password.ts");
  return readPassword("sudo password: ");
}

function refuseInput(problems: readonly Diagnostic[]): number {
  for (const problem of problems) process.stderr.write(`${formatDiagnostic(problem)}\n`);
  return badInput;
}

function readSavedPlan(file: string): Result<SavedPlan, Diagnostic> {
  const wrong = (message: string) => err({ severity: "error" as const, message: `${file}: ${message}` });
  try {
    const plan = parseSavedPlan(readFileSync(file, "utf8"));
    return plan.ok ? plan : wrong(plan.error);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

const noInventory: Diagnostic = {
  severity: "error",
  message: "no inventory was given",
  hint: "provision --inventory FILE; to try it out: provision lab up -i inventories/lab.yml",
};

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

/** One run, as asked for. */
interface Asked {
  readonly command: Command;
  readonly options: RunOptions;
  readonly project: Project;
  readonly password: string | undefined;
  readonly saved: SavedPlan | undefined;
}

async function carryOut(asked: Asked): Promise<number> {
  const { options } = asked;
  const output = outputOf(options);
  const report = await createReport(output, {
    write: (text) => process.stdout.write(text),
    columns: process.stdout.columns ?? 0,
    tty: process.stdout.isTTY === true,
    color: wantsColor(options),
    verbosity: options.verbose >= 2 ? 2 : options.verbose === 1 ? 1 : 0,
    diff: options.diff === true,
    now: () => performance.now(),
  });
  let plan: Plan | undefined;
  const emit = (event: Event): void => {
    if (event.type === "plan-ready") plan = event.plan;
    report.event(event);
  };
  const stop: Stop = { requested: false };
  const sessions = new Set<Session>();
  const recall = openRecall(options.inventory);
  const release = onInterrupt(stop, sessions, () => emit({ type: "interrupting" }));
  try {
    const summary = await run(inputOf(asked, { recall, stop, sessions, emit })).finally(() => report.end());
    if (options.out !== undefined && plan !== undefined)
      writeFileSync(options.out, savePlan(requestOf(options), plan), { mode: 0o600 });
    return output === "nagios" ? nagiosResult(summary, plan).code : exitCode(summary, plan);
  } finally {
    recall.keep();
    release();
  }
}

function outputOf({ output }: RunOptions): OutputName {
  return output ?? (process.stdout.isTTY === true ? "pretty" : "plain");
}

function wantsColor({ color }: RunOptions): boolean {
  return (
    color &&
    process.stdout.isTTY === true &&
    (process.env.NO_COLOR ?? "") === "" &&
    process.env.TERM !== "dumb"
  );
}

function requestOf({ inventory, limit, extraVars, roles, prune }: RunOptions): PlanRequest {
  return {
    inventory,
    extraVars,
    prune: prune === true,
    ...(limit === undefined ? {} : { limit }),
    ...(roles === undefined ? {} : { roles }),
  };
}

type Wiring = Pick<RunInput, "recall" | "stop" | "sessions" | "emit">;

function inputOf({ command, options, project, password, saved }: Asked, wiring: Wiring): RunInput {
  return {
    ...wiring,
    ...(saved === undefined ? {} : { saved }),
    command,
    topology: project.topology,
    roles: project.roles,
    render: project.render,
    assets: project.assets,
    selected: project.selected,
    onlyRoles: options.roles === undefined ? "all" : new Set(options.roles),
    targets: targetsOf(project, password),
    transport: openTransport({
      kind: options.transport,
      acceptNewHostKeys: options.acceptNewHostKeys === true,
    }),
    kinds,
    forks: options.forks,
    connectDeadline: options.timeout * 1000,
    force: options.force === true,
    prune: options.prune === true,
    diff: options.diff === true,
    holder: `${userInfo().username}@${hostname()}, process ${process.pid}, since ${new Date().toISOString()}`,
    now: () => performance.now(),
    resume: (hosts) => resumeArguments(command, options, hosts),
  };
}

function targetsOf(project: Project, password: string | undefined): ReadonlyMap<string, Target> {
  return new Map(
    [...project.connections].map(([name, { connection, target }]) => [
      name,
      withPassword({ ...target, connection }, password),
    ]),
  );
}

function withPassword(target: Target, password: string | undefined): Target {
  return password === undefined || target.sudoPassword !== undefined
    ? target
    : { ...target, sudoPassword: password };
}

/** The same command, on the hosts that are left. */
function resumeArguments(command: Command, options: RunOptions, hosts: readonly string[]): readonly string[] {
  return [
    ...(command === "apply" ? [] : [command]),
    ...options.inventory.flatMap((path) => ["-i", path]),
    ...options.extraVars.flatMap((vars) => ["-e", vars]),
    ...(options.roles === undefined ? [] : ["--roles", options.roles.join(",")]),
    "-l",
    hosts.join(","),
  ];
}
