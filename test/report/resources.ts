import type { Failure } from "../../src/model/failure.ts";
import type { Outcome, Summary } from "../../src/model/summary.ts";
import { change, hash, type Step, secretPayload, stage } from "./build.ts";

export const started = (command: "apply" | "plan" | "check", hosts: readonly string[]): Step => [
  0,
  { type: "run-started", command, hosts, forks: 8 },
];
const finished = (
  hosts: readonly {
    readonly host: string;
    readonly outcome: Outcome;
  }[],
  at: number,
): readonly Step[] =>
  hosts.map(({ host, outcome }): Step => [at, { type: "host-finished", host, outcome, ms: at }]);
export const ended = (at: number, summary: Summary): readonly Step[] => [
  ...finished(summary.hosts, at),
  [at, { type: "run-finished", ...summary }],
];

export const pkg = change("create", "package:nginx-light", { fields: [{ field: "installed", after: true }] });
export const conf = change("update", "file:/etc/nginx/nginx.conf", {
  cause: "pending",
  fields: [
    { field: "mode", before: "0600", after: "0644" },
    { field: "sha256", before: hash("a"), after: hash("b") },
  ],
});
export const key = change("create", "file:/etc/nginx/tls/site.key", {
  payload: secretPayload,
  fields: [{ field: "sha256", after: hash("c") }],
});
export const unit = change("reload", "unit:nginx.service", {
  cause: "pending",
  trigger: "reload",
  why: "watches file:/etc/nginx/nginx.conf",
});
export const proxy = change("update", "file:/etc/haproxy/haproxy.cfg", {
  cause: "drift",
  role: "haproxy",
  fields: [{ field: "sha256", before: hash("d"), after: hash("e") }],
});
export const vip = change("undecided", "unit:keepalived.service", {
  role: "keepalived",
  why: "its package is not installed",
});

export const webStage = stage("nginx", ["nginx"], ["web1", "web2"]);

export const refusedConnection = (host: string): Failure => ({
  code: "unreachable",
  message: `${host}: connect to 10.0.0.9 port 22: connection timed out after 10 s`,
  hint: "is it up, and is port 22 open from here?",
});
