import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { BreakableLab } from "./breakable.ts";

/** What the keeper of a member says of it. */
const Document = z.object({
  role: z.string(),
  boot: z.string(),
  source: z.string().nullable(),
  lag: z.number().nullable(),
  waits_for: z.string(),
  reason: z.string(),
  sync: z.object({ complete: z.boolean(), members: z.array(z.string()) }).nullable(),
});
type Document = z.infer<typeof Document>;

/** Seconds behind its leader at most: it hears of it twice a second, and its keeper looks twice a second. */
const LAG = 2;

/** The keeper's words; undefined while it says nothing. */
async function asked(lab: BreakableLab, name: string): Promise<Document | undefined> {
  const answer = await lab.exec(name, "curl -q -fs --max-time 2 http://127.0.0.1:9200/patroni", 10);
  return answer.ok && answer.value.code === 0 ? Document.parse(JSON.parse(answer.value.stdout)) : undefined;
}

/** The member that leads, if all others are in its set with the daemons that run now, follow it and have applied what it wrote. */
function leaderOfWhole(members: ReadonlyMap<string, Document | undefined>): string | undefined {
  const leader = [...members].find(([, said]) => said?.role === "primary")?.[0] ?? "";
  const sync = members.get(leader)?.sync;
  const followers = [...members].filter(([name]) => name !== leader);
  const follow = followers.every(([, said]) => said?.source === leader && (said.lag ?? LAG) < LAG);
  const inside = followers.map(([name, said]) => `${name}@${said?.boot}`).sort();
  return follow && sync?.complete && sync.members.join() === inside.join() ? leader : undefined;
}

/** Waits until a database is whole. Returns who leads. */
export async function wholeDatabase(
  lab: BreakableLab,
  members: readonly string[],
  seconds = 60,
): Promise<string> {
  for (const end = Date.now() + seconds * 1000; ; await sleep(300)) {
    const said = new Map(
      await Promise.all(members.map(async (name) => [name, await asked(lab, name)] as const)),
    );
    const leader = leaderOfWhole(said);
    if (leader !== undefined) return leader;
    if (Date.now() > end)
      throw new Error(`not whole after ${seconds} s: ${JSON.stringify(Object.fromEntries(said))}`);
  }
}
