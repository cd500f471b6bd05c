import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cluster, ClusterMember } from "../../src/cluster/cluster.ts";
import type { HostStep, PrimaryMoves } from "../../src/model/primary.ts";
import { localTransport } from "../../src/transport/local.ts";
import type { Session } from "../../src/transport/transport.ts";

/** A step that first does what the test has put into a file of its name. */
const step = (name: string, script: string): HostStep => ({
  script: `[ ! -e on-${name} ] || . ./on-${name}\n${script}`,
  seconds: 1,
});

/**
 * A database of files, driven by real shells: `role`, `source`, `broken`, `log` (what was written), `on-STEP` (what happens at
 * the begin of a step; one that prints LOST loses the connection). The address of a member is its folder.
 */
const moves: PrimaryMoves = {
  service: "sql",
  state: step(
    "state",
    "for file in role source broken endless; do cat $file 2>/dev/null || true; echo; done; [ ! -e log ] || wc -l <log",
  ),
  parse: (output) => {
    const [role = "", source = "", broken = "", endless = "", position = ""] = output
      .split("\n")
      .map((line) => line.trim());
    if (role !== "primary" && role !== "replica" && role !== "closed" && role !== "replica-open")
      return { role: "down" };
    return {
      role,
      position,
      ...(source === "" ? {} : { source }),
      ...(broken === "" ? {} : { broken }),
      ...(endless === "" ? {} : { endless: true as const }),
    };
  },
  compare: (a, b) => Number(a) - Number(b),
  close: () => step("close", "printf closed >role; wc -l <log"),
  reopen: step("reopen", "printf primary >role"),
  catchUp: (position) =>
    step(
      "catch-up",
      `[ -e fenced ] || cp "$(cat source)/log" log; [ "$(wc -l <log)" -ge ${position} ] || { echo "too far behind"; exit 1; }`,
    ),
  fence: step("fence", "touch fenced"),
  unfence: step("unfence", "rm fenced"),
  retire: step("retire", "printf closed >role; touch retired"),
  promote: step("promote", "printf primary >role; rm -f source fenced"),
  follow: (address) =>
    step(
      "follow",
      `printf replica >role; printf %s ${address} >source; rm -f fenced broken; cp ${address}/log log`,
    ),
};

let folder = "";
const sessions: Session[] = [];

/** To be called after each test. */
export async function removeCluster(): Promise<void> {
  for (const session of sessions.splice(0)) await session.close();
  rmSync(folder, { recursive: true, force: true });
}

/** What a member is, and how many lines it has. `away`: its host cannot be reached. `on`: by step, what happens first. */
export interface FileMember {
  readonly role: string;
  readonly lines: number;
  readonly of?: string;
  readonly away?: true;
  readonly broken?: true;
  readonly endless?: true;
  readonly on?: Readonly<Record<string, string>>;
}

/** A cluster of such members, by their names. `haste`: how many times faster its clock runs. */
export async function cluster(
  members: Readonly<Record<string, FileMember>>,
  haste = 1,
): Promise<Cluster & { readonly steps: string[] }> {
  folder = mkdtempSync(join(tmpdir(), "provision-cluster-"));
  const made: ClusterMember[] = [];
  for (const [name, member] of Object.entries(members)) {
    const own = join(folder, name);
    mkdirSync(own);
    writeFileSync(join(own, "role"), member.role);
    writeFileSync(join(own, "log"), "row\n".repeat(member.lines));
    if (member.of !== undefined) writeFileSync(join(own, "source"), join(folder, member.of));
    if (member.broken) writeFileSync(join(own, "broken"), "cannot apply");
    if (member.endless) writeFileSync(join(own, "endless"), "yes");
    for (const [step, text] of Object.entries(member.on ?? {})) writeFileSync(join(own, `on-${step}`), text);
    made.push({ host: name, address: own, session: member.away ? undefined : await shellIn(own) });
  }
  const steps: string[] = [];
  return {
    service: "sql",
    moves,
    members: made,
    steps,
    now: () => performance.now() * haste,
    begun: 0,
    emit: ({ host, what, ms, failed }) => {
      if (ms !== undefined) steps.push(`${host} ${what}${failed ? ": failed" : ""}`);
    },
    reconnect: ({ address }) => shellIn(address),
  };
}

async function shellIn(path: string): Promise<Session> {
  const session = await localTransport.connect(
    { name: path, host: "localhost", connection: "local", sudo: false },
    { deadline: 10_000 },
  );
  if (!session.ok) throw new Error(session.error.message);
  sessions.push(session.value);
  const inside = (text: string, verb?: "keep") =>
    session.value.request({ text, input: [] }, { deadline: 5000, waitingFor: text, ...(verb && { verb }) });
  // The shell that is guarded begins in another folder.
  await inside("true");
  await inside(`cd '${path}'`, "keep");
  return losable(session.value);
}

/** The connection is lost once a step has printed LOST. */
function losable(session: Session): Session {
  let lost = false;
  const error = { code: "connection-lost", message: "the connection was lost" } as const;
  return {
    stats: session.stats,
    close: () => session.close(),
    request: async (script, options) => {
      const answer = lost ? { ok: false as const, error } : await session.request(script, options);
      lost ||= answer.ok && new TextDecoder().decode(answer.value.stdout).includes("LOST");
      return lost ? { ok: false, error } : answer;
    },
  };
}

/** What a file of a member holds; `undefined`: there is none. */
export function is(name: string, file = "role"): string | undefined {
  try {
    return readFileSync(join(folder, name, file), "utf8").trim();
  } catch {
    return undefined;
  }
}

/** The address of a member. */
export const at = (name: string): string => join(folder, name);
