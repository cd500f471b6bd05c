import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { roles } from "../../roles/index.ts";
import type { Outcome, RoleLaw } from "./law/law.ts";
import { tryRole } from "./law/law.ts";

/*
 * What a schema accepts, the daemon accepts. For each role: every edge of its schema, and values at random, each in a stack
 * of one or two hosts, every 40th of 70, every 100th of 300, rendered as the engine does it. What comes out is given to the
 * daemon's own checker, equal files once. A value may be refused by the topology or a role in words: before any host is
 * contacted. `npm run fuzz` tries 10,000 values a role; ROLE=… and SEED=… say which.
 */
const fuzz = process.env.PROVISION_FUZZ === "1";
const count = fuzz ? 10_000 : 300;
const seed = Number(process.env.SEED ?? (fuzz ? Date.now() % 1_000_000 : 1));
const only = process.env.ROLE;

const folder = join(import.meta.dirname, "law/roles");
const laws = await Promise.all(
  readdirSync(folder).map(async (name): Promise<RoleLaw> => {
    const loaded: { readonly law: RoleLaw } = await import(join(folder, name));
    return loaded.law;
  }),
);

describe("what a schema accepts, the daemon accepts", () => {
  it("is tried for every role", () => {
    expect(laws.map(({ role }) => role).sort()).toEqual([...roles.keys()].sort());
  });

  it.concurrent.each(laws.filter(({ role }) => only === undefined || role === only))(
    "$role",
    async (law) => {
      const { values, refused, asked, faults } = await tryRole(law, count, seed, fuzz ? tell : undefined);
      tell({ values, refused, asked, faults });
      function tell(outcome: Outcome): void {
        const names = [...outcome.asked].map(([name, sheets]) => `${name} ${sheets}`).join(", ");
        const most = `${outcome.values} values, ${outcome.refused} refused in time; asked: ${names}`;
        const found = fuzz && outcome.faults.length > 0 ? `\n${outcome.faults.join("\n\n")}` : "";
        process.stdout.write(`${law.role}: ${most}${found}\n`);
      }
      expect(faults.join("\n\n"), `SEED=${seed} ROLE=${law.role} npm run fuzz`).toBe("");
      // Who refuses everything has tried nothing.
      expect(values - refused).toBeGreaterThanOrEqual(300);
      for (const sheets of asked.values()) expect(sheets).toBeGreaterThan(0);
    },
    fuzz ? 7_200_000 : 600_000,
  );
});
