import type { Event } from "../../model/event.ts";
import type { Plan } from "../../model/plan.ts";
import type { Secrets } from "../../model/secret.ts";
import type { Diagnostic } from "../../model/source.ts";
import type { Command, Summary } from "../../model/summary.ts";
import { requestFrom } from "../../plan/saved.ts";
import { createReport } from "../../report/create.ts";
import { formatDiagnostic } from "../../report/diagnostic.ts";
import { exitCode } from "../../report/exit-code.ts";
import { nagiosResult } from "../../report/nagios.ts";
import type { OutputName, Report } from "../../report/report.ts";
import { kinds } from "../../resources/kinds.ts";
import type { Caller, Reach, RunInput } from "../../run/input.ts";
import { run } from "../../run/run.ts";
import { newRedactor, type Redactor } from "../../secrets/redact.ts";
import { openTransport } from "../../transport/connect.ts";
import type { Session } from "../../transport/transport.ts";
import { diagnosticsText } from "../command-output.ts";
import { sudoPassword } from "../password.ts";
import { secretsOf } from "../project/secrets.ts";
import { refuse } from "../refusal.ts";
import { holderName, targetsOf } from "../targets.ts";
import { terminalColumns, wantsColor } from "../terminal.ts";
import { openFactsCache } from "./facts-cache.ts";
import { onInterrupt } from "./interrupt.ts";
import { type PreparedRun, prepareRun, type RunOptions } from "./prepare.ts";
import type { PersistentOptions } from "./run-option.ts";
import type { RunPage } from "./run-page.ts";
import { writeSavedPlan } from "./saved-plan.ts";

/** apply, plan and check: the same code; only apply changes hosts. */
export async function runCommand(
  command: Command,
  given: RunOptions,
  persistent: PersistentOptions,
): Promise<number> {
  const ready = prepareRun(given, persistent);
  if (!ready.ok) return refuse(ready.error, given);
  const { options, project } = ready.value;
  for (const warning of project.warnings) process.stderr.write(`${formatDiagnostic(warning)}\n`);
  const secrets = await secretsOf(project, process.cwd());
  if (!secrets.ok) return refuse(secrets.error, options);
  const request = { command, ...ready.value, persistent, secrets: secrets.value };
  const password = await sudoPassword(options);
  return password.ok ? carryOut({ ...request, password: password.value }) : refuse(password.error, options);
}

/** Exit code UNKNOWN of a monitoring plugin. */
const unknown = 3;

/** The request for one run. */
interface RunRequest extends PreparedRun {
  readonly command: Command;
  readonly secrets: Secrets;
  readonly password: string | undefined;
  readonly persistent: PersistentOptions;
}

async function carryOut(request: RunRequest): Promise<number> {
  const { options } = request;
  const redactor = newRedactor(request.secrets.values);
  const report = await openReport(options);
  const page = await pageOf(request, redactor);
  let plan: Plan | undefined;
  const emit = (event: Event): void => {
    if (event.type === "plan-ready") plan = event;
    const shown = redactor.value(event);
    report.event(shown);
    page?.event(shown);
  };
  const sessions = new Set<Session>();
  const factsCache = openFactsCache(options.inventory);
  const { stop, release } = onInterrupt(sessions, () => emit({ type: "interrupting" }));
  try {
    const unwritten: Diagnostic[] = [];
    const reportUnwritten = (problem: Diagnostic | undefined): void => {
      if (problem === undefined) return;
      unwritten.push(problem);
      process.stderr.write(diagnosticsText([problem]));
    };
    const resume = (hosts: readonly string[]): readonly string[] => resumeArguments(request, hosts);
    const summary = await run(inputOf(request, { factsCache, stop, sessions, emit, resume })).finally(
      async () => {
        await report.end();
        reportUnwritten(await page?.write());
      },
    );
    if (options.out !== undefined && plan !== undefined)
      reportUnwritten(writeSavedPlan(options.out, savedRequest(request), plan, summary));
    return exitCodeOf(options, summary, plan, unwritten.length === 0);
  } finally {
    factsCache.keep();
    release();
  }
}

const openReport = (options: RunOptions): Promise<Report> =>
  createReport(outputOf(options), {
    write: (text) => {
      if (process.stdout.writable) process.stdout.write(text);
    },
    columns: terminalColumns(),
    tty: process.stdout.isTTY === true,
    color: wantsColor(options),
    verbosity: options.verbose >= 2 ? 2 : options.verbose === 1 ? 1 : 0,
    diff: options.diff === true,
    now: () => performance.now(),
  });

/** The exit code of the run. A run that cannot write all its files has failed. */
function exitCodeOf(options: RunOptions, summary: Summary, plan: Plan | undefined, written: boolean): number {
  if (outputOf(options) === "nagios") return written ? nagiosResult(summary, plan).code : unknown;
  const code = exitCode(summary, plan);
  return !written && (code === 0 || code === 2) ? 1 : code;
}

/** The page of `--report`; its code loads only with this option. */
async function pageOf(
  { options, project }: Pick<RunRequest, "options" | "project">,
  redactor: Redactor,
): Promise<RunPage | undefined> {
  if (options.report === undefined) return undefined;
  const { openRunPage } = await import("./run-page.ts");
  const { topology } = project;
  return openRunPage(options.report, { topology, redactor, now: () => performance.now() });
}

function outputOf({ output }: RunOptions): OutputName {
  return output ?? (process.stdout.isTTY === true ? "pretty" : "plain");
}

const savedRequest = ({ options, persistent }: Pick<RunRequest, "options" | "persistent">) =>
  requestFrom(persistent.saved({ ...options }));

/** Parts of the command that the run uses. */
type RunHooks = Pick<Reach, "factsCache" | "sessions"> & Pick<Caller, "stop" | "emit" | "resume">;

/** The input of a run. */
export function inputOf(
  { command, options, project, secrets, password, saved }: Omit<RunRequest, "persistent">,
  { factsCache, sessions, stop, emit, resume }: RunHooks,
): RunInput {
  const { topology, roles, render, assets } = project;
  const { transport: kind, acceptNewHostKeys = false, forks, timeout } = options;
  return {
    wanted: { topology, roles, render, assets, secrets, kinds },
    reach: {
      targets: targetsOf(project, password),
      transport: openTransport({ kind, acceptNewHostKeys }),
      connectDeadline: timeout * 1000,
      forks,
      holder: holderName(),
      sessions,
      factsCache,
    },
    policy: {
      command,
      selected: project.selected,
      onlyRoles: options.roles === undefined ? "all" : new Set(options.roles),
      force: options.force === true,
      prune: options.prune === true,
      diff: options.diff === true,
      ...(saved === undefined ? {} : { saved }),
    },
    caller: { stop, now: () => performance.now(), emit, resume },
  };
}

/** The arguments of the same command on the remaining hosts. */
const resumeArguments = (
  { command, options, persistent }: Pick<RunRequest, "command" | "options" | "persistent">,
  hosts: readonly string[],
): readonly string[] => [
  ...(command === "apply" ? [] : [command]),
  ...persistent.words({ ...options }),
  "-l",
  hosts.join(","),
];
