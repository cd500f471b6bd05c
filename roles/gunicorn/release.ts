import {
  type Asset,
  type AssetFolder,
  content,
  exec,
  pkg,
  quote,
  type Resource,
  type RoleContext,
  sha256,
  tree,
} from "provision";
import type { Vars } from "./vars.ts";

/** The sample application of this project: notes, and a page that names the hosts that served it. */
const sample = "roles/gunicorn/files/notes";

/** Whether the application is the sample application. */
export const isSample = ({ app }: Vars): boolean =>
  app.git === undefined && (app.directory ?? sample) === sample;

/** The source folder of a release. */
export function folderOf({ app }: Vars): AssetFolder {
  const program = /^\.\/([\w./-]+)(\s|$)/.exec(app.migrate ?? "")?.[1];
  return {
    folder: app.directory ?? sample,
    include: app.include,
    variable: "app.include",
    nonEmpty: true,
    ...(program === undefined ? {} : { programs: { "app.migrate": program } }),
  };
}

/** A release: named by its contents, and never changed after it is complete. */
export interface Release {
  readonly id: string;
  /** Packages that the host needs to fetch it. */
  readonly packages: readonly Resource[];
  readonly resources: readonly Resource[];
}

/** The release that the variables ask for. */
export function releaseOf(context: Pick<RoleContext<Vars>, "vars" | "asset">): Release {
  const { app, name } = context.vars;
  const releases = `/srv/${name}/releases`;
  if (app.git === undefined || app.revision === undefined) {
    return copied(context.vars, releases, context.asset(folderOf(context.vars)));
  }
  return cloned(context.vars, releases, { url: app.git, revision: app.revision });
}

function copied({ name }: Vars, releases: string, asset: Asset): Release {
  const id = sha256(content(listed(asset)).bytes).slice(0, 12);
  const resources = tree(`${releases}/${id}`, asset, { group: name, mode: "0750" });
  return { id, packages: [], resources };
}

/** The contents that identify a release: files with their x bit, links, and empty folders. */
function listed(asset: Asset): string {
  const { folders = [], links = new Map() } = asset;
  const paths = [...asset.keys(), ...links.keys(), ...folders];
  const empty = folders.filter((folder) => !paths.some((path) => path.startsWith(`${folder}/`)));
  return [
    ...[...asset].map(
      ([path, { bytes, executable }]) => `${sha256(bytes)}${executable === true ? "*" : " "} ${path}\n`,
    ),
    ...[...links].map(([path, target]) => `link ${JSON.stringify([path, target])}\n`),
    ...empty.map((path) => `folder ${path}\n`),
  ].join("");
}

function cloned(
  { name }: Vars,
  releases: string,
  { url, revision }: { readonly url: string; readonly revision: string },
): Release {
  const [path, staged] = [`${releases}/${revision}`, `${releases}/.${revision}.new`];
  const [kind, wanted] = /^[0-9a-f]{40}$/.test(revision)
    ? ["commit", revision]
    : ["tag", `refs/tags/${revision}`];
  // The rename is the last step, so that an existing release is always complete.
  const command = [
    "set -eu; umask 027; export GIT_TERMINAL_PROMPT=0",
    `rm -rf ${quote(staged)}`,
    `git clone --quiet --no-checkout -- ${quote(url)} ${quote(staged)}`,
    `git -C ${quote(staged)} rev-parse --quiet --verify ${quote(`${wanted}^{commit}`)} >/dev/null ||`,
    `  { echo ${quote(`${url} has no ${kind} ${revision}`)} >&2; exit 1; }`,
    `git -C ${quote(staged)} checkout --quiet --detach ${quote(wanted)}`,
    `rm -rf ${quote(`${staged}/.git`)}`,
    `chgrp -hR -- ${quote(name)} ${quote(staged)}`,
    `mv -T ${quote(staged)} ${quote(path)}`,
  ].join("\n");
  return {
    id: revision,
    packages: [pkg("git"), pkg("ca-certificates")],
    resources: [exec(`git clone ${url} ${revision}`, { command, unless: `[ -d ${quote(path)} ]` })],
  };
}
