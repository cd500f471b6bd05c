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
import { told } from "../command-output.ts";
import { sudoPassword } from "../password.ts";
import { secretsOf } from "../project/secrets.ts";
import { refuse } from "../refusal.ts";
import { holderName, targetsOf } from "../targets.ts";
import { terminalColumns, wantsColor } from "../terminal.ts";
import type { LastingOptions } from "./continuing.ts";
import { openFactsCache } from "./facts-cache.ts";
import { onInterrupt } from "./interrupt.ts";
import { type PreparedRun, prepareRun, type RunOptions } from "./prepare.ts";
import type { RunPage } from "./run-page.ts";
import { writeSavedPlan } from "./saved-plan.ts";

/** apply, plan and check: one code, stopped before anything is changed unless the command is apply. */
export async function runCommand(
  command: Command,
  given: RunOptions,
  lasting: LastingOptions,
): Promise<number> {
  const ready = prepareRun(given, lasting);
  if (!ready.ok) return refuse(ready.error, given);
  const { options, project } = ready.value;
  for (const warning of project.warnings) process.stderr.write(`${formatDiagnostic(warning)}\n`);
  const secrets = await secretsOf(project, process.cwd());
  if (!secrets.ok) return refuse(secrets.error, options);
  const asked = { command, ...ready.value, lasting, secrets: secrets.value };
  const password = await sudoPassword(options);
  return password.ok ? carryOut({ ...asked, password: password.value }) : refuse(password.error, options);
}

/** What a monitoring plugin ends with that could not find out. */
const unknown = 3;

/** One run, as asked for. */
interface Asked extends PreparedRun {
  readonly command: Command;
  readonly secrets: Secrets;
  readonly password: string | undefined;
  readonly lasting: LastingOptions;
}

async function carryOut(asked: Asked): Promise<number> {
  const { options } = asked;
  const redactor = newRedactor(asked.secrets.values);
  const report = await openReport(options);
  const page = await pageOf(asked, redactor);
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
    const tellUnwritten = (problem: Diagnostic | undefined): void => {
      if (problem === undefined) return;
      unwritten.push(problem);
      process.stderr.write(told([problem]));
    };
    const resume = (hosts: readonly string[]): readonly string[] => resumeArguments(asked, hosts);
    const summary = await run(inputOf(asked, { factsCache, stop, sessions, emit, resume })).finally(
      async () => {
        await report.end();
        tellUnwritten(await page?.write());
      },
    );
    if (options.out !== undefined && plan !== undefined)
      tellUnwritten(writeSavedPlan(options.out, keptOf(asked), plan, summary));
    return endOf(options, summary, plan, unwritten.length === 0);
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

/** The exit code. A run that could not write all its files has failed. */
function endOf(options: RunOptions, summary: Summary, plan: Plan | undefined, written: boolean): number {
  if (outputOf(options) === "nagios") return written ? nagiosResult(summary, plan).code : unknown;
  const code = exitCode(summary, plan);
  return !written && (code === 0 || code === 2) ? 1 : code;
}

/** The page that was asked for. Nothing of it is loaded where none was. */
async function pageOf(
  { options, project }: Pick<Asked, "options" | "project">,
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

const keptOf = ({ options, lasting }: Pick<Asked, "options" | "lasting">) =>
  requestFrom(lasting.saved({ ...options }));

/** What the command lends to the run. */
type Lent = Pick<Reach, "factsCache" | "sessions"> & Pick<Caller, "stop" | "emit" | "resume">;

/** What a run is made from. */
export function inputOf(
  { command, options, project, secrets, password, saved }: Omit<Asked, "lasting">,
  { factsCache, sessions, stop, emit, resume }: Lent,
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

/** The same command, on the hosts that are left. */
const resumeArguments = (
  { command, options, lasting }: Pick<Asked, "command" | "options" | "lasting">,
  hosts: readonly string[],
): readonly string[] => [
  ...(command === "apply" ? [] : [command]),
  ...lasting.words({ ...options }),
  "-l",
  hosts.join(","),
];
