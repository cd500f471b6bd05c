import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { PrimaryMoves } from "../../src/model/primary.ts";
import type { Cluster, ClusterMember } from "../../src/run/cluster.ts";
import { failOver, switchOver } from "../../src/run/switchover.ts";
import { localTransport } from "../../src/transport/local.ts";
import type { Session } from "../../src/transport/transport.ts";

/**
 * A database of files, driven by real shells: `role`, `source`, `log` (what was written), `stuck` (cannot apply), `refuses`
 * (cannot be promoted). The address of a member is its folder.
 */
const moves: PrimaryMoves = {
  service: "sql",
  state:
    'cd "$PWD" && for file in role source broken; do cat $file 2>/dev/null || true; echo; done; wc -l <log',
  parse: (output) => {
    const [role = "", source = "", broken = "", position = ""] = output
      .split("\n")
      .map((line) => line.trim());
    if (role !== "primary" && role !== "replica" && role !== "closed") return { role: "down" };
    return { role, position, ...(source === "" ? {} : { source }), ...(broken === "" ? {} : { broken }) };
  },
  compare: (a, b) => Number(a) - Number(b),
  close: () => "printf closed >role; wc -l <log",
  reopen: "printf primary >role",
  catchUp: (position) =>
    `[ ! -e stuck ] && cp "$(cat source)/log" log && [ "$(wc -l <log)" -ge ${position} ] || { echo "too far behind"; exit 1; }`,
  fence: () => "rm -f receiving",
  promote: '[ ! -e refuses ] || { echo "will not"; exit 1; }; printf primary >role; rm -f source',
  follow: (address) => `printf replica >role; printf %s ${address} >source; cp ${address}/log log`,
};

