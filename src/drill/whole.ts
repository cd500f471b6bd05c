import { setTimeout as sleep } from "node:timers/promises";
import type { Script } from "../model/script.ts";
import type { Endpoint, PlacedCheck, Topology } from "../model/topology.ts";
import { healthCommand } from "../resources/health.ts";
import { quote, raw } from "../script/script.ts";
import type { Hosts } from "./hosts.ts";

/** Something that is not well on a host. */
export interface Trouble {
  readonly host: string;
  /** The service or check: `sql`, `mysql/set`. */
  readonly what: string;
  readonly said: string;
  /** True: a warning that tells of what happened, or of what a person should do. Nothing is lost. */
  readonly notice: boolean;
}

/** One thing to look at on a host. */
interface Look {
  readonly what: string;
  readonly command: string;
  /** Of a check over all hosts of a role: on how many it must end with 0. */
  readonly exactly?: number;
  readonly notices?: true;
}

/** Seconds that one host may take to look at all that it has. */
const LOOK = 25;

/** All that is not well: the health of every endpoint, and every check that monitoring makes, on its own host. */
async function troubles(hosts: Hosts, topology: Topology): Promise<readonly Trouble[]> {
  const all = await Promise.all(
    topology.hosts.map(async ({ host: { name } }) => {
      const looks = looksOf(topology, name);
      const said = await hosts.ask(name, lookScript(looks), LOOK);
      if (!said.ok) return [awayAnswer(name, said.error.message)];
      return answersOf(name, looks, said.value);
    }),
  );
  const answers = all.flat();
  return [...answers.flatMap(troubleOf), ...countTroubles(topology, answers)];
}

const awayAnswer = (host: string, said: string): Answer => ({
  host,
  said,
  code: 2,
  look: { what: "host", command: "" },
});

interface Answer {
  readonly host: string;
  readonly said: string;
  readonly code: number;
  readonly look: Look;
}

function looksOf({ services, checks }: Topology, host: string): readonly Look[] {
  const endpoints = [...services.values()].flatMap((service) => service.endpoints);
  return [
    ...endpoints.filter((one) => one.host === host).map(lookAt),
    ...checks.filter((one) => one.host === host).map(checkOf),
  ];
}

const lookAt = (endpoint: Endpoint): Look => ({
  what: endpoint.service,
  command: healthCommand(endpoint),
});

const checkOf = ({ role, name, command, exactly, notices }: PlacedCheck): Look => ({
  what: `${role}/${name}`,
  command,
  ...(exactly === undefined ? {} : { exactly }),
  ...(notices === undefined ? {} : { notices }),
});

/** Prints a line for each look: its code and the first line that it said. */
function lookScript(looks: readonly Look[]): Script {
  const one = ({ command }: Look): string =>
    `said=$(timeout 12 sh -c ${quote(command)} </dev/null 2>&1); code=$?; printf '%s %s\\n' "$code" "$(printf %s "$said" | head -n 1 | cut -c 1-200)"`;
  return raw(looks.map(one).join("\n"));
}

function answersOf(host: string, looks: readonly Look[], output: string): readonly Answer[] {
  const lines = output.split("\n");
  return looks.map((look, index) => {
    const [, code = "2", said = ""] = /^(\d+) ?(.*)$/.exec(lines[index] ?? "") ?? [];
    return { host, look, said, code: Number(code) };
  });
}

function troubleOf({ host, said, code, look: { what, exactly, notices } }: Answer): readonly Trouble[] {
  if (code === 0 || exactly !== undefined) return [];
  return [{ host, what, said, notice: code === 1 && notices === true }];
}

/** Checks that must be OK on an exact number of hosts: one leader, one holder of an address. */
function countTroubles({ checks }: Topology, answers: readonly Answer[]): readonly Trouble[] {
  const counted = new Map(
    checks.filter(({ exactly }) => exactly !== undefined).map((one) => [`${one.role}/${one.name}`, one]),
  );
  return [...counted].flatMap(([what, { exactly = 0, host }]) => {
    const count = answers.filter(({ look, code }) => look.what === what && code === 0).length;
    if (count === exactly) return [];
    return [{ host, what, said: `on ${count} hosts instead of ${exactly}`, notice: false }];
  });
}

/** Waits until all is well but for notices, at most some seconds; gives what is not well then. */
export async function untilWhole(
  hosts: Hosts,
  topology: Topology,
  seconds: number,
  signal?: AbortSignal,
): Promise<readonly Trouble[]> {
  const begun = performance.now();
  for (;;) {
    const found = await troubles(hosts, topology);
    const isLate = performance.now() - begun > seconds * 1000;
    if (found.every(({ notice }) => notice) || isLate || signal?.aborted) return found;
    await sleep(500);
  }
}
