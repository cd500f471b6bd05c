import type { Failure } from "../../src/model/failure.ts";
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
import {
  conf,
  ended,
  key,
  pkg,
  proxy,
  refusedConnection,
  started,
  unit,
  vip,
  webStage,
} from "./resources.ts";

const lbStage = stage("haproxy, keepalived", ["haproxy", "keepalived"], ["lb1"]);
const packages = stage("packages", [], ["web1", "web2"]);
const plans = [
  hostPlan("lb1", [proxy, vip]),
  hostPlan("web1", [pkg, conf, key, unit]),
  hostPlan("web2", [pkg, conf, key, unit]),
];
const planReady: Step = planned(700, [webStage, lbStage], plans);

const aptLines = [
  "Reading package lists...",
  "\u001b[33mUnpacking\u001b[0m nginx-light (1.22.1-9) ...",
  "Progress: 10%\rProgress: 90%\r",
  "Setting up nginx-light (1.22.1-9) ...",
];
const throughWeb = (host: string, from: number): readonly Step[] => [
  ...doing(host, conf, from, from + 200),
  ...doing(host, key, from + 200, from + 300),
  ...doing(host, unit, from + 300, from + 500),
  [
    from + 500,
    {
      type: "waiting",
      host,
      what: "http to be healthy (http://10.0.0.2:80/healthz answers 200)",
      until: 60_000,
    },
  ],
  [from + 1100, { type: "gate-passed", host, service: "http", ms: 600 }],
];
const installed: readonly Step[] = [
  [800, { type: "stage-started", stage: packages, changes: 2 }],
  ...doing("web1", pkg, 810, 9810, aptLines),
  ...doing("web2", pkg, 820, 4820, aptLines),
  [9810, { type: "stage-finished", stage: packages, ms: 9010 }],
];

/** Three hosts without failures. */
const converged: Script = {
  name: "converged",
  exit: 0,
  steps: inOrder([
    started("apply", ["lb1", "web1", "web2"]),
    ...arrivals(plans),
    planReady,
    ...installed,
    [9820, { type: "stage-started", stage: webStage, changes: 6 }],
    ...throughWeb("web1", 9830),
    ...throughWeb("web2", 11000),
    [12200, { type: "stage-finished", stage: webStage, ms: 2380 }],
    [12210, { type: "stage-started", stage: lbStage, changes: 2 }],
    ...doing("lb1", proxy, 12220, 12420),
    ...doing(
      "lb1",
      change("update", vip.id, {
        role: "keepalived",
        fields: [{ field: "running", before: false, after: true }],
      }),
      12420,
      13000,
    ),
    [13010, { type: "stage-finished", stage: lbStage, ms: 800 }],
    ...ended(13100, {
      command: "apply",
      ms: 13100,
      hosts: [
        hostReport("lb1", "converged", 2),
        hostReport("web1", "converged", 4),
        hostReport("web2", "converged", 4),
      ],
    }),
  ]),
};

/** Nothing to do. */
const unchanged: Script = {
  name: "unchanged",
  exit: 0,
  steps: inOrder([
    started("apply", ["lb1", "web1"]),
    ...arrivals([hostPlan("lb1", []), hostPlan("web1", [])]),
    planned(600, [webStage], [hostPlan("lb1", []), hostPlan("web1", [])]),
    ...ended(610, {
      command: "apply",
      ms: 610,
      hosts: [hostReport("lb1", "unchanged", 0), hostReport("web1", "unchanged", 0)],
    }),
  ]),
};

const refusedConf: Failure = {
  code: "check-refused",
  message: "web1: nginx refused the new /etc/nginx/nginx.conf; the old one is still in place",
  detail: [
    'nginx: [emerg] unknown directive "wrker_processes" in /etc/nginx/nginx.conf:3',
    "nginx: configuration file /etc/nginx/nginx.conf test failed",
  ].join("\n"),
  hint: "see which template line made it: provision why web1 /etc/nginx/nginx.conf:3",
  source: { file: "inventories/prod.yml", line: 14, col: 9 },
};
const dependency: Failure = {
  code: "dependency-failed",
  message: "lb1: needs http, of which 0 of 1 members are left",
};