let folder = "";
const sessions: Session[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Members by name: what they are, and how many lines they have. `away`: their host cannot be reached. */
async function cluster(
  members: Readonly<
    Record<string, { role: string; lines: number; of?: string; away?: true; files?: string[] }>
  >,
): Promise<Cluster & { readonly steps: string[] }> {
  folder = mkdtempSync(join(tmpdir(), "provision-cluster-"));
  const made: ClusterMember[] = [];
  for (const [name, { role, lines, of, away, files = [] }] of Object.entries(members)) {
    const own = join(folder, name);
    mkdirSync(own);
    writeFileSync(join(own, "role"), role);
    writeFileSync(join(own, "log"), "row\n".repeat(lines));
    if (of !== undefined) writeFileSync(join(own, "source"), join(folder, of));
    for (const file of files) writeFileSync(join(own, file), file);
    made.push({ host: name, address: own, session: away ? undefined : await shellIn(own) });
  }
  const steps: string[] = [];
  return {
    service: "sql",
    moves,
    members: made,
    steps,
    now: () => performance.now(),
    tell: ({ host, what, ms, failed }) => {
      if (ms !== undefined) steps.push(`${host} ${what}${failed ? ": failed" : ""}`);
    },
  };
}

async function shellIn(path: string): Promise<Session> {
  const session = await localTransport.connect(
    { name: path, host: "localhost", connection: "local", sudo: false },
    { deadline: 10_000 },
  );
  if (!session.ok) throw new Error(session.error.message);
  sessions.push(session.value);
  const script = { text: `cd '${path}'`, input: [] };
  await session.value.request(script, { deadline: 5000, waitingFor: "cd", keep: true });
  return session.value;
}

const is = (name: string, file = "role"): string => readFileSync(join(folder, name, file), "utf8").trim();

test("a planned switchover: closed, caught up, promoted, followed by all", async () => {
  const three = await cluster({
    a: { role: "primary", lines: 5 },
    b: { role: "replica", lines: 3, of: "a" },
    c: { role: "replica", lines: 4, of: "a" },
  });
  const moved = await switchOver(three, undefined);
  expect(moved).toMatchObject({ ok: true, value: { from: "a", to: "c", left: [] } });
  expect([is("a"), is("b"), is("c")]).toEqual(["replica", "replica", "primary"]);
  expect(is("a", "source")).toBe(join(folder, "c"));
  expect(three.steps.slice(0, 4)).toEqual([
    "c catches up with a, which still takes writes",
    "a takes no more writes",
    "c has all that was written",
    "c takes writes",
  ]);
  expect(three.steps.slice(4).sort()).toEqual(["a follows c", "b follows c"]);
});

test("a candidate that cannot catch up is not asked to: the primary never closes", async () => {
  const two = await cluster({
    a: { role: "primary", lines: 5 },
    b: { role: "replica", lines: 3, of: "a", files: ["stuck"] },
  });
  const moved = await switchOver(two, "b");
  expect(moved).toMatchObject({
    ok: false,
    error: { hint: "nothing was changed: the primary never closed" },
  });
  expect([is("a"), is("b")]).toEqual(["primary", "replica"]);
  expect(two.steps).toEqual(["b catches up with a, which still takes writes: failed"]);
});

test("a candidate that will not be promoted: the old primary takes writes again", async () => {
  const two = await cluster({
    a: { role: "primary", lines: 5 },
    b: { role: "replica", lines: 5, of: "a", files: ["refuses"] },
  });
  const moved = await switchOver(two, undefined);
  expect(moved).toMatchObject({ ok: false, error: { hint: "a is the primary again; nothing was lost" } });
  expect([is("a"), is("b")]).toEqual(["primary", "replica"]);
});

test("what cannot be the candidate is refused in words", async () => {
  const three = await cluster({
    a: { role: "primary", lines: 1 },
    b: { role: "replica", lines: 1, of: "a", files: ["broken"] },
    c: { role: "closed", lines: 1 },
  });
  for (const [to, words] of [
    ["a", "a is the primary already"],
    ["b", "b does not follow a (b: replica of"],
    ["d", "d is no member of sql"],
    [undefined, "no replica of sql follows a"],
  ] as const) {
    const moved = await switchOver(three, to);
    expect(moved.ok ? "" : moved.error.message).toContain(words);
  }
  expect(is("a")).toBe("primary");
});

test("two that take writes: nothing is moved", async () => {
  const two = await cluster({ a: { role: "primary", lines: 1 }, b: { role: "primary", lines: 2 } });
  const moved = await switchOver(two, undefined);
  expect(moved.ok ? "" : moved.error.message).toContain("more than one member takes writes");
});

test("a failover fences every replica first, then promotes the one that has most", async () => {
  const three = await cluster({
    a: { role: "primary", lines: 9, away: true },
    b: { role: "replica", lines: 8, of: "a" },
    c: { role: "replica", lines: 7, of: "a" },
  });
  const moved = await failOver(three, { force: false });
  expect(moved).toMatchObject({ ok: true, value: { from: "a", to: "b", left: ["a"] } });
  expect([is("b"), is("c"), is("c", "source")]).toEqual(["primary", "replica", join(folder, "b")]);
  const promoted = three.steps.indexOf("b takes writes");
  expect(three.steps.slice(0, promoted)).toHaveLength(2);
  expect(three.steps.slice(0, promoted).every((one) => one.includes("takes nothing more"))).toBe(true);
});

test("a failover while the primary lives is refused", async () => {
  const two = await cluster({ a: { role: "primary", lines: 9 }, b: { role: "replica", lines: 9, of: "a" } });
  const moved = await failOver(two, { force: true });
  expect(moved).toMatchObject({ ok: false, error: { code: "refused" } });
  expect([is("a"), is("b")]).toEqual(["primary", "replica"]);
});

test("a replica that cannot be asked may have the last writes: only with --force", async () => {
  const members = {
    a: { role: "primary", lines: 9, away: true },
    b: { role: "replica", lines: 5, of: "a" },
    c: { role: "replica", lines: 9, of: "a", away: true },
  } as const;
  const three = await cluster(members);
  const refused = await failOver(three, { force: false });
  expect(refused.ok ? "" : refused.error.message).toContain("c cannot be asked");
  expect(is("b")).toBe("replica");
  expect(await failOver(three, { force: true })).toMatchObject({ ok: true, value: { to: "b" } });
});
