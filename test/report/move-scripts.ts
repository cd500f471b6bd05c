import type { MoveStep } from "../../src/model/event.ts";
import {
  arrivals,
  change,
  doing,
  hostPlan,
  hostReport,
  inOrder,
  planned,
  type Script,
  type Step,
  stage,
} from "./build.ts";
import { ended, started } from "./resources.ts";

const settings = change("update", "file:/etc/mysql/mariadb.conf.d/60-provision.cnf", { role: "mysql" });
const restart = change("reload", "unit:mariadb.service", { role: "mysql", trigger: "restart" });
const databases = stage("mysql", ["mysql"], ["db1", "db2"]);
const plans = [hostPlan("db1", [settings, restart]), hostPlan("db2", [settings, restart])];

/** One step of the move that begins at 3000, from its begin to its end. */
function step(host: string, what: string, from: number, to: number, failed = false): readonly Step[] {
  const told = (at: number, ended: Pick<MoveStep, "ms" | "failed">): Step => [
    at,
    { type: "step", service: "sql", host, what, ...ended, since: at - 3000 },
  ];
  return [told(from, {}), told(to, failed ? { ms: to - from, failed } : { ms: to - from })];
}

/** The leader moves from db1 to db2; db3, which no run of this test works on, could not be asked. */
export const moving: readonly Step[] = inOrder([
  ...step("db1", "hands over", 3010, 3250),
  [
    3450,
    {
      type: "moved",
      service: "sql",
      from: "db1",
      to: "db2",
      pause: 240,
      left: [{ host: "db3", why: "could not be asked" }],
      alone: false,
    },
  ],
]);

/** A move that another member refuses: one that a run of this test does not work on. */
export const refused: readonly Step[] = step("db3", "leads, though others are missing", 3010, 3110, true);

/** A run that moves the leader away before it restarts its host's database. */
export const moveScript: Script = {
  name: "move",
  exit: 0,
  steps: inOrder([
    started("apply", ["db1", "db2"]),
    ...arrivals(plans),
    planned(700, [databases], plans),
    [800, { type: "stage-started", stage: databases, changes: 4 }],
    ...doing("db2", settings, 810, 900),
    ...doing("db2", restart, 900, 2900),
    [3000, { type: "waiting", host: "db1", what: "the leader of sql to move away", until: 120_000 }],
    ...moving,
    ...doing("db1", settings, 3500, 3600),
    ...doing("db1", restart, 3600, 5600),
    [5700, { type: "stage-finished", stage: databases, ms: 4900 }],
    ...ended(5800, {
      command: "apply",
      ms: 5800,
      hosts: [hostReport("db1", "converged", 2), hostReport("db2", "converged", 2)],
    }),
  ]),
};
