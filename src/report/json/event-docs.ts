import type { Event } from "../../model/event.ts";
import { schemaVersion } from "./json.ts";

/** What an event or a shape says, and each of its fields; a name that ends in `?` may be absent. */
export interface ShapeDoc {
  readonly says: string;
  readonly fields: Readonly<Record<string, string>>;
}

const host = "The host's name in the inventory.";

/** One entry for each type of event: a type without one does not compile. */
export const eventDocs: Readonly<Record<Event["type"], ShapeDoc>> = {
  "run-started": {
    says: "The run begins. Always the first line, and the only one with `version`.",
    fields: {
      command: "`apply`, `plan` or `check`.",
      hosts: "Names of the hosts, in the order of the inventory.",
      forks: "How many hosts are worked on at the same time.",
    },
  },
  "host-connecting": {
    says: "A connection is being opened.",
    fields: { host, address: "Where to: a name or an IP address." },
  },
  "host-ready": {
    says: "The host is logged in to, and has told what it is.",
    fields: { host, os: "Its system and version: `debian 12`.", ms: "Milliseconds since connecting began." },
  },
  "host-observed": {
    says: "The host was observed. `plan-ready` names the changes.",
    fields: {
      host,
      changes: "How many resources differ.",
      orphans: "How many resources were applied once and are no longer wanted.",
      unchanged: "How many resources are as desired.",
      ms: "Milliseconds since connecting began.",
    },
  },
  "plan-ready": {
    says: "All hosts that could be reached are observed, and all changes are known.",
    fields: {
      stages: "The stages in their order: a list of Stage.",
      rollouts:
        "How stages that disturb what runs are done: a list of `stage` and `batches`; a batch has its `hosts`, the `services` that have fewer members meanwhile (`name`, `members`, `serving`, `floor`), and the `seconds` that its waits may take at most.",
      hosts: "The plan of each host: a list of HostPlan.",
      stale: "Hosts outside `--limit` whose files name hosts inside it.",
    },
  },
  "stage-started": {
    says: "A stage begins.",
    fields: { stage: "A Stage.", changes: "How many changes it has." },
  },
  "change-started": { says: "A change begins.", fields: { host, change: "A Change." } },
  output: {
    says: "The command in hand wrote a line. It is the host's own text and may hold control characters.",
    fields: { host, id: "The resource that is being changed.", line: "The line, without its end." },
  },
  "change-done": {
    says: "A change ended without an error.",
    fields: { host, change: "A Change.", ms: "Milliseconds it took." },
  },
  "change-failed": { says: "A change failed.", fields: { host, change: "A Change.", failure: "A Failure." } },
  waiting: {
    says: "The host waits for something.",
    fields: { host, what: "What for.", until: "Milliseconds until it gives up." },
  },
  "gate-passed": {
    says: "A service of the host is healthy; what needs it may go on.",
    fields: { host, service: "The service's name.", ms: "Milliseconds it took." },
  },
  "gate-failed": {
    says: "A service of the host did not get healthy in time.",
    fields: { host, service: "The service's name.", failure: "A Failure." },
  },
  "host-failed": { says: "Nothing more is done on this host.", fields: { host, failure: "A Failure." } },
  "host-finished": {
    says: "The host has come to its end.",
    fields: { host, outcome: "One of the outcomes below.", ms: "Milliseconds since the run began." },
  },
  "stage-finished": {
    says: "A stage has ended.",
    fields: { stage: "A Stage.", ms: "Milliseconds it took." },
  },
  interrupting: { says: "The user asked the run to stop. No new change is begun.", fields: {} },
  "run-finished": {
    says: "The run has ended. Always the last line; a stream without it was cut off.",
    fields: {
      command: "`apply`, `plan` or `check`.",
      hosts: "How each host ended: a list of HostReport.",
      ms: "Milliseconds the run took.",
      "resume?": "The arguments after `provision` that do the rest, when something is left.",
    },
  },
};

/** Lines that are no event of a run: what is printed instead of one. */
export const recordDocs: Readonly<Record<"bad-input", ShapeDoc>> = {
  "bad-input": {
    says: "What was asked for, or what was written, is wrong. The only line of its output, without `at` and `version`; the exit code is 3, and no host has been contacted.",
    fields: { problems: "Everything that is wrong, at once: a list of Problem." },
  },
};

