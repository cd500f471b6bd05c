import type { Content, Resource } from "../model/resource.ts";

/** All resources in order, one a line, with the text of rendered files: for snapshots of roles in tests. */
export function readable(resources: readonly Resource[]): string {
  return `${resources.map(readableOne).join("\n")}\n`;
}

function readableOne({ kind, key, desired, payload, reloadOn, restartOn }: Resource): string {
  const { content, own, confirm } = payload ?? {};
  const rest = { ...own, ...(confirm === undefined ? {} : { confirm }) };
  const fields = Object.entries(desired ?? {}).filter(
    ([name]) => name !== "sha256" || content?.template === undefined,
  );
  const notes = [
    ...(desired === null ? ["must not exist"] : fields.map(([name, value]) => `${name}=${String(value)}`)),
    ...(content?.secret === true ? ["secret"] : []),
  ];
  const below = [
    ...Object.entries(rest).flatMap(([name, value]) => `${name}: ${String(value)}`.split("\n")),
    ...(reloadOn?.map((id) => `reload on ${id}`) ?? []),
    ...(restartOn?.map((id) => `restart on ${id}`) ?? []),
    ...(content?.template === undefined ? [] : linesOf(content)),
  ];
  return [`${kind}:${key}  ${notes.join(" ")}`.trimEnd(), ...below.map((line) => `    ${line}`)].join("\n");
}

function linesOf({ bytes }: Content): readonly string[] {
  const text = new TextDecoder().decode(bytes).replace(/\n$/, "");
  return text.split("\n").map((line) => `| ${line}`.trimEnd());
}
