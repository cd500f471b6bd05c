import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { guardedRole } from "../../src/cli/project/role-guard.ts";
import type { Host } from "../../src/model/inventory.ts";
import type { Kind } from "../../src/model/kind.ts";
import type { AnyRole } from "../../src/model/role.ts";
import { exec } from "../../src/resources/exec.ts";
import { file } from "../../src/resources/file.ts";
import { kinds } from "../../src/resources/kinds.ts";
import { buildTopology } from "../../src/topology/topology.ts";
import type { Session, Transport } from "../../src/transport/transport.ts";
import { runEngine } from "../lab/support/engine.ts";
import { type FolderHost, folderHost } from "./folder-host.ts";

const names = ["good1", "bad", "good2"];
let hosts: ReadonlyMap<string, FolderHost>;
beforeEach(() => {
  hosts = new Map(names.map((name) => [name, folderHost()]));
});
afterEach(() => {
  for (const host of hosts.values()) host.remove();
});

const at = (name: string, path: string): string => join(hosts.get(name)?.folder ?? "", "srv", path);
const boom = (): never => {
  throw new TypeError("Cannot read properties of null");
};

/** A service on each host, which each host uses; every one of them is drained, disturbed, gated and restored. */
const base: AnyRole = {
  name: "probe",
  tier: "test",
  summary: "made for a test",
  vars: { safeParse: () => ({ success: true, data: {} }) },
  needs: { others: "probe" },
  provides: () => ({
    probe: {
      port: 1,
      health: { type: "command", command: "true" },
      redundancy: "balanced",
      floor: 1,
      startSeconds: 1,
    },
  }),
  rank: () => 0,
  draining: { others: { drain: () => "true", restore: () => "true" } },
  endSessions: { probe: () => "true" },
  resources: ({ host: { name } }) => [
    file(at(name, "conf"), { content: "x" }),
    exec("reload", { command: ":", unless: ":", reloadOn: [`file:${at(name, "conf")}`] }),
  ],
};

const hostNamed = (name: string): Host => ({
  name,
  groups: ["all"],
  vars: new Map(),
  source: { file: "test", line: 1, col: 1 },
});

/** One run of `apply`; `answer` stands between the engine and a session. */
async function outcomes(
  more: Partial<AnyRole>,
  {
    kind,
    answer,
  }: { readonly kind?: Kind; readonly answer?: (host: string, session: Session) => Session } = {},
) {
  const role = guardedRole({ ...base, ...more });
  // Members of their own service: a stage of one level, as no other role comes before it.
  const { needs: _, ...alone } = base;
  const topology = buildTopology(
    names.map(hostNamed).map((host) => ({ host, members: [{ host, role: "probe", vars: {} }] })),
    new Map([["probe", alone]]),
  );
  if (!topology.ok) throw new Error("no topology");
  const transport: Transport = {
    async connect(target, options) {
      const connected = await hosts.get(target.name)?.transport.connect(target, options);
      if (connected?.ok !== true) throw new Error("no session");
      const session = oneByOne(connected.value);
      return { ok: true, value: answer?.(target.name, session) ?? session };
    },
  };
  const { summary, events } = await runEngine({
    command: "apply",
    targets: names.map((name) => ({ name, host: "127.0.0.1", sudo: false })),
    resources: () => [],
    wrap: () => transport,
    input: {
      wanted: {
        roles: new Map([["probe", role]]),
        topology: topology.value,
        ...(kind === undefined ? {} : { kinds: new Map([...kinds, [kind.name, kind]]) }),
      },
    },
  });
  expect(events.filter(({ type }) => type === "run-finished")).toHaveLength(1);
  return summary.hosts.map(({ host, outcome, failure }) => [host, outcome, failure?.code] as const);
}

