import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Content } from "../model/resource.ts";
import { err, ok, type Result } from "../model/result.ts";
import type { AnyRole } from "../model/role.ts";
import type { Diagnostic, Source } from "../model/source.ts";
import type { Topology } from "../model/topology.ts";
import type { Assets } from "../run/desired.ts";
import { packageRoot } from "./package.ts";

/** A folder of more is more likely the wrong folder than an application. */
const mostFiles = 2000;
const mostBytes = 64 * 1024 * 1024;

/**
 * Reads the files and folders that roles want to put on hosts. A path is looked for in the project's folder first, then
 * in this package (`roles/files/…`, the sample application).
 */
export function readAssets(
  topology: Topology,
  roles: ReadonlyMap<string, AnyRole>,
  cwd: string,
): Result<Assets, readonly Diagnostic[]> {
  const assets = new Map<string, ReadonlyMap<string, Content>>();
  const problems = new Map<string, Diagnostic>();
  for (const { path, source } of wantedPaths(topology, roles)) {
    if (assets.has(path) || problems.has(path)) continue;
    const read = readAsset(path, cwd);
    if (read.ok) assets.set(path, read.value);
    else
      problems.set(path, {
        severity: "error",
        message: read.error,
        ...(source === undefined ? {} : { source }),
      });
  }
  return problems.size > 0 ? err([...problems.values()]) : ok(assets);
}

interface WantedPath {
  readonly path: string;
  /** Where the role's variables were written. */
  readonly source: Source | undefined;
}

function wantedPaths(topology: Topology, roles: ReadonlyMap<string, AnyRole>): readonly WantedPath[] {
  const members = topology.hosts.flatMap(({ members: own }) => own);
  return members.flatMap(({ host, role, vars }) => {
    const source = host.vars.get(role)?.origin.source;
    return (roles.get(role)?.assets?.({ host, vars }) ?? []).map((path) => ({ path, source }));
  });
}

function readAsset(path: string, cwd: string): Result<ReadonlyMap<string, Content>, string> {
  const full = [resolve(cwd, path), join(packageRoot(), path)].find((one) =>
    statSync(one, { throwIfNoEntry: false }),
  );
  if (full === undefined) return err(`no file or folder ${path} (looked in ${cwd})`);
  try {
    return statSync(full).isDirectory()
      ? readFolder(path, full)
      : ok(new Map([["", { bytes: readFileSync(full) }]]));
  } catch (error) {
    return err(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Links that lead nowhere (editors leave such) and sockets are no part of an application. */
function readFolder(path: string, full: string): Result<ReadonlyMap<string, Content>, string> {
  const names = readdirSync(full, { recursive: true, encoding: "utf8" })
    .filter((name) => !/(^|\/)(\.git|__pycache__|node_modules|\.venv)(\/|$)/.test(name))
    .filter((name) => statSync(join(full, name), { throwIfNoEntry: false })?.isFile())
    .sort();
  if (names.length > mostFiles) {
    return err(`${path} holds ${names.length} files; more than ${mostFiles} are not copied`);
  }
  const bytes = names.reduce((sum, name) => sum + statSync(join(full, name)).size, 0);
  if (bytes > mostBytes) return err(`${path} holds ${bytes} bytes; more than ${mostBytes} are not copied`);
  return ok(new Map(names.map((name) => [name, { bytes: readFileSync(join(full, name)) }])));
}
