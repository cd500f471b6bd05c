import type { FileContent, FileContents } from "../../src/model/event.ts";
import type { Change } from "../../src/model/plan.ts";
import { arrivals, canary, change, hash, hostPlan, hostReport, inOrder, type Script } from "./build.ts";
import { conf, ended, key, started, unit, vip, webStage } from "./resources.ts";

const before = [
  "worker_processes 2;",
  ...Array.from({ length: 12 }, (_, n) => `# line ${n}`),
  "listen 80;\r",
  "",
].join("\n");
const after = [
  "worker_processes 4;",
  ...Array.from({ length: 12 }, (_, n) => `# line ${n}`),
  "listen 8080;",
  "",
].join("\n");
const page = change("create", "file:/srv/www/index.html", {
  fields: [{ field: "sha256", after: hash("f") }],
});
const logo = change("update", "file:/srv/www/logo.png", {
  fields: [{ field: "sha256", before: hash("1"), after: hash("2") }],
});
const old = change("delete", "file:/etc/nginx/sites-enabled/default", {
  cause: "pending",
  fields: [{ field: "sha256", before: hash("3") }],
});
const planned = [conf, key, page, logo, old, unit];
const pairOf = (after: string | null, before: string | null = null, secret = false) => ({
  before,
  after,
  secret,
});
const lines = Array.from({ length: 250 }, (_, n) => `<p>${n}</p>\n`).join("");
const contentsOn = (host: string): readonly [string, FileContent][] => [
  [`${host}\0${conf.id}`, pairOf(after.replace("8080", host === "web1" ? "8080" : "8081"), before)],
  [`${host}\0${key.id}`, pairOf(`key = ${canary}\n`, null, true)],
  [`${host}\0${page.id}`, pairOf(lines)],
  [`${host}\0${logo.id}`, pairOf("PNG\0\u0002\u0003", "PNG\0\u0001")],
  [`${host}\0${old.id}`, pairOf(null, "server {}")],
];
const contents: FileContents = new Map([...contentsOn("web1"), ...contentsOn("web2")]);
const planHosts = [hostPlan("web1", planned), hostPlan("web2", planned), hostPlan("web3", [])];

/** A plan with the differences of its files. */
const planDiff: Script = {
  name: "plan-diff",
  exit: 2,
  diff: true,
  steps: inOrder([
    started("plan", ["web1", "web2", "web3"]),
    ...arrivals(planHosts),
    [
      700,
      {
        type: "plan-ready",
        stages: [webStage],
        hosts: planHosts,
        stale: ["lb1", "lb2"],
        rollouts: [],
        contents,
      },
    ],
    ...ended(710, {
      command: "plan",
      ms: 710,
      hosts: [
        hostReport("web1", "changes", 0, { left: planned }),
        hostReport("web2", "changes", 0, { left: planned }),
        hostReport("web3", "unchanged", 0),
      ],
    }),
  ]),
};

const caused: readonly Change[] = [
  { ...conf, cause: "drift" },
  change("update", "sysctl:net.core.somaxconn", {
    cause: "pending",
    fields: [{ field: "value", before: "128", after: "4096" }],
  }),
  change("update", "user:deploy", {
    cause: "conflict",
    fields: [{ field: "groups", before: ["adm", "www"], after: ["www"] }],
  }),
  page,
  vip,
];
const orphaned = hostPlan("web2", [], {
  orphans: [{ id: "file:/etc/nginx/conf.d/old.conf", role: "nginx" }],
});

/** Every cause there is, and an orphan. */
const checkCauses: Script = {
  name: "check-causes",
  exit: 2,
  steps: inOrder([
    started("check", ["web1", "web2"]),
    ...arrivals([hostPlan("web1", caused), orphaned]),
    [
      600,
      {
        type: "plan-ready",
        stages: [webStage],
        hosts: [hostPlan("web1", caused), orphaned],
        stale: [],
        rollouts: [],
      },
    ],
    ...ended(620, {
      command: "check",
      ms: 620,
      hosts: [hostReport("web1", "changes", 0, { left: caused }), hostReport("web2", "unchanged", 0)],
    }),
  ]),
};

/** Only an orphan. */
const checkOrphan: Script = {
  name: "check-orphan",
  exit: 2,
  steps: inOrder([
    started("check", ["web2"]),
    ...arrivals([orphaned]),
    [600, { type: "plan-ready", stages: [webStage], hosts: [orphaned], stale: [], rollouts: [] }],
    ...ended(620, { command: "check", ms: 620, hosts: [hostReport("web2", "unchanged", 0)] }),
  ]),
};

/** Every run that only observes. */
export const planScripts: readonly Script[] = [planDiff, checkCauses, checkOrphan];
