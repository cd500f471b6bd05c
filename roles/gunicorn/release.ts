import {
  type Content,
  content,
  directory,
  exec,
  file,
  pkg,
  quote,
  Refusal,
  type Resource,
  type RoleContext,
  sha256,
} from "provision";
import type { Vars } from "./vars.ts";

/** The application that comes with the project: notes, and a page that says who served it. */
export const sample = "roles/files/notes";

/** Whether the application is the sample. */
export const isSample = ({ app }: Vars): boolean =>
  app.git === undefined && (app.directory ?? sample) === sample;

/** A release: never changed once it stands, named by what is in it. */
export interface Release {
  readonly id: string;
  /** What the host needs to get it. */
  readonly packages: readonly Resource[];
  readonly resources: readonly Resource[];
}

/** The release that the variables ask for. */
export function releaseOf(context: Pick<RoleContext<Vars>, "vars" | "asset">): Release {
  const { app, name } = context.vars;
  const releases = `/srv/${name}/releases`;
  if (app.git === undefined || app.revision === undefined) {
    return copied(releases, context.asset(app.directory ?? sample), app.directory ?? sample);
  }
  return cloned(releases, app.git, app.revision);
}

/** Parts of a path that are never part of an application. */
const leftOut = /(^|\/)(\.git|__pycache__|\.venv|venv|node_modules)\/|\.pyc$/;

function copied(releases: string, all: ReadonlyMap<string, Content>, from: string): Release {
  const files = [...all].filter(([path]) => !leftOut.test(path));
  if (files.length === 0) throw new Refusal(`the application folder ${from} holds no files`);
  const list = files.map(([path, { bytes }]) => `${sha256(bytes)}  ${path}\n`).join("");
  const id = sha256(content(list).bytes).slice(0, 12);
  const folders = new Set(
    files.flatMap(([path]) => path.split("/").map((_, n, names) => names.slice(0, n).join("/"))),
  );
  return {
    id,
    packages: [],
    resources: [
      ...[...folders]
        .sort()
        .map((path) => directory(path === "" ? `${releases}/${id}` : `${releases}/${id}/${path}`)),
      ...files.map(([path, bytes]) => file(`${releases}/${id}/${path}`, { content: bytes })),
    ],
  };
}

function cloned(releases: string, url: string, revision: string): Release {
  const [path, staged] = [`${releases}/${revision}`, `${releases}/.${revision}.new`];
  const [kind, wanted] = /^[0-9a-f]{40}$/.test(revision)
    ? ["commit", revision]
    : ["tag", `refs/tags/${revision}`];
  // The rename is the last step, so that a release which is there is there whole.
  const command = [
    "set -eu; umask 022; export GIT_TERMINAL_PROMPT=0",
    `rm -rf ${quote(staged)}`,
    `git clone --quiet --no-checkout -- ${quote(url)} ${quote(staged)}`,
    `git -C ${quote(staged)} rev-parse --quiet --verify ${quote(`${wanted}^{commit}`)} >/dev/null ||`,
    `  { echo ${quote(`${url} has no ${kind} ${revision}`)} >&2; exit 1; }`,
    `git -C ${quote(staged)} checkout --quiet --detach ${quote(wanted)}`,
    `rm -rf ${quote(`${staged}/.git`)}`,
    `mv -T ${quote(staged)} ${quote(path)}`,
  ].join("\n");
  return {
    id: revision,
    packages: [pkg("git"), pkg("ca-certificates")],
    resources: [exec(`git clone ${url} ${revision}`, { command, unless: `[ -d ${quote(path)} ]` })],
  };
}