/** The shapes that events are made of. */
export const shapeDocs = {
  Change: {
    says: "One difference between a host and what is wanted of it. What it is made of (contents, commands) is never in a line.",
    fields: {
      id: "`kind:key` of the resource, unique on its host: `file:/etc/hosts`.",
      action:
        "`create`, `update`, `delete`; `reload`: as desired, but something it watches changed; `undecided`: cannot be observed yet.",
      role: "The role that wants it.",
      cause:
        "Who left the desired state: `drift` the host, `pending` the inventory, `conflict` both, `new` never applied before, `unknown` it could not be observed.",
      "trigger?": "`reload` or `restart`, where one is due.",
      "why?": "The reason, for people.",
      fields: "What differs: a list of Field.",
    },
  },
  Field: {
    says: "One field of a resource that differs. Contents stand here as sha256, those of secrets as `[secret]`.",
    fields: {
      field: "Its name.",
      "before?": "What was seen; absent where the resource or the field was.",
      "after?": "What is wanted; absent where the resource is deleted.",
    },
  },
  Failure: {
    says: "Why something could not be done.",
    fields: {
      code: "One word for programs: `unreachable`, `host-key-changed`, `check-refused`…",
      message: "One sentence for people.",
      "detail?": "What the program that failed wrote, as it wrote it; it may hold several lines.",
      "hint?": "What can be done about it.",
      "source?":
        "The place in the inventory or template that it comes from: `file`, `line`, `col`, counted from 1.",
      "stack?": "Of a fault in a role (`role-fault`): the calls that led to it, one a line.",
    },
  },
  Stage: {
    says: "Changes that are done together.",
    fields: { name: "Its name.", roles: "The roles it is about.", hosts: "The hosts that take part." },
  },
  HostPlan: {
    says: "What would be done on one host.",
    fields: {
      host,
      changes: "In the order of their doing: a list of Change.",
      orphans:
        "Applied once, no longer wanted: a list of `id`, `role`, and `why?`, the reason why this version cannot remove it. Others are removed with `--prune` only.",
      unchanged: "How many resources are as desired.",
    },
  },
  HostReport: {
    says: "How one host ended.",
    fields: {
      host,
      outcome:
        "`converged` changed and as desired · `unchanged` as desired from the start · `changes` differs (`plan`, `check`) · `failed` · `unreachable` · `skipped` because of a failure elsewhere · `interrupted`.",
      done: "How many changes were done.",
      left: "The changes that are not done: a list of Change.",
      "failure?": "A Failure.",
      ms: "Milliseconds from the start of the run to this host's end.",
    },
  },
  Problem: {
    says: "One thing that is wrong with the input.",
    fields: {
      message: "One sentence for people.",
      "file?": "The file it stands in.",
      "line?": "Its line there, counted from 1.",
      "col?": "Its column there, counted from 1.",
      "hint?": "What can be done about it.",
    },
  },
} as const satisfies Readonly<Record<string, ShapeDoc>>;

/** The page `docs/events.md`. */
export function eventsPage(): string {
  return `# The events of \`--output json\`

Generated from \`src/report/json/event-docs.ts\`; the tests rewrite this page with \`UPDATE_GOLDEN=1\` and fail when it is out of date.

Each line is one JSON object: \`at\`, milliseconds since the first line; \`type\`; and the fields below. The first line also
has \`version\`, now ${schemaVersion}: it rises when a field goes away or changes its meaning. New fields and new types come without notice, so
leave alone what you do not know. A field marked "may be absent" is left out, never null. No secret and no content of a
file stands in any line.

\`\`\`
provision check -i prod.yml --output json | jq -r 'select(.type == "plan-ready") | .hosts[] | "\\(.host) \\(.changes | length)"'
\`\`\`

## When nothing is run
With exit code 3 (bad input) no host has been contacted, and there is no \`run-started\` and no \`run-finished\`. Standard output has
one line instead; a program that reads the stream tells it by its \`type\`:

\`\`\`
{"type":"bad-input","problems":[{"message":"unknown role \`ngnix\`","file":"prod.yml","line":4,"col":14,"hint":"did you mean \`nginx\`?"}]}
\`\`\`
${sections(recordDocs)}
## Events
${sections(eventDocs)}
## Shapes
${sections(shapeDocs)}`;
}

function sections(docs: Readonly<Record<string, ShapeDoc>>): string {
  return Object.entries(docs)
    .map(([name, { says, fields }]) => {
      const rows = Object.entries(fields).map(([field, text]) => {
        const optional = field.endsWith("?");
        return `| \`${optional ? field.slice(0, -1) : field}\` | ${optional ? "May be absent. " : ""}${text} |\n`;
      });
      const table = rows.length === 0 ? "" : `\n| field | holds |\n|---|---|\n${rows.join("")}`;
      return `\n### ${name}\n${says}\n${table}`;
    })
    .join("");
}
