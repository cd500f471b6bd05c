import type { Kind } from "../model/kind.ts";
import type { Change } from "../model/plan.ts";
import type { Observed, Resource } from "../model/resource.ts";
import type { Script } from "../model/script.ts";
import { steps, subshell } from "../script/block.ts";
import { raw, sh } from "../script/script.ts";
import { placing, stagedPath } from "./place.ts";
import { noAnswer, observePaths, parsePaths } from "./stat.ts";
import { systemPath } from "./system-path.ts";
import { checkLine, checkPath } from "./words.ts";

/**
 * A symbolic link and its target: absolute, or relative to the link's folder. The target need not exist.
 * Only a link is replaced or removed, because a file or directory at the path may be somebody's data.
 *
 * @example
 * link("/etc/localtime", { target: "/usr/share/zoneinfo/Europe/Berlin" })
 */
export function link(
  path: string,
  options: { readonly target: string } | { readonly absent: true },
): Resource {
  const key = checkPath("link", path);
  if ("absent" in options) return { kind: "link", key, desired: null };
  return { kind: "link", key, desired: { target: checkLine(`link:${path}`, "target", options.target) } };
}

/**
 * `readlink` skips other files without a message, so the order assigns its answers to the links. A line of its own comes
 * before them. A line end in a target becomes the character 1, because an answer is text without NUL.
 */
const targets = raw(`echo targets:; readlink -z -- "$@" | tr '\\n\\0' '\\001\\n'`);

function parse(output: string, resources: readonly Resource[]): ReadonlyMap<string, Observed> {
  const keys = resources.map(({ key }) => key);
  const [paths = "", answers = ""] = output.split("\ntargets:\n");
  const seen = parsePaths(paths, keys);
  const links = keys.filter((key) => {
    const one = seen.get(key);
    return one?.status === "standing" && one.standing.type === "link";
  });
  const found = answers
    .split("\n")
    .slice(0, -1)
    .map((one) => one.replaceAll("\u0001", "\n"));
  const target = (key: string): Observed => {
    const answer = found.length === links.length ? found[links.indexOf(key)] : undefined;
    return answer === undefined ? noAnswer : { status: "present", state: { target: answer } };
  };
  return new Map(
    keys.map((key): [string, Observed] => {
      const one = seen.get(key) ?? noAnswer;
      if (one.status !== "standing") return [key, one];
      if (one.standing.type === "link") return [key, target(key)];
      return [key, { status: "unknown", reason: `is ${one.standing.named}, not a symbolic link` }];
    }),
  );
}

function convergeOne({ resource: { key: path, desired } }: Change): Script {
  const staged = stagedPath(path);
  if (desired === null) return sh`if [ -L ${path} ]; then rm -f -- ${path}; fi`;
  const folder = path.slice(0, path.lastIndexOf("/")) || "/";
  const made = sh`rm -f -- ${staged} && ln -s -- ${String(desired.target)} ${staged} && mv -fT -- ${staged} ${path}`;
  const refusal = `provision: ${path} is not a symbolic link. It may be somebody's data: remove it by hand`;
  return sh`if [ ! -L ${path} ] && [ -e ${path} ]; then echo ${refusal} >&2; exit 1; fi; ${made} && provision_sync ${folder}`;
}

/** The kind `link`. */
export const linkKind: Kind = {
  name: "link",
  removal: (key) => link(key, { absent: true }),
  observe: (resources) =>
    observePaths(
      resources.map(({ key }) => key),
      targets,
    ),
  parse,
  converge: (changes) => subshell([placing, ...steps(changes.map(convergeOne))]),
  guard: systemPath,
  deadline: 30,
};
