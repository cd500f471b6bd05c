import type { Result } from "../../base/result.ts";
import { printable } from "../../base/text.ts";
import type { LabDriver, LabEvent, LabFailure, LabHost, LabStep } from "../../lab/driver.ts";
import { type LabOptions, openLab } from "../../lab/open-lab.ts";
import { runInTerminal } from "../../lab/programs.ts";
import { badInput } from "../../report/exit-code.ts";
import { newPrinter, printableText } from "../../report/printable.ts";
import { vagrantFolder } from "../package.ts";

/** Selects a lab; every field is optional. */
export type LabChoice = Omit<LabOptions, "vagrantfile">;

const open = (choice: LabChoice): Result<LabDriver, LabFailure> =>
  openLab({ ...choice, vagrantfile: vagrantFolder });

/** Live rows need a terminal of known width with enough columns and rows. */
const MAX_ROWS = 15;
const MIN_COLUMNS = 40;

const print = (line: string): void => {
  process.stdout.write(`${printable(line)}\n`);
};

/** `provision lab up`: changes the lab to exactly these hosts. Exit codes: 0 all up · 1 failed or stopped · 3 bad input. */
export async function labUp(hosts: readonly LabHost[], choice: LabChoice = {}): Promise<number> {
  const lab = open(choice);
  if (!lab.ok) return exitCode(lab);
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(130); // the second Ctrl-C: `up` and `down` work afterwards
    stop.abort();
  };
  process.on("SIGINT", interrupt); // not `once`: without a listener, execa ends the process
  const names = hosts.map((host) => host.name);
  const startedAt = performance.now();
  const done = await withProgress(names, ["ready", "kept"], (onEvent) =>
    lab.value.up(hosts, { onEvent, signal: stop.signal }),
  );
  process.removeListener("SIGINT", interrupt);
  if (stop.signal.aborted)
    print("stopped: `provision lab up` continues, `provision lab down` removes the lab");
  else if (done.ok)
    print(`${hosts.length} hosts up in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return stop.signal.aborted ? Math.max(1, exitCode(done)) : exitCode(done);
}

/** `provision lab down`: removes every trace of the lab. */
export async function labDown(choice: LabChoice = {}): Promise<number> {
  const lab = open(choice);
  if (!lab.ok) return exitCode(lab);
  const names = await namesOf(lab.value);
  return exitCode(await withProgress(names, ["removed"], (onEvent) => lab.value.down({ onEvent })));
}

/** `provision lab status`: for each host name, address, state, process id of its init. Exit code 1 unless all run. */
export async function labStatus(choice: LabChoice = {}): Promise<number> {
  const lab = open(choice);
  const status = lab.ok ? await lab.value.status() : lab;
  if (!status.ok) return exitCode(status);
  if (status.value.length === 0) print("no lab runs on this machine: `provision lab up` creates one");
  const width = Math.max(0, ...status.value.map((host) => host.name.length));
  const wide = Math.max(15, ...status.value.map((host) => host.address.length));
  for (const { name, address, state, pid } of status.value)
    print(`${name.padEnd(width)}  ${address.padEnd(wide)}  ${state}${pid === undefined ? "" : `  ${pid}`}`);
  return status.value.every((host) => host.state === "running") ? 0 : 1;
}

/** `provision lab ssh NAME [COMMAND…]`: a login as root, or one command. Returns ssh's exit code. */
export async function labSsh(
  name: string,
  command: readonly string[],
  choice: LabChoice = {},
): Promise<number> {
  const lab = open(choice);
  const ssh = lab.ok ? lab.value.sshCommand(name) : lab;
  if (!ssh.ok) return exitCode(ssh);
  const [program = "ssh", ...args] = ssh.value;
  return runInTerminal(program, [...args, ...command]);
}

/** `provision lab off NAME`: cuts the power of a host. `provision lab on NAME`: boots it again, with its files. */
export async function labPower(name: string, state: "off" | "on", choice: LabChoice = {}): Promise<number> {
  const lab = open(choice);
  if (!lab.ok) return exitCode(lab);
  const done = await (state === "off" ? lab.value.powerOff(name) : lab.value.powerOn(name));
  if (done.ok) print(`${name} is ${state}`);
  return exitCode(done);
}

async function namesOf(lab: LabDriver): Promise<readonly string[]> {
  const status = await lab.status();
  return status.ok ? status.value.map((host) => host.name) : [];
}

/** Shows events as live rows on a terminal, else as lines. */
async function withProgress<T>(
  names: readonly string[],
  ends: readonly LabStep[],
  work: (onEvent: (event: LabEvent) => void) => Promise<T>,
): Promise<T> {
  const live = process.stdout.isTTY && process.stdout.columns >= MIN_COLUMNS && names.length <= MAX_ROWS;
  if (!live) return work((event) => print(lineOf(event)));
  const { showLab } = await import("../../report/pretty/lab.ts"); // loads listr2
  const printer = newPrinter();
  return showLab("lab", names, ends, (show) => work((event) => show(printer.value(event))));
}

const lineOf = ({ host, step, detail, ms }: LabEvent): string =>
  `${host}: ${step}${detail === undefined ? "" : ` — ${detail}`} (${(ms / 1000).toFixed(1)} s)`;

function exitCode(done: Result<unknown, LabFailure>): number {
  if (done.ok) return 0;
  const { message, detail, hint, input } = done.error;
  const lines = [message, detail?.replace(/^/gm, "  "), hint && `hint: ${hint}`];
  process.stderr.write(`${printableText(lines.filter(Boolean).join("\n"))}\n`);
  return input ? badInput : 1;
}
