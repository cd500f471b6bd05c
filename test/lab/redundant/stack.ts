import { join } from "node:path";
import { expect } from "vitest";
import { breakableLab } from "../support/breakable.ts";
import { type Ended, provision, root } from "../support/command.ts";
import { must } from "../support/lab.ts";

/** The inventory of the whole stack, as the demo uses it. */
export const inventory = join(root, "inventories/lab.yml");
export const lab = breakableLab({ dir: join(root, ".provision/lab") });

/** Every host of the stack, and its address. */
export const hosts: ReadonlyMap<string, string> = new Map([
  ["lb1", "10.77.0.11"],
  ["lb2", "10.77.0.12"],
  ["web1", "10.77.0.21"],
  ["web2", "10.77.0.22"],
  ["app1", "10.77.0.31"],
  ["app2", "10.77.0.32"],
  ["db1", "10.77.0.41"],
  ["db2", "10.77.0.42"],
  ["db3", "10.77.0.43"],
  ["cache1", "10.77.0.51"],
  ["cache2", "10.77.0.52"],
  ["mon1", "10.77.0.61"],
  ["mon2", "10.77.0.62"],
]);
export const databases = ["db1", "db2", "db3"] as const;

/** Runs a command on a host, not over ssh: independent eyes. The exit code must be 0. */
export async function on(host: string, command: string): Promise<string> {
  const { code, stdout, stderr } = must(await lab.exec(host, command, 120));
  expect(code, `${host}: ${command}: ${stdout}${stderr}`).toBe(0);
  return stdout.trim();
}

/** One run over the whole stack, or some of it. */
export const converge = (...more: readonly string[]): Promise<Ended> =>
  provision("--inventory", inventory, ...more);

export function expectDone({ code, out }: Ended): void {
  expect(code, out).toBe(0);
}

export function expectNothingToDo({ code, out }: Ended): void {
  expect(code, out).toBe(0);
  expect(out).toContain("nothing to change on 13 hosts");
}

/** The members of the database that take writes. */
export async function primaries(): Promise<readonly string[]> {
  const open = await Promise.all(
    databases.map(async (host) => {
      const answer = await lab.exec(host, "mariadb -N -e 'SELECT @@read_only'", 20);
      return answer.ok && answer.value.code === 0 && answer.value.stdout.trim() === "0" ? [host] : [];
    }),
  );
  return open.flat();
}

export async function primary(): Promise<string> {
  const open = await primaries();
  expect(open).toHaveLength(1);
  return open[0] ?? "";
}

/** A field of `SHOW REPLICA STATUS`. */
export async function replicaField(host: string, field: string): Promise<string> {
  const said = await on(host, `mariadb -e 'SHOW REPLICA STATUS\\G' | grep -E '^ *${field}:' || true`);
  return said.slice(said.indexOf(":") + 1).trim();
}

/** What of these notes the primary does not have. */
export async function missingNotes(ids: readonly string[]): Promise<readonly string[]> {
  const kept = new Set((await on(await primary(), "mariadb -N -e 'SELECT id FROM notes.notes'")).split("\n"));
  return ids.filter((id) => !kept.has(id));
}
