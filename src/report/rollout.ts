import { listed } from "../base/listed.ts";
import { count, printable } from "../base/text.ts";
import { wrap } from "../base/wrap.ts";
import type { Batch, Rollout } from "../model/plan.ts";

/** The batches of each stage that touches running services, for people. `columns`: 0 for no limit. Ends with a line end. */
export function renderRollouts(rollouts: readonly Rollout[], columns: number): string {
  const lines = rollouts.flatMap(({ stage, batches }) => {
    const rolling = batches.filter(({ services }) => services.length > 0);
    const title = `  ${printable(stage)}, ${rolling.length === 1 ? "in one batch" : `one batch after another, ${rolling.length} in all`}:`;
    return [title, ...rolling.flatMap((batch, index) => batchLines(batch, index, columns))];
  });
  return lines.length === 0
    ? ""
    : `${["Rolling changes, if all members are healthy:", ...lines].join("\n")}\n`;
}

function batchLines({ hosts, services, seconds }: Batch, index: number, columns: number): readonly string[] {
  const start = `  ${String(index + 1).padStart(3)}. `;
  const serving = services.map(
    ({ name, serving: left, members, floor }) =>
      `${left} of ${count(members, "member")} of \`${name}\` serve${left < floor ? `, fewer than its floor of ${floor}` : ""}`,
  );
  const words = `${listed(hosts.map(printable))}: meanwhile ${serving.join("; ")}; at most ${seconds} s of waiting`;
  return wrap(words, columns, start, " ".repeat(start.length));
}
