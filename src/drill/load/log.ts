import type { KindFigures, LoadSecond, RequestKind } from "../../model/drill.ts";

/** One request of the load. Milliseconds of `performance.now()`. */
export interface Sent {
  readonly kind: RequestKind;
  readonly begun: number;
  readonly ended: number;
  /** Why it failed: `503`, `ECONNRESET`, `no answer within 20 s`. Undefined: it was answered as it should be. */
  readonly failed?: string;
}

/** The moments of a load: its begin and end, and when failures must be over. */
export interface Moments {
  readonly from: number;
  readonly to: number;
  readonly over: number;
}

/** The figures of one kind of request. */
export function figuresOf(sent: readonly Sent[], { from, to, over }: Moments): KindFigures {
  const failed: Record<string, number> = {};
  for (const { failed: why } of sent) if (why !== undefined) failed[why] = (failed[why] ?? 0) + 1;
  const good = sent.filter(({ failed: why }) => why === undefined);
  const moments = [from, ...good.map(({ ended }) => ended).filter((at) => at > from && at < to), to];
  const ordered = moments.toSorted((a, b) => a - b);
  const gaps = ordered.slice(1).map((at, index) => at - (ordered[index] ?? at));
  return {
    sent: sent.length,
    failed,
    late: sent.filter(({ failed: why, begun }) => why !== undefined && begun > over).length,
    interval: seconds((to - from) / Math.max(1, sent.length)),
    gap: seconds(Math.max(0, ...gaps)),
    slowest: seconds(good.reduce((most, { begun, ended }) => Math.max(most, ended - begun), 0)),
  };
}

/** Figures of each kind that was sent. */
export function figuresByKind(
  sent: readonly Sent[],
  momentsOf: (kind: RequestKind) => Moments,
): Readonly<Partial<Record<RequestKind, KindFigures>>> {
  const kinds = new Set(sent.map(({ kind }) => kind));
  return Object.fromEntries(
    [...kinds].map((kind) => [
      kind,
      figuresOf(
        sent.filter((one) => one.kind === kind),
        momentsOf(kind),
      ),
    ]),
  );
}

/** The load, second by second, from the moment `zero`. */
export function secondsOf(sent: readonly Sent[], zero: number): readonly LoadSecond[] {
  const all = new Map<number, LoadSecond>();
  for (const { begun, ended, failed } of sent) {
    const at = Math.floor((ended - zero) / 1000);
    const before = all.get(at) ?? { at, answered: 0, failed: 0, slowest: 0 };
    const isFailed = failed !== undefined;
    all.set(at, {
      at,
      answered: before.answered + (isFailed ? 0 : 1),
      failed: before.failed + (isFailed ? 1 : 0),
      slowest: Math.max(before.slowest, Math.round(ended - begun)),
    });
  }
  return [...all.values()].toSorted((a, b) => a.at - b.at);
}

/** Milliseconds as seconds, to the hundredth. */
export const seconds = (ms: number): number => Math.round(ms / 10) / 100;