/** A host's shell does one thing at a time. */
function oneByOne(session: Session): Session {
  let last: Promise<unknown> = Promise.resolve();
  const request: Session["request"] = (script, more) => {
    const turn = last.then(() => session.request(script, more));
    last = turn.catch(() => {});
    return turn;
  };
  return { request, close: () => session.close(), stats: session.stats };
}

const onlyBad = (code: string) => [
  ["good1", "converged", undefined],
  ["bad", "failed", code],
  ["good2", "converged", undefined],
];

/** Each by the fault; or skipped, because too many others of its service have failed by then. */
function expectAllFailed(found: Awaited<ReturnType<typeof outcomes>>): void {
  expect(found.map(([, outcome]) => outcome)).toEqual(["failed", "failed", "failed"]);
  const codes = found.map(([, , code]) => code);
  expect(codes).toContain("role-fault");
  expect(codes.filter((code) => code !== "role-fault" && code !== "dependency-failed")).toEqual([]);
}

describe("what throws while one host is changed is that host's failure", () => {
  beforeEach(() => {
    for (const name of names) writeFileSync(at(name, "conf"), "old");
  });

  it("nothing throws: all are changed", async () => {
    expect(await outcomes({})).toEqual(names.map((name) => [name, "converged", undefined]));
    expect(names.map((name) => readFileSync(at(name, "conf"), "utf8"))).toEqual(["x", "x", "x"]);
  });

  it("`rank`, once what the members have told has changed", async () => {
    let asked = 0;
    const rank: AnyRole["rank"] = ({ host }) => (host.name === "bad" && ++asked > 1 ? boom() : 0);
    expect(await outcomes({ rank })).toEqual(onlyBad("role-fault"));
  });

  it("`rank`, where the members must be changed together: then none of them is changed", async () => {
    let asked = 0;
    const rank: AnyRole["rank"] = ({ host }) => (host.name === "bad" && ++asked > 1 ? boom() : "together");
    expectAllFailed(await outcomes({ rank }));
    expect(names.map((name) => readFileSync(at(name, "conf"), "utf8"))).toEqual(["old", "old", "old"]);
    expect(await outcomes({ rank: () => "together" })).toEqual(
      names.map((name) => [name, "converged", undefined]),
    );
  });

  it("`early` of a kind", async () => {
    const known = kinds.get("file");
    if (known === undefined) throw new Error("no kind file");
    const early: Kind["early"] = ({ id }) => (id === `file:${at("bad", "conf")}` ? boom() : false);
    expect(await outcomes({}, { kind: { ...known, early } })).toEqual(onlyBad("bug"));
  });

  it.each(["drain", "restore"] as const)(
    "`draining`: %s, on the hosts that it is asked for",
    async (field) => {
      const how = { drain: () => "true", restore: () => "true", [field]: boom };
      expectAllFailed(await outcomes({ draining: { others: how } }));
    },
  );

  it("`endSessions`", async () => {
    const found = await outcomes({ endSessions: { probe: boom } });
    expectAllFailed(found);
    expect(readFileSync(at("bad", "conf"), "utf8")).toBe("old");
  });

  it("any of the requests that a host is sent", { timeout: 60_000 }, async () => {
    let last = 1;
    for (let nth = 0; nth <= last; nth += 1) {
      for (const name of names) writeFileSync(at(name, "conf"), "old");
      let sent = 0;
      const answer = (host: string, session: Session): Session => ({
        request: (script, more) =>
          host === "bad" && ++sent === nth ? boom() : session.request(script, more),
        close: () => session.close(),
        stats: session.stats,
      });
      const found = await outcomes({}, { answer });
      for (const [host, outcome, code] of found) {
        // A good one may be skipped: what the bad one has drained and could not restore counts as lost.
        const fair =
          host === "bad" ? ["converged", "bug", "dependency-failed"] : ["converged", "dependency-failed"];
        expect(fair, `${host} at request ${nth}`).toContain(code ?? outcome);
      }
      last = Math.max(last, sent);
    }
    expect(last).toBeGreaterThan(8);
  });
});
