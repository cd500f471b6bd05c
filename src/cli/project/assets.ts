import { readFileSync, statSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import { assetKey } from "../../base/asset-key.ts";
import { diagnostic } from "../../base/diagnostic.ts";
import { listed } from "../../base/listed.ts";
import { nearest } from "../../base/nearest.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Asset, AssetFile, AssetFolder, AssetRequest } from "../../model/asset.ts";
import type { Variable } from "../../model/inventory.ts";
import type { Json } from "../../model/json.ts";
import type { AnyRole } from "../../model/role.ts";
import type { Diagnostic, Source } from "../../model/source.ts";
import type { Topology } from "../../model/topology.ts";
import type { Assets } from "../../run/observe/desired.ts";
import { packageRoot } from "../package.ts";
import { type ReadFolder, readFolder, specialName } from "./asset-folder.ts";

/**
 * Reads the files and folders that roles copy to hosts: from the project's folder, else from this package
 * (`roles/<role>/files/`). `warn` receives, once, which files of a folder are not copied.
 */
export function readAssets(
  topology: Topology,
  roles: ReadonlyMap<string, AnyRole>,
  cwd: string,
  warn: (warning: Diagnostic) => void = () => undefined,
): Result<Assets, readonly Diagnostic[]> {
  const read: Read = new Map();
  const problems = new Map<string, Diagnostic>();
  const keep = (problem: Diagnostic): unknown => problems.set(problem.message, problem);
  for (const roleAssets of collectRequests(topology, roles)) {
    for (const request of roleAssets.requests) {
      const found = read.get(assetKey(request));
      if (found === undefined) readNew(roleAssets, request, { read, cwd }).forEach(keep);
    }
    missingIncludes(roleAssets, read).forEach(keep);
    programErrors(roleAssets, read).forEach(keep);
  }
  const all = [...problems.values()];
  for (const one of all) if (one.severity === "warning") warn(one);
  const errors = all.filter(({ severity }) => severity === "error");
  if (errors.length > 0) return err(errors);
  const assets = [...read].flatMap(([key, one]) => (one.ok ? [[key, one.value.asset] as const] : []));
  return ok(new Map<string, Asset>(assets));
}

type Read = Map<string, Result<ReadFolder, readonly string[]>>;

/** Reads an asset for the first time; returns its problems. */
function readNew(
  roleAssets: RoleAssets,
  request: AssetRequest,
  { read, cwd }: { readonly read: Read; readonly cwd: string },
): readonly Diagnostic[] {
  const { folder, variable } = folderOf(request);
  const found = readAsset(folderOf(request), cwd);
  read.set(assetKey(request), found);
  const source = sourceOf(roleAssets.given, folder, variable);
  if (!found.ok) return found.error.map((problem) => diagnostic("error", problem, source));
  return found.value.leftOut.length === 0 ? [] : [leftOutWarning(roleAssets, request, found.value)];
}

interface RoleAssets {
  readonly role: string;
  readonly requests: readonly AssetRequest[];
  /** The role's variables in the inventory. */
  readonly given: Variable | undefined;
}

function collectRequests(topology: Topology, roles: ReadonlyMap<string, AnyRole>): readonly RoleAssets[] {
  const members = topology.hosts.flatMap(({ members: own }) => own);
  return members.map(({ host, role, vars }) => ({
    role,
    requests: roles.get(role)?.assets?.({ host, vars }) ?? [],
    given: host.vars.get(role),
  }));
}

const folderOf = (request: AssetRequest): AssetFolder =>
  typeof request === "string" ? { folder: request } : request;

/** The position of a text among a role's variables, first beside `near`; else the position of the variables. */
function sourceOf(given: Variable | undefined, text: string, near = ""): Source | undefined {
  if (given === undefined) return undefined;
  const beside = near.split(".").slice(0, -1).reduce<Part | undefined>(partOf, given);
  return (beside && find(beside, text)) ?? find(given, text) ?? given.origin.source;
}

type Part = Pick<Variable, "value" | "origin">;

function partOf(part: Part | undefined, key: string): Part | undefined {
  const value = part?.value;
  const origin = part?.origin.children?.get(key);
  if (typeof value !== "object" || value === null || origin === undefined) return undefined;
  const inner = Object.entries<Json>(value).find(([name]) => name === key)?.[1];
  return inner === undefined ? undefined : { value: inner, origin };
}

function find(part: Part, text: string): Source | undefined {
  const { value, origin } = part;
  if (value === text) return origin.source;
  if (typeof value !== "object" || value === null) return undefined;
  for (const key of Object.keys(value)) {
    const inner = partOf(part, key);
    const found = inner && find(inner, text);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Names in a warning; a longer list would hide the message. */
const maxListedNames = 12;

function leftOutWarning(
  { role, given }: RoleAssets,
  request: AssetRequest,
  { leftOut }: ReadFolder,
): Diagnostic {
  const { folder, variable } = folderOf(request);
  const list = listed(leftOut, maxListedNames);
  const example = JSON.stringify([leftOut[0]]);
  const how =
    variable === undefined
      ? `its \`assets\` must name it: { folder: ${JSON.stringify(folder)}, include: ${example} }`
      : `name it in \`${role}.${variable}\`: ${variable.split(".").at(-1)}: ${example}`;
  const message = `not copied from ${folder} to hosts, because hosts do not need these files, or they may be private: ${list}`;
  return diagnostic(
    "warning",
    message,
    sourceOf(given, folder, variable),
    `if a host needs one of them, ${how}`,
  );
}

/** Errors for paths of `include` that are in none of its folders. */
function missingIncludes({ role, requests, given }: RoleAssets, read: Read): readonly Diagnostic[] {
  const folders = requests.flatMap((request) => {
    const found = read.get(assetKey(request));
    return found?.ok === true ? [{ ...folderOf(request), found: found.value }] : [];
  });
  if (folders.length < requests.length) return [];
  const named = new Set(folders.flatMap(({ include = [] }) => include));
  const missing = [...named].filter((path) => !folders.some(({ found }) => found.included.has(path)));
  const where = [...new Set(folders.filter(({ include }) => include).map(({ folder }) => folder))].join(
    " and ",
  );
  return missing.map((path) => {
    const near = nearest(
      path,
      folders.flatMap(({ found }) => found.leftOut),
    );
    const hint = near === undefined ? "write the path inside the folder" : `did you mean \`${near}\`?`;
    const message = `\`${role}\`: \`include\` names ${path}, which is not in ${where}`;
    return diagnostic("error", message, sourceOf(given, path), hint);
  });
}

/** Errors for programs that are missing or not executable: a host would fail to start them at the end of the run. */
function programErrors({ role, requests, given }: RoleAssets, read: Read): readonly Diagnostic[] {
  return requests.flatMap((request) => {
    const { folder, programs = {} } = folderOf(request);
    const found = read.get(assetKey(request));
    if (found?.ok !== true) return [];
    return Object.entries(programs).flatMap(([variable, path]) => {
      const program = fileAt(found.value.asset, path);
      if (program?.executable === true) return [];
      const source = variable.split(".").reduce<Part | undefined>(partOf, given)?.origin.source;
      const runs = `\`${role}.${variable}\` runs ${path}`;
      return program === undefined
        ? [diagnostic("error", `${runs}, which is not copied from ${folder}`, source)]
        : [diagnostic("error", `${runs}, which is not executable`, source, `chmod +x ${folder}/${path}`)];
    });
  });
}

/** The file at a path, through links. */
function fileAt(asset: Asset, path: string): AssetFile | undefined {
  let at = posix.join("/", path).slice(1);
  // The kernel's limit.
  for (let followed = 0; followed < 40; followed += 1) {
    const names = at.split("/");
    const link = names
      .map((_, last) => names.slice(0, last + 1).join("/"))
      .find((one) => asset.links?.has(one));
    if (link === undefined) return asset.get(at);
    at = posix.join("/", link, "..", asset.links?.get(link) ?? "", at.slice(link.length)).slice(1);
  }
  return undefined;
}

function readAsset(
  { folder: path, include, nonEmpty }: AssetFolder,
  cwd: string,
): Result<ReadFolder, readonly string[]> {
  const full = [resolve(cwd, path), join(packageRoot(), path)].find((one) =>
    statSync(one, { throwIfNoEntry: false }),
  );
  if (full === undefined) return err([`no file or folder ${path} (looked in ${cwd})`]);
  try {
    const stats = statSync(full);
    if (stats.isDirectory()) {
      const read = readFolder(path, full, include ?? []);
      const none = nonEmpty === true && read.asset.size === 0;
      const problems = none ? [...read.problems, `${path} contains no file to copy`] : read.problems;
      return problems.length > 0 ? err(problems) : ok(read);
    }
    if (!stats.isFile()) return err([`${path} is ${specialName(stats)}, neither a file nor a folder`]);
    if (include !== undefined) return err([`${path} is a file, not a folder`]);
    const asset = new Map([["", { bytes: readFileSync(full) }]]);
    return ok({ asset, leftOut: [], included: new Set<string>(), problems: [] });
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    return err([`${path} cannot be read: ${error.message}`]);
  }
}
