import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { RequestKind } from "../../model/drill.ts";
import type { LoadRequest, Workload } from "../../model/role.ts";
import { type Answer, type Client, codeOf, isGood } from "./client.ts";
import type { Ledger } from "./ledger.ts";
import type { Sent } from "./log.ts";

/** What a load has met when it was stopped. */
export interface Met {
  readonly sent: readonly Sent[];
  /** Reads right after a write that did not show it: `ID after 0.12 s`. */
  readonly stale: readonly string[];
}

/** A load that runs. */
export interface Load {
  /** Waits until reads and writes are answered again, at most some seconds. */
  answered(seconds: number): Promise<boolean>;
  stop(): Promise<Met>;
}

/** Requests under way at the same time. More are not sent: users who wait do not ask again either. */
const MOST = 256;

/** One of so many reads uses a new connection. */
const FRESH = 4;

/** For each read, so many requests of the other kinds. */
const SHARE: Readonly<Record<RequestKind, number>> = { read: 1, write: 0.5, own: 0.25, cached: 0.5 };

/** Sends requests at a steady rate, whether others are answered or not. `rate`: reads in a second. */
export function startLoad(
  client: Client,
  workload: Workload,
  {
    ledger,
    rate,
    kept,
  }: { readonly ledger: Ledger; readonly rate: number; readonly kept: readonly string[] },
): Load {
  const run = new Run(client, workload, ledger);
  const timers = [
    every(rate * SHARE.read, (count) => run.one("read", workload.read, "", count % FRESH === 0)),
    ...(workload.write === undefined ? [] : [every(rate * SHARE.write, () => run.write())]),
    ...cachedReads(workload.cached, rate, (request, count) => {
      const id = kept[count % Math.max(1, kept.length)];
      return id === undefined ? Promise.resolve() : run.one("cached", request, id, false);
    }),
  ];
  return {
    answered: (seconds) => run.answered(seconds),
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      return run.end();
    },
  };
}

function cachedReads(
  request: LoadRequest | undefined,
  rate: number,
  one: (request: LoadRequest, count: number) => Promise<void>,
): readonly NodeJS.Timeout[] {
  return request === undefined ? [] : [every(rate * SHARE.cached, (count) => one(request, count))];
}

function every(perSecond: number, work: (count: number) => Promise<void>): NodeJS.Timeout {
  let count = 0;
  return setInterval(() => void work(count++), 1000 / perSecond);
}

/** A load under way: what it has sent, and what has not been answered yet. */
class Run {
  readonly #sent: Sent[] = [];
  readonly #stale: string[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #client: Client;
  readonly #workload: Workload;
  readonly #ledger: Ledger;
  #writes = 0;

  constructor(client: Client, workload: Workload, ledger: Ledger) {
    this.#client = client;
    this.#workload = workload;
    this.#ledger = ledger;
  }

  /** Sends a request, and notes how it ended. */
  async one(kind: RequestKind, request: LoadRequest, id: string, fresh: boolean): Promise<void> {
    await this.#note(kind, request, { id, fresh });
  }

  /** Writes a new id; each second time, reads it back from whoever takes writes. */
  async write(): Promise<void> {
    const { write, own } = this.#workload;
    if (write === undefined) return;
    const id = randomUUID();
    const written = await this.#note("write", write, { id, fresh: false });
    if (written === undefined) return;
    this.#ledger.add(id);
    this.#writes += 1;
    if (own === undefined || this.#writes % 2 === 0) return;
    const acknowledged = performance.now();
    const answer = await this.#note("own", own, { id, fresh: false, or: [404, 410] });
    if (answer === undefined || (isGood(answer) && answer.body.includes(id))) return;
    this.#stale.push(`${id} after ${((performance.now() - acknowledged) / 1000).toFixed(2)} s`);
  }

  async #note(
    kind: RequestKind,
    request: LoadRequest,
    { id, fresh, or = [] }: { readonly id: string; readonly fresh: boolean; readonly or?: readonly number[] },
  ): Promise<Answer | undefined> {
    if (this.#underWay.size >= MOST) return undefined;
    const begun = performance.now();
    const sending = this.#client.send(request, id, fresh).catch(reasonOf);
    this.#underWay.add(sending);
    const answer = await sending;
    this.#underWay.delete(sending);
    const isExpected = typeof answer !== "string" && (isGood(answer) || or.includes(answer.status));
    const failed = isExpected ? {} : { failed: typeof answer === "string" ? answer : String(answer.status) };
    this.#sent.push({ kind, begun, ended: performance.now(), ...failed });
    return typeof answer !== "string" && isExpected ? answer : undefined;
  }

  async answered(seconds: number): Promise<boolean> {
    const begun = performance.now();
    const wanted = (["read", ...(this.#workload.write === undefined ? [] : ["write"])] as const).map(String);
    const isBack = (kind: string): boolean =>
      this.#sent.some((one) => one.kind === kind && one.failed === undefined && one.begun > begun);
    while (!wanted.every(isBack)) {
      if (performance.now() - begun > seconds * 1000) return false;
      await sleep(50);
    }
    return true;
  }

  async end(): Promise<Met> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    await sleep(0); // so that the last of them are noted
    return { sent: this.#sent, stale: this.#stale };
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? codeOf(error) : String(error));
