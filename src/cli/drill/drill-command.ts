import { randomInt } from "node:crypto";
import { diagnostic } from "../../base/diagnostic.ts";
import { type Drill, type Tried, tryFault } from "../../drill/drill.ts";
import { hostsOver } from "../../drill/hosts.ts";
import type { Power } from "../../drill/inject/power.ts";
import { clientOf } from "../../drill/load/client.ts";
import { secondsOf } from "../../drill/load/log.ts";
import { shuffled } from "../../drill/seed.ts";
import type { DrillRecord, Fault } from "../../model/drill.ts";
import { formatDiagnostic } from "../../report/diagnostic.ts";
import { faultLines } from "../../report/drill/lines.ts";
import { printableText } from "../../report/printable.ts";
import { openTransport } from "../../transport/connect.ts";
import { whyNotWritable, writeOut } from "../out-file.ts";
import { sudoPassword } from "../password.ts";
import { refuse } from "../refusal.ts";
import { targetsOf } from "../targets.ts";
import { begin, type Means } from "./begin.ts";
import { isConfirmed } from "./confirm.ts";
import { powerOf } from "./power.ts";
import { type DrillChoice, prepareDrill } from "./prepare.ts";
import { type DrillOutput, openDrillReport } from "./report.ts";

/** Options of `provision drill`. */
export interface DrillOptions extends DrillChoice {
  readonly yes?: boolean;
  readonly rounds: number;
  readonly seed?: number;
  readonly rate: number;
  readonly patience: number;
  readonly report?: string;
  readonly output?: DrillOutput;
  readonly askBecomePass?: boolean;
  readonly transport: "auto" | "ssh" | "openssh";
}

/**
 * `provision drill`. Exit codes: 0 every promise was kept · 1 one was not, or the drill could not go on · 3 bad input.
 */
export async function drillCommand(options: DrillOptions): Promise<number> {
  const prepared = prepareDrill(options);
  if (!prepared.ok) return refuse(prepared.error, options);
  const { project, settings, faults } = prepared.value;
  for (const warning of project.warnings) process.stderr.write(`${formatDiagnostic(warning)}\n`);
  const unwritable = options.report === undefined ? undefined : whyNotWritable(pageFile(options.report));
  if (unwritable !== undefined) return refuse([unwritable], options);
  const power = await powerOf(project, settings);
  const untried = untriedOf(faults, power);
  if (options.list === true) {
    print(faultLines(faults, untried).join("\n"));
    return 0;
  }
  const tried = faults.filter(({ name }) => !untried.has(name));
  if (!(await isConfirmed(tried, prepared.value.url, options))) return refuse([notConfirmed], options);
  const password = await sudoPassword(options);
  if (!password.ok) return refuse(password.error, options);
  const transport = openTransport({ kind: options.transport, acceptNewHostKeys: false });
  const hosts = hostsOver(transport, targetsOf(project, password.value));
  const client = clientOf(prepared.value.url);
  try {
    return await carryOut({ prepared: prepared.value, options, hosts, client, power, tried, untried });
  } finally {
    client.close();
    void hosts.close();
  }
}

const notConfirmed = diagnostic(
  "error",
  "nothing was broken: the drill was not confirmed",
  undefined,
  "--yes confirms it without a terminal",
);

function untriedOf(faults: readonly Fault[], power: Power | undefined): ReadonlyMap<string, string> {
  const why = "nobody can cut the power of these hosts; set `drill: { power_off: …, power_on: … }`";
  const off = power === undefined ? faults.filter(({ way }) => way === "off" || way === "alerted") : [];
  return new Map(off.map(({ name }) => [name, why]));
}

interface Work extends Means {
  readonly options: DrillOptions;
  readonly tried: readonly Fault[];
  readonly untried: ReadonlyMap<string, string>;
}

async function carryOut(work: Work): Promise<number> {
  const { options, tried } = work;
  const seed = options.seed ?? randomInt(1, 100_000);
  const report = openDrillReport(options, { faults: tried.length * options.rounds, seed });
  const zero = performance.now();
  const drill = await begin(work, { report, zero, signal: stopSignal(), seed });
  if (!drill.ok) {
    report.end();
    return fails(drill.error);
  }
  const done = await tryAll(drill.value, tried, options.rounds);
  report.end();
  const record = recordOf(work, drill.value, { ...done, seed });
  report.record(record);
  return (await writePage(options, record)) && isKept(record) ? 0 : 1;
}

/** Ends when the user wants to stop. A fault under way is healed and audited first. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(130); // hosts heal by their timers
    process.stderr.write(
      "provision: heals and audits, then stops. Again: stops at once, and hosts heal by their timers\n",
    );
    stop.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  return stop.signal;
}

function recordOf(
  { prepared, options, untried }: Pick<Work, "prepared" | "options" | "untried">,
  { auditor, ledger, zero }: Pick<Drill, "auditor" | "ledger" | "zero">,
  { all, stopped, seed }: All & { readonly seed: number },
): DrillRecord {
  const sent = all.flatMap((one) => one.sent);
  return {
    version: 1,
    date: new Date().toISOString(),
    inventory: options.inventory,
    seed,
    url: prepared.url.href,
    judgesWrites: auditor !== undefined,
    acknowledged: ledger.ids.size,
    ledger: ledger.file,
    verdicts: all.map(({ verdict }) => verdict),
    untried: [...untried].map(([fault, why]) => ({ fault, why })),
    load: secondsOf(sent, zero),
    ...(stopped === undefined ? {} : { stopped }),
  };
}

const isKept = ({ verdicts, stopped }: DrillRecord): boolean =>
  stopped === undefined && verdicts.every(({ broken }) => broken.length === 0);

const pageFile = (file: string) => ({ option: "--report", file, cwd: process.cwd() });

async function writePage({ report }: DrillOptions, record: DrillRecord): Promise<boolean> {
  if (report === undefined) return true;
  const { drillPage } = await import("../../report/drill/page.ts");
  const problem = writeOut(pageFile(report), drillPage(record));
  if (problem !== undefined) process.stderr.write(`${formatDiagnostic(problem)}\n`);
  return problem === undefined;
}

interface All {
  readonly all: readonly Tried[];
  readonly stopped: string | undefined;
}

/** Tries all faults in a random order, each round in another one. Stops at the first loss, or when the stack stays ill. */
async function tryAll(drill: Drill, faults: readonly Fault[], rounds: number): Promise<All> {
  const all: Tried[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const fault of shuffled(faults, drill.random)) {
      if (drill.signal.aborted) return { all, stopped: "interrupted" };
      drill.emit({ type: "begun", fault, round });
      const tried = await tryFault(drill, fault, round);
      if (!tried.ok) return { all, stopped: `${fault.name}: ${tried.error}` };
      all.push(tried.value);
      const { verdict } = tried.value;
      drill.emit({ type: "ended", verdict });
      if (verdict.missing.length > 0)
        return { all, stopped: `${fault.name}: acknowledged writes are missing` };
      if (verdict.whole === undefined)
        return { all, stopped: `${fault.name}: the stack did not become whole` };
    }
  }
  return { all, stopped: undefined };
}

function print(text: string): void {
  if (process.stdout.writable) process.stdout.write(`${printableText(text)}\n`);
}

function fails(message: string): number {
  process.stderr.write(`${printableText(`provision: ${message}`)}\n`);
  return 1;
}
