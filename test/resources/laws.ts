import { describe, expect, it } from "vitest";
import type { Resource } from "../../src/model/resource.ts";
import { raw } from "../../src/script/script.ts";
import { converge, observeAndPlan, type Ran, type Run } from "./run.ts";

/** One way for a host to be other than desired, and the fields by which the plan must say so. */
interface Upset {
  /** Shell text that disturbs the host. */
  readonly shell: string;
  /** `id[fields]` of each change. */
  readonly changes: readonly string[];
}

/** A set of resources that a kind must make so and keep so. */
export interface Law {
  readonly name: string;
  /** Shell text that brings the host into its starting state. */
  readonly before?: string;
  readonly resources: readonly Resource[];
  /** `id[fields]` or `-id` of each change of the first plan. */
  readonly changes: readonly string[];
  /** Shell text that sees with other eyes than the kind's whether it is so: exit 0. */
  readonly proof: string;
  readonly upsets?: readonly Upset[];
  /** Seconds for the whole. Default 60. */
  readonly seconds?: number;
}

/**
 * Law 1 on a real system: observe → converge → observe gives an empty plan, converging twice is converging once, and
 * whatever is disturbed is seen and mended. `run` runs scripts as root on a Debian host that may be changed.
 */
export function lawSuite(run: Run, laws: readonly Law[]): void {
  describe.sequential("law 1", () => {
    it.each(laws)("$name", { timeout: 600_000 }, async (law) => {
      await shell(run, law.before ?? ":");
      await makeSo(run, law, law.changes);
      for (const upset of law.upsets ?? []) {
        await shell(run, upset.shell);
        await makeSo(run, law, upset.changes);
      }
    });
  });
}

async function makeSo(run: Run, { resources, proof }: Law, expected: readonly string[]): Promise<void> {
  const changes = await observeAndPlan(run, resources);
  expect(
    changes.map(({ id, action, fields }) =>
      action === "delete"
        ? `-${id}`
        : `${id}[${action === "create" ? "+" : fields.map(({ field }) => field).join()}]`,
    ),
  ).toEqual(expected);
  for (const _once of ["once", "twice"]) {
    const ran = await converge(run, changes);
    expect(ran, `${ran.stdout}${ran.stderr}`).toMatchObject({ code: 0 });
    expect(await observeAndPlan(run, resources)).toEqual([]);
    await shell(run, proof);
  }
}

/** Runs shell text that must succeed. */
export async function shell(run: Run, text: string): Promise<Ran> {
  const ran = await run(raw(`set -e\n${text}`));
  expect(ran, `${text}\n${ran.stdout}${ran.stderr}`).toMatchObject({ code: 0 });
  return ran;
}
