import { z } from "zod";
import type { Measured } from "../model/drill.ts";

const figures = z.object({ gap: z.number(), slowest: z.number() });

/** What `explain` uses of a record. */
const Recorded = z.object({
  version: z.literal(1),
  date: z.iso.datetime(),
  verdicts: z.array(
    z.object({
      fault: z.string(),
      service: z.string(),
      kinds: z.object({ read: figures.optional(), write: figures.optional() }),
      broken: z.array(z.string()),
    }),
  ),
});

/** The figures in the output of `provision drill -o json`; undefined: the text is something else. */
export function measuredIn(text: string): Measured | undefined {
  const read = Recorded.safeParse(jsonOf(text));
  if (!read.success) return undefined;
  const { date, verdicts } = read.data;
  const names = [...new Set(verdicts.map(({ fault }) => fault))];
  const faults = names.map((fault) => {
    const rounds = verdicts.filter((one) => one.fault === fault);
    return {
      fault,
      service: rounds[0]?.service ?? "",
      rounds: rounds.length,
      reads: rounds.flatMap(({ kinds }) => kinds.read?.gap ?? []),
      writes: rounds.flatMap(({ kinds }) => kinds.write?.gap ?? []),
      broken: rounds.filter(({ broken }) => broken.length > 0).length,
    };
  });
  return { date, faults };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
