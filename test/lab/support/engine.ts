import type { Event } from "../../../src/model/event.ts";
import type { Host } from "../../../src/model/inventory.ts";
import type { Resource } from "../../../src/model/resource.ts";
import type { AnyRole, Schema } from "../../../src/model/role.ts";
import type { Command, Summary } from "../../../src/model/summary.ts";
import type { ServiceSpec } from "../../../src/model/topology.ts";
import { kinds } from "../../../src/resources/kinds.ts";
import { noFactsCache } from "../../../src/run/connect/facts-cache.ts";
import type { Caller, Policy, Reach, Stop, Wanted } from "../../../src/run/input.ts";
import { run } from "../../../src/run/run.ts";
import { buildTopology } from "../../../src/topology/topology.ts";
import { openTransport } from "../../../src/transport/connect.ts";
import type { Session, Target, Transport } from "../../../src/transport/transport.ts";
import { noSecrets } from "../../secrets/no-secrets.ts";

/** What of a run's input is otherwise than an ordinary run has it. */
interface EngineInput {
  readonly wanted?: Partial<Wanted>;
  readonly reach?: Partial<Reach>;
  readonly policy?: Partial<Policy>;
  readonly caller?: Partial<Caller>;
}

/** One run of the engine with a role made for a test, on real hosts. */
export interface EngineRun {
  readonly command: Command;
  readonly targets: readonly Target[];
  readonly resources: (host: string) => readonly Resource[];
  /** Stands between the engine and the real transport. */
  readonly wrap?: (transport: Transport) => Transport;
  readonly onEvent?: (event: Event) => void;
  readonly prune?: boolean;
  readonly provides?: Readonly<Record<string, ServiceSpec>>;
  readonly input?: EngineInput;
}

const nothing: Schema<unknown> = { safeParse: () => ({ success: true, data: {} }) };

/** Runs it, and gives back the summary, every event, the requests each session has sent, and the scripts in them. */
export async function runEngine(asked: EngineRun) {
  const role: AnyRole = {
    name: "probe",
    tier: "test",
    summary: "made for a test",
    vars: nothing,
    resources: ({ host }) => asked.resources(host.name),
    provides: () => asked.provides ?? {},
  };
  const roles = new Map([["probe", role]]);
  const hosts = asked.targets.map(({ name }) => hostOf(name));
  const topology = buildTopology(
    hosts.map((host) => ({ host, members: [{ host, role: "probe", vars: {} }] })),
    roles,
  );
  if (!topology.ok) throw new Error("no topology");
  const real = openTransport({ kind: "auto", acceptNewHostKeys: false });
  const scripts: string[] = [];
  const transport = recording(asked.wrap?.(real) ?? real, scripts);
  const events: Event[] = [];
  const sessions = new Set<Session>();
  const seen = new Set<Session>();
  const { input = {} } = asked;
  const summary: Summary = await run({
    wanted: {
      topology: topology.value,
      roles,
      render: () => {
        throw new Error("no templates here");
      },
      assets: new Map(),
      secrets: noSecrets,
      kinds,
      ...input.wanted,
    },
    reach: {
      targets: new Map(asked.targets.map((target) => [target.name, target])),
      transport,
      connectDeadline: 20_000,
      forks: 25,
      holder: "a test",
      sessions,
      factsCache: noFactsCache,
      ...input.reach,
    },
    policy: {
      command: asked.command,
      selected: new Set(asked.targets.map(({ name }) => name)),
      onlyRoles: "all",
      force: false,
      prune: asked.prune === true,
      diff: false,
      ...input.policy,
    },
    caller: {
      stop: running(),
      now: () => performance.now(),
      emit: (event) => {
        events.push(event);
        for (const session of sessions) seen.add(session);
        asked.onEvent?.(event);
      },
      resume: (names) => ["-l", names.join(",")],
      ...input.caller,
    },
  });
  return { summary, events, requests: [...seen].map((session) => session.stats.requests), scripts };
}

/** A run that nobody stops, until the test does. */
export const running = (): Stop => ({ requested: false, aborted: false, whenAborted: new Promise(() => {}) });

/** Writes down the text of every script that is sent. */
function recording(transport: Transport, scripts: string[]): Transport {
  return {
    connect: async (target, options) => {
      const connected = await transport.connect(target, options);
      if (!connected.ok) return connected;
      const session = connected.value;
      const request: Session["request"] = (script, more) => {
        scripts.push(script.text);
        return session.request(script, more);
      };
      return {
        ok: true,
        value: {
          request,
          close: () => session.close(),
          get stats() {
            return session.stats;
          },
        },
      };
    },
  };
}

function hostOf(name: string): Host {
  return { name, groups: ["all"], vars: new Map(), source: { file: "test", line: 1, col: 1 } };
}
