// Shows a run on its terminal. `pretty.test.ts` bundles and starts it.
import { writeFileSync } from "node:fs";
import { createReport } from "../../../src/report/create.ts";
import { exitOf } from "../play.ts";
import { largeRun, scripts } from "../scripts.ts";

const [name = "", pace = "0", measures = "", color = ""] = process.argv.slice(2);
const large = /^large-(\d+)x(\d+)$/.exec(name);
const script =
  large === null ? scripts.find((one) => one.name === name) : largeRun(Number(large[1]), Number(large[2]));
if (script === undefined) throw new Error(`no such run: ${name}`);

/** `pace` is the real time of the whole run in milliseconds. It is shorter than the time by the clock of the run. */
const last = script.steps.at(-1)?.[0] ?? 1;
const begun = performance.now();
const scaled = (): number => ((performance.now() - begun) / Number(pace)) * last;
let clock = 0;
const report = await createReport("pretty", {
  write: (text) => void process.stdout.write(text),
  tty: process.stdout.isTTY,
  columns: process.stdout.columns ?? 0,
  color: color === "color",
  verbosity: 0,
  diff: script.diff === true,
  now: () => (pace === "0" ? clock : Math.max(clock, scaled())),
});

// A handler like that of the command line: a report must not end the process.
process.on("SIGINT", () => {});
for (const [at, event] of script.steps) {
  const wait = (at / last) * Number(pace) - (performance.now() - begun);
  if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
  clock = at;
  if (event.type === "interrupting") process.kill(process.pid, "SIGINT");
  report.event(event);
}
await report.end();
if (measures !== "") {
  const { user, system } = process.cpuUsage();
  writeFileSync(measures, JSON.stringify({ cpuMs: (user + system) / 1000, ms: performance.now() - begun }));
}
process.exitCode = exitOf(script.steps.map(([, event]) => event));
