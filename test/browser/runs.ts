import { resolve } from "node:path";
import { loadProject, type Project } from "../../src/cli/project/project.ts";
import { openRunPage } from "../../src/cli/run/run-page.ts";
import type { Change } from "../../src/model/plan.ts";
import type { HostReport } from "../../src/model/summary.ts";
import { newRedactor } from "../../src/secrets/redact.ts";
import {
  arrivals,
  change,
  doing,
  failing,
  hostPlan,
  hostReport,
  inOrder,
  type Step,
  stage,
} from "../report/build.ts";
import { conf, refusedConnection } from "../report/resources.ts";

const root = resolve(import.meta.dirname, "../..");

/** A value that is secret, in a host's own words. */
export const told = "told-4711-hunter2";

const refused = (host: string): NonNullable<HostReport["failure"]> => ({
  code: "check-refused",
  message: `${host}: nginx refused the new /etc/nginx/nginx.conf; the old one is still in place`,
  detail: `nginx: [emerg] unknown directive "server_tokenz" in /etc/nginx/nginx.conf:3\npassword = ${told}`,
  hint: "mend the template, and run again",
  source: { file: "templates/nginx/nginx.conf.hbs", line: 12, col: 1 },
});

/** Runs over every host of an inventory, one stage a level: the last host is not reached, one in the middle fails. */
export async function writeRun(inventory: string, file: string): Promise<void> {
  const project = loadProject({ inventory: [inventory], extraVars: [] }, root);
  if (!project.ok) throw new Error(JSON.stringify(project.error));
  let clock = 0;
  const { topology } = project.value;
  const page = openRunPage(file, { topology, redactor: newRedactor([told]), now: () => clock });
  for (const [at, event] of stepsOf(project.value)) {
    clock = at;
    page.event(newRedactor([told]).value(event));
  }
  const problem = await page.write();
  if (problem !== undefined) throw new Error(problem.message);
}

const todo = (role: string): readonly Change[] => [
  change("create", `package:${role}`, { role }),
  change("update", `file:/etc/${role}/a-file-with-a-name-that-is-rather-long.conf`, {
    role,
    fields: [{ field: "mode", before: "0600", after: "0644" }],
  }),
  change("reload", `unit:${role}.service`, { role, trigger: "reload", why: `watches file:/etc/${role}` }),
];

function stepsOf({ topology, selected }: Project): readonly Step[] {
  const hosts = [...selected];
  const [lost = "", bad = ""] = [hosts.at(-1), hosts[Math.floor(hosts.length / 2)]];
  const levels = topology.levels.map((roles) => ({
    roles,
    players: topology.hosts
      .filter(({ members }) => members.some(({ role }) => roles.includes(role)))
      .map(({ host }) => host.name)
      .filter((name) => name !== lost),
  }));
  const plans = hosts.filter((name) => name !== lost).map((name) => hostPlan(name, todo("nginx")));
  const steps: Step[] = [
    [0, { type: "run-started", command: "apply", hosts, forks: 25 }],
    ...arrivals(plans).map(([at, event]): Step => [Math.min(at, 2000), event]),
    [5, { type: "host-connecting", host: lost, address: "10.0.0.9" }],
    [10_000, { type: "host-failed", host: lost, failure: refusedConnection(lost) }],
  ];
  let at = 10_100;
  let ill = false;
  for (const { roles, players } of levels) {
    const working = players.filter((name) => !ill || name !== bad);
    const one = stage(roles.join(", "), roles, working);
    steps.push([at, { type: "stage-started", stage: one, changes: working.length * 3 }]);
    const from = at;
    for (const [i, name] of working.entries()) steps.push(...work(name, roles[0] ?? "", at + i * 40));
    at += 4000 + working.length * 40;
    steps.push([at, { type: "stage-finished", stage: one, ms: at - from }]);
    if (working.includes(bad) && !ill) {
      ill = true;
      steps.push(...failing(bad, conf, at - 500, at, refused(bad)));
    }
  }
  const summary = {
    command: "apply",
    hosts: hosts.map((name) => reportOf(name, bad, lost)),
    ms: at + 50,
    resume: ["-i", "prod.yml", "-l", [bad, lost].join(",")],
  } as const;
  return inOrder([...steps, [at + 50, { type: "run-finished", ...summary }]]);
}

function reportOf(name: string, bad: string, lost: string): HostReport {
  if (name === lost) return hostReport(name, "unreachable", 0, { failure: refusedConnection(name) });
  if (name === bad) return hostReport(name, "failed", 3, { failure: refused(name), left: todo("nginx") });
  return hostReport(name, "converged", 6);
}

function work(host: string, role: string, from: number): readonly Step[] {
  const [pkg, file, unit] = todo(role);
  if (pkg === undefined || file === undefined || unit === undefined) return [];
  const what = `${role} to be healthy (http://${host}/healthz answers 200)`;
  return [
    ...doing(host, pkg, from, from + 2200),
    ...doing(host, file, from + 2200, from + 2300),
    ...doing(host, unit, from + 2300, from + 2700),
    [from + 2700, { type: "waiting", host, what, until: 60_000 }],
    [from + 3300, { type: "gate-passed", host, service: role, ms: 600 }],
  ];
}
