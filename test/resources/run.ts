import { spawn } from "node:child_process";
import type { Kind } from "../../src/model/kind.ts";
import type { Change } from "../../src/model/plan.ts";
import type { Observed, Resource, ResourceId, Trigger } from "../../src/model/resource.ts";
import type { Script } from "../../src/model/script.ts";
import { planHost } from "../../src/plan/plan.ts";
import { kinds } from "../../src/resources/kinds.ts";
import { idOf } from "../../src/resources/resource.ts";

/** How a script ended, and what it printed. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script somewhere, with its input on its standard input. */
export type Run = (script: Script) => Promise<Ran>;

/** Runs scripts through a command that starts a shell: `["/bin/sh"]`, `["busybox", "sh"]`, `["nsenter", …, "/bin/sh"]`. */
export function runWith(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = {},
): Run {
  return (script) =>
    new Promise((resolve, reject) => {
      const text = Buffer.from(script.text);
      const words = [...args, "-c", `text=$(head -c ${text.length}); eval "$text"`];
      const child = spawn(program, words, { env: { ...process.env, LC_ALL: "C", ...env }, detached: true });
      let [stdout, stderr] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (data: string) => {
        stdout += data;
      });
      child.stderr.setEncoding("utf8").on("data", (data: string) => {
        stderr += data;
      });
      child.on("error", reject);
      child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
      // A shell that ends before it has read all of its input is no failure of the test's.
      child.stdin.on("error", () => undefined);
      child.stdin.end(Buffer.concat([text, ...script.input]));
    });
}

export function kindOf(resource: Resource): Kind {
  const kind = kinds.get(resource.kind);
  if (kind === undefined) throw new Error(`no such kind: ${resource.kind}`);
  return kind;
}

/** Resources by kind, in the order in which the kinds first come. */
function byKind(resources: readonly Resource[]): ReadonlyMap<Kind, readonly Resource[]> {
  const groups = new Map<Kind, Resource[]>();
  for (const resource of resources) {
    const kind = kindOf(resource);
    groups.set(kind, [...(groups.get(kind) ?? []), resource]);
  }
  return groups;
}

/** Looks at all resources. */
export async function observe(
  run: Run,
  resources: readonly Resource[],
): Promise<ReadonlyMap<ResourceId, Observed>> {
  const all = new Map<ResourceId, Observed>();
  for (const [kind, own] of byKind(resources)) {
    const { stdout } = await run(kind.observe(own));
    for (const resource of own) {
      const answer = kind.parse(stdout, own).get(resource.key);
      if (answer === undefined) throw new Error(`${idOf(resource)} was left out`);
      all.set(idOf(resource), answer);
    }
  }
  return all;
}

/** The changes that the real planner makes of what was seen. */
export function plan(
  resources: readonly Resource[],
  observed: ReadonlyMap<ResourceId, Observed>,
  marks: ReadonlyMap<ResourceId, Trigger> = new Map(),
): readonly Change[] {
  const desired = resources.map((resource) => ({ role: "test", also: [], resource }));
  const manifest = { version: 1 as const, resources: [] };
  return planHost({
    host: "here",
    desired,
    everything: desired,
    observed,
    marks,
    manifest,
    roles: "all",
    orphans: { removed: new Map(), kept: new Map() },
  }).changes;
}

export async function observeAndPlan(run: Run, resources: readonly Resource[]): Promise<readonly Change[]> {
  return plan(resources, await observe(run, resources));
}

/** Carries changes out: grouped kinds in one script, others in one each. Ends at the first failure. */
export async function converge(run: Run, changes: readonly Change[]): Promise<Ran> {
  let last: Ran = { code: 0, stdout: "", stderr: "" };
  const rest = [...changes];
  for (let first = rest.shift(); first !== undefined && last.code === 0; first = rest.shift()) {
    const kind = kindOf(first.resource);
    const group = [first];
    while (kind.grouped === true && rest[0]?.resource.kind === kind.name) group.push(...rest.splice(0, 1));
    last = await run(kind.converge(group));
  }
  return last;
}
