// The page of the events of `--output json`.
import { code, page, section, table, written } from "./table.mjs";

export function eventsPage({ groups, records, shapes }, { schemaVersion }) {
  return page([
    written("the doc comments of `src/model/event.ts` and of what events are made of"),
    "# The events of `--output json`",
    `Each line is one JSON object: \`at\`, milliseconds since the first line; \`type\`; and the fields below. The first line also
has \`version\`, now ${schemaVersion}: it rises when a field goes away or changes its meaning. New fields and new types come without notice, so
leave alone what you do not know. A field marked "may be absent" is left out, never null. No secret and no content of a
file stands in any line.`,
    `\`\`\`
provision check -i prod.yml --output json | jq -r 'select(.type == "plan-ready") | .hosts[] | "\\(.host) \\(.changes | length)"'
\`\`\``,
    section(
      "When nothing is run",
      `With exit code 3 (bad input) no host has been contacted, and there is no \`run-started\` and no \`run-finished\`. Standard output has
one line instead; a program that reads the stream tells it by its \`type\`:`,
      `\`\`\`
{"type":"bad-input","problems":[{"message":"unknown role \`ngnix\`","file":"prod.yml","line":4,"col":14,"hint":"did you mean \`nginx\`?"}]}
\`\`\``,
      ...shapeList(records),
    ),
    ...groups.map(({ title, events }) => section(title, ...shapeList(events))),
    section("Shapes", ...shapeList(shapes)),
  ]);
}

const shapeList = (all) =>
  Object.entries(all).flatMap(([name, { says, fields }]) => [
    `### ${name}`,
    says,
    table(
      ["field", "holds"],
      Object.entries(fields).map(([field, text]) => [
        code(field.replace("?", "")),
        `${field.endsWith("?") ? "May be absent. " : ""}${text}`,
      ]),
    ),
  ]);
