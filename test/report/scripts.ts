import type { Failure } from "../../src/model/failure.ts";
import { applyScripts } from "./apply-scripts.ts";
import {
  arrivals,
  change,
  doing,
  failing,
  hostPlan,
  hostReport,
  inOrder,
  planned,
  type Script,
  type Step,
  stage,
} from "./build.ts";
import { moveScript } from "./move-scripts.ts";
import { planScripts } from "./plan-scripts.ts";
import { conf, ended, pkg, refusedConnection, started } from "./resources.ts";

const names = Array.from({ length: 300 }, (_, n) => `web${String(n + 1).padStart(3, "0")}`);
const [reached, lost] = [names.slice(0, 290), names.slice(290)];
const broken = reached.slice(0, 4);
const noSpace = (host: string): Failure => ({
  code: "command-failed",
  message: `${host}: package:nginx-light failed with exit code 100`,
  detail: "E: No space left on device",
});
const manyStage = stage("nginx", ["nginx"], reached);

/** 300 hosts: 10 are unreachable, and 4 have the same failure. */
const many: Script = {
  name: "many",
  exit: 1,
  steps: inOrder([
    started("apply", names),
    ...arrivals(reached.map((host) => hostPlan(host, [pkg, conf]))),
    ...lost.map((host): Step => [5, { type: "host-connecting", host, address: "10.0.0.9" }]),
    ...lost.map((host): Step => [5000, { type: "host-failed", host, failure: refusedConnection(host) }]),
    planned(
      5010,
      [manyStage],
      reached.map((host) => hostPlan(host, [pkg, conf])),
    ),
    [5020, { type: "stage-started", stage: manyStage, changes: 580 }],
    ...reached.flatMap((host) =>
      broken.includes(host)
        ? failing(host, pkg, 5030, 6030, noSpace(host))
        : [...doing(host, pkg, 5030, 7030), ...doing(host, conf, 7030, 7130)],
    ),
    [7200, { type: "stage-finished", stage: manyStage, ms: 2180 }],
    ...ended(7300, {
      command: "apply",
      ms: 7300,
      hosts: names.map((host) => {
        if (lost.includes(host))
          return hostReport(host, "unreachable", 0, { failure: refusedConnection(host) });
        if (broken.includes(host))
          return hostReport(host, "failed", 0, { left: [pkg, conf], failure: noSpace(host) });
        return hostReport(host, "converged", 2);
      }),
      resume: ["apply", "-i", "prod.yml", "-l", [...broken, ...lost].join(",")],
    }),
  ]),
};

/** Every run that the golden files show. */
export const scripts: readonly Script[] = [...applyScripts, moveScript, ...planScripts, many];

/** A large run for a terminal: every change has two events, and one line of output. */
export function largeRun(hosts: number, changes: number): Script {
  const all = Array.from({ length: hosts }, (_, n) => `web${String(n + 1).padStart(4, "0")}`);
  const todo = Array.from({ length: changes }, (_, n) => change("create", `file:/srv/www/page-${n}.html`));
  const plans = all.map((host) => hostPlan(host, todo));
  const big = stage("nginx", ["nginx"], all);
  const end = 1100 + changes * 100;
  return {
    name: `large-${hosts}`,
    exit: 0,
    steps: inOrder([
      started("apply", all),
      ...arrivals(plans).map(([at, event]): Step => [Math.min(at, 900), event]),
      planned(1000, [big], plans),
      [1050, { type: "stage-started", stage: big, changes: hosts * changes }],
      ...all.flatMap((host) =>
        todo.flatMap((what, n) => doing(host, what, 1100 + n * 100, 1190 + n * 100, [`writing ${what.id}`])),
      ),
      [end, { type: "stage-finished", stage: big, ms: end - 1050 }],
      ...ended(end, {
        command: "apply",
        ms: end,
        hosts: all.map((host) => hostReport(host, "converged", changes)),
      }),
    ]),
  };
}
