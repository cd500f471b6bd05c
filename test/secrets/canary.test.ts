import { describe, expect, it } from "vitest";
import type { FileContents } from "../../src/model/event.ts";
import { createJson } from "../../src/report/json/json.ts";
import { createNagios } from "../../src/report/nagios.ts";
import { createPlain } from "../../src/report/plain/plain.ts";
import { createPretty } from "../../src/report/pretty/pretty.ts";
import type { Report, ReportOptions } from "../../src/report/report.ts";
import { newRedactor } from "../../src/secrets/redact.ts";
import {
  arrivals,
  change,
  doing,
  failing,
  hostPlan,
  hostReport,
  type Script,
  stage,
} from "../report/build.ts";
import { play } from "../report/play.ts";
import { inFolder, opened } from "./stack.ts";

type Make = (options: ReportOptions) => Report;
const reports: Readonly<Record<string, Make>> = {
  json: createJson,
  nagios: createNagios,
  plain: createPlain,
  pretty: createPretty,
};

/** A run that contains a secret, not marked as secret, in every text of its events. */
function leaking(password: string, line: string, command: "apply" | "check"): Script {
  const words = `before ${password} and ${line} after`;
  const one = change("update", "file:/etc/app.conf", {
    fields: [{ field: "gecos", before: words, after: [words] }],
    why: words,
  });
  const two = {
    ...change("undecided", "exec:init"),
    observed: { status: "unknown", reason: words } as const,
  };
  const failure = {
    code: "command-failed",
    message: `web1: ${words}`,
    detail: `${words}\n${line}`,
    hint: words,
  } as const;
  const contents: FileContents = new Map([
    [`web1\0${one.id}`, { before: `a\n${words}\n`, after: `b\n${words}\n${line}\n`, secret: false }],
  ]);
  const all = stage("app", ["app"], ["web1"]);
  const plan = { stages: [all], hosts: [hostPlan("web1", [one, two])], stale: [], rollouts: [] };
  return {
    name: "leaking",
    exit: 1,
    steps: [
      [0, { type: "run-started", command, hosts: ["web1"], forks: 1 }],
      ...arrivals([hostPlan("web1", [one, two])]),
      [600, { type: "plan-ready", ...plan, contents }],
      [700, { type: "stage-started", stage: all, changes: 2 }],
      ...doing("web1", one, 800, 7000, [words, line, `-u root -p${password}`]),
      [7100, { type: "waiting", host: "web1", what: words, until: 9000 }],
      ...failing("web1", two, 8000, 9000, failure),
      [9100, { type: "gate-failed", host: "web1", service: "wsgi", failure }],
      [9200, { type: "host-failed", host: "web1", failure }],
      [9300, { type: "stage-finished", stage: all, ms: 1 }],
      [9400, { type: "host-finished", host: "web1", outcome: "failed", ms: 9400 }],
      [
        9500,
        {
          type: "run-finished",
          command,
          hosts: [{ ...hostReport("web1", "failed", 1, { left: [two], failure }) }],
          ms: 9500,
          resume: ["-i", "lab.yml", "-e", `password=${password}`],
        },
      ],
    ],
  };
}

/** The pieces of a secret that could remain when a line is cut to the width of a terminal. */
const piecesOf = (text: string): readonly string[] =>
  Array.from({ length: text.length - 7 }, (_, at) => text.slice(at, at + 8));

const commands = ["apply", "check"] as const;

describe("a secret in the texts of hosts and roles", () => {
  it.each(Object.entries(reports))(
    "does not appear in the output of %s, not even a part of it",
    async (_, make) => {
      await inFolder(async (folder) => {
        const { secrets } = await opened(folder, {
          app: () => ({ canary: { type: "password" }, key: { type: "certificate", names: ["app"] } }),
        });
        const password = secrets.password("canary");
        const line = secrets.certificate("key").key.split("\n")[2] ?? "";
        const pieces = [password, line].flatMap(piecesOf);
        const redactor = newRedactor(secrets.values);
        for (const command of commands) {
          const script = leaking(password, line, command);
          const shown = { ...script, steps: redactor.value(script.steps) };
          for (const columns of [0, 40, 200]) {
            const options = { columns, verbosity: 2, diff: true, color: columns === 40 } as const;
            const { text } = await play(make, shown, options);
            expect(pieces.filter((piece) => text.includes(piece))).toEqual([]);
          }
          // Without the redactor, the secret appears.
          const bare = await play(make, script, { columns: 0, verbosity: 2, diff: true });
          expect(bare.text).toContain(password);
        }
      });
    },
  );
});
