import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { err, ok, type Result } from "../../base/result.ts";
import { auditorOf } from "../../drill/audit.ts";
import { type Drill, nameOf } from "../../drill/drill.ts";
import type { Hosts } from "../../drill/hosts.ts";
import type { Power } from "../../drill/inject/power.ts";
import { type Client, isGood } from "../../drill/load/client.ts";
import { type Ledger, ledgerIn } from "../../drill/load/ledger.ts";
import { randomFrom } from "../../drill/seed.ts";
import { untilWhole } from "../../drill/whole.ts";
import type { DrillEvent } from "../../model/drill.ts";
import type { LoadRequest } from "../../model/role.ts";
import type { InventoryOptions } from "../command.ts";
import { ownCommands } from "./own-commands.ts";
import type { PreparedDrill } from "./prepare.ts";
import type { DrillReport } from "./report.ts";

/** What a drill works with. */
export interface Means {
  readonly prepared: PreparedDrill;
  readonly options: InventoryOptions & { readonly rate: number; readonly patience: number };
  readonly hosts: Hosts;
  readonly client: Client;
  readonly power: Power | undefined;
}

interface Start {
  readonly report: DrillReport;
  readonly zero: number;
  readonly signal: AbortSignal;
  readonly seed: number;
}

/** Seconds in which a stack must be well before its first fault. */
const WELL = 60;

/** Makes sure that all is well, and writes the ids that the cache must keep. */
export async function begin(
  means: Means,
  { report, zero, signal, seed }: Start,
): Promise<Result<Drill, string>> {
  const { prepared, options, hosts, client, power } = means;
  const { project, workload } = prepared;
  const { topology, roles } = project;
  report.event({ type: "waiting", what: "all hosts and services to be well", seconds: WELL });
  const troubles = await untilWhole(hosts, topology, WELL, signal);
  const ill = troubles.filter(({ notice }) => !notice);
  if (ill.length > 0)
    return err(
      `the stack is not well, so nothing was broken:\n${ill.map(({ host, what, said }) => `  ${host}: ${what}: ${said}`).join("\n")}\nRun provision -i … first`,
    );
  const ledger = openLedger();
  const kept = await keptIds(client, workload.write, ledger);
  if (!kept.ok) return kept;
  return ok({
    injector: { hosts, topology, power, write: workload.write, ...ownCommands(options, hosts) },
    roles,
    workload,
    client,
    ledger,
    auditor: auditorOf({ topology, roles }, workload, { hosts, client }),
    random: randomFrom(seed),
    rate: options.rate,
    patience: options.patience,
    kept: kept.value,
    notices: new Set(troubles.map(nameOf)),
    zero,
    signal,
    emit: (event: DrillEvent) => report.event(event),
  });
}

function openLedger(): Ledger {
  const folder = join(".provision", "drill");
  mkdirSync(folder, { recursive: true });
  return ledgerIn(join(folder, `${new Date().toISOString().replaceAll(":", "-")}.ledger`));
}

/** How many ids are read from the cache all the time. */
const KEPT = 50;

async function keptIds(
  client: Client,
  write: LoadRequest | undefined,
  ledger: Ledger,
): Promise<Result<readonly string[], string>> {
  if (write === undefined) return ok([]);
  const ids: string[] = [];
  for (let count = 0; count < KEPT; count += 1) {
    const id = randomUUID();
    const answer = await client.send(write, id).catch((error: unknown) => String(error));
    if (typeof answer === "string" || !isGood(answer))
      return err(
        `the load cannot write: ${write.method ?? "GET"} ${write.path}: ${typeof answer === "string" ? answer : `${answer.status}: ${answer.body.slice(0, 200)}`}`,
      );
    ledger.add(id);
    ids.push(id);
  }
  return ok(ids);
}