/** A refused config, a health check that does not pass, and a host that is skipped because of them. */
const failures: Script = {
  name: "failures",
  exit: 1,
  steps: inOrder([
    started("apply", ["lb1", "web1", "web2"]),
    ...arrivals(plans),
    planReady,
    ...installed,
    [9820, { type: "stage-started", stage: webStage, changes: 6 }],
    ...failing("web1", conf, 9830, 10030, refusedConf),
    ...throughWeb("web2", 11000).slice(0, -1),
    ...gateFailed(72_000),
    [72_010, { type: "stage-finished", stage: webStage, ms: 62_190 }],
    [72_020, { type: "stage-started", stage: lbStage, changes: 2 }],
    [72_020, { type: "host-failed", host: "lb1", failure: dependency }],
    [72_030, { type: "stage-finished", stage: lbStage, ms: 10 }],
    ...ended(72_100, {
      command: "apply",
      ms: 72_100,
      hosts: [
        hostReport("lb1", "failed", 0, { left: [proxy, vip], failure: dependency }),
        hostReport("web1", "failed", 1, { left: [conf, key, unit], failure: refusedConf }),
        hostReport("web2", "failed", 4, { failure: unhealthy() }),
      ],
      resume: ["apply", "-i", "inventories/prod.yml", "-l", "lb1,web1,web2", "-e", "note=two words"],
    }),
  ]),
};

function unhealthy(): Failure {
  return {
    code: "gate-failed",
    message: "web2: http is not healthy after 60 s (http://10.0.0.2:80/healthz answers 200)",
    detail: "answer: 503",
  };
}

function gateFailed(at: number): readonly Step[] {
  return [
    [at, { type: "gate-failed", host: "web2", service: "http", failure: unhealthy() }],
    [at, { type: "host-failed", host: "web2", failure: unhealthy() }],
  ];
}

/** One host of two does not answer; the other is done. */
const unreachable: Script = {
  name: "unreachable",
  exit: 4,
  steps: inOrder([
    started("apply", ["web1", "web2"]),
    ...arrivals([hostPlan("web1", [unit])]),
    [20, { type: "host-connecting", host: "web2", address: "10.0.0.9" }],
    [10_020, { type: "host-failed", host: "web2", failure: refusedConnection("web2") }],
    planned(10_030, [webStage], [hostPlan("web1", [unit])]),
    [10_040, { type: "stage-started", stage: webStage, changes: 1 }],
    ...doing("web1", unit, 10_050, 10_150),
    [10_160, { type: "stage-finished", stage: webStage, ms: 120 }],
    ...ended(10_200, {
      command: "apply",
      ms: 10_200,
      hosts: [
        hostReport("web1", "converged", 1),
        hostReport("web2", "unreachable", 0, { failure: refusedConnection("web2") }),
      ],
      resume: ["apply", "-i", "prod.yml", "-l", "web2"],
    }),
  ]),
};

const stopped = (host: string): Failure => ({ code: "interrupted", message: `${host}: stopped by the user` });

/** Stopped by the user in the middle of a stage. */
const interrupted: Script = {
  name: "interrupted",
  exit: 1,
  steps: inOrder([
    started("apply", ["lb1", "web1", "web2"]),
    ...arrivals(plans),
    planReady,
    ...installed,
    [9820, { type: "stage-started", stage: webStage, changes: 6 }],
    ...doing("web1", conf, 9830, 10_030),
    [9900, { type: "interrupting" }],
    [10_030, { type: "host-failed", host: "web1", failure: stopped("web1") }],
    [10_030, { type: "host-failed", host: "web2", failure: stopped("web2") }],
    [10_040, { type: "stage-finished", stage: webStage, ms: 220 }],
    ...ended(10_100, {
      command: "apply",
      ms: 10_100,
      hosts: [
        hostReport("lb1", "skipped", 0, { left: [proxy, vip] }),
        hostReport("web1", "interrupted", 2, { left: [key, unit], failure: stopped("web1") }),
        hostReport("web2", "interrupted", 1, { left: [conf, key, unit], failure: stopped("web2") }),
      ],
      resume: ["apply", "-i", "prod.yml", "-l", "lb1,web1,web2"],
    }),
  ]),
};

/** Every run with changes. */
export const applyScripts: readonly Script[] = [converged, unchanged, failures, unreachable, interrupted];
