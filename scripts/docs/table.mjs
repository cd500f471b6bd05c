/** Written at the top of every page. */
export const written = (from) => `<!-- Written by \`npm run docs\` from ${from}: change that, not this. -->`;

/** A Markdown table; nothing where there are no rows. */
export function table(head, rows) {
  if (rows.length === 0) return "";
  const line = (cells) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

const cell = (text) =>
  String(text)
    .replaceAll("|", "\\|")
    .replaceAll(/\s*\n\s*/g, " ");

export const code = (text) => `\`${text}\``;

/** The parts of a page that have something to say, an empty line between them. */
export const page = (parts) => `${parts.filter((part) => part !== "").join("\n\n")}\n`;

/** A section; nothing where it has no body. */
export const section = (title, ...body) => {
  const text = body.filter((part) => part !== "").join("\n\n");
  return text === "" ? "" : `## ${title}\n\n${text}`;
};
