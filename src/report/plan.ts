import { listed } from "../base/listed.ts";
import { count, groupBy, hostList, printable, widthOf } from "../base/text.ts";
import type { FileContents } from "../model/event.ts";
import type { Action, Cause, Change, HostPlan, Orphan, Plan } from "../model/plan.ts";
import type { Command } from "../model/summary.ts";
import { isSecret } from "../plan/secret.ts";
import { changeNotes, isHash, orphanNote, signs, verbOf } from "./change-text.ts";
import { renderDiff } from "./diff.ts";
import { paintWith } from "./paint.ts";
import { renderRollouts } from "./rollout.ts";

/** How a plan is laid out. */
export interface PlanView {
  readonly command: Command;
  readonly color: boolean;
  readonly columns: number;
  readonly verbosity: 0 | 1 | 2;
  /** Show the differences of file contents. */
  readonly diff: boolean;
  /** The present and desired content of changed files. Without it, no diff is shown. */
  readonly contents?: FileContents;
}

/** The most different diffs shown for one change of many hosts. */
const mostDiffs = 5;

/** A plan for people: the changes of each host and the totals. Hosts with the same changes are shown together. Ends with a line end. */
export function renderPlan(plan: Plan, view: PlanView): string {
  const differing = plan.hosts.filter((host) => host.changes.length > 0 || host.orphans.length > 0);
  const groups = groupBy(differing, (host) => hostLines({ ...view, diff: false }, [host]));
  const blocks = [...groups.values()].map((group) => {
    const heading = paintWith(view.color).bold(
      hostList(
        group.map(({ host }) => host),
        view.columns,
      ),
    );
    return `${heading}\n${hostLines(view, group)}\n`;
  });
  // A check changes nothing.
  if (view.command !== "check") blocks.push(renderRollouts(plan.rollouts, view.columns));
  if (plan.stale.length > 0) blocks.push(`${staleLines(plan.stale, view)}\n`);
  return `${blocks.join("")}${wrappedParts(planParts(plan, view.command), view.columns)}\n`;
}

/** The changes of hosts that have the same changes. Only the diffs may differ from the first host. */
function hostLines(view: PlanView, group: readonly HostPlan[]): string {
  const [first] = group;
  if (first === undefined) return "";
  const changes = first.changes.map(
    (change) => changeLines(change, view) + diffLines(change.id, group, view),
  );
  const orphans = first.orphans.map((orphan) => {
    const line = `  ! orphan ${printable(orphan.id)} (of role ${printable(orphan.role)})`;
    return wrapped(line, [orphanNote(orphan)], view.columns);
  });
  return [...changes, ...orphans].join("");
}

function changeLines(change: Change, view: PlanView): string {
  const name = `  ${signs[change.action]} ${verbOf(change)} ${printable(change.id)}`;
  // Outside `check`, only changes made on the host have a note, because applying undoes them.
  const cause = view.command === "check" || change.cause === "drift" || change.cause === "conflict";
  const notes = [...changeNotes(change, cause), ...roleNote(change, view)];
  const text = change.action === "undecided" ? `${name}:` : name;
  return wrapped(colored(change.action, text, view), notes, view.columns, widthOf(text));
}

const roleNote = (change: Change, view: PlanView): readonly string[] =>
  view.verbosity > 0 ? [`role ${change.role}`] : [];

/** A line and its notes: after the line if they fit, else below, one a line. */
function wrapped(line: string, notes: readonly string[], columns: number, width = widthOf(line)): string {
  if (notes.length === 0) return `${line}\n`;
  const tail = notes.join("  ");
  if (columns <= 0 || width + 2 + widthOf(tail) <= columns) return `${line}  ${tail}\n`;
  return `${line}\n${notes.map((note) => `      ${note}\n`).join("")}`;
}

function colored(action: Action, text: string, view: PlanView): string {
  const paint = paintWith(view.color);
  const paints = {
    create: paint.green,
    update: paint.yellow,
    delete: paint.red,
    reload: paint.cyan,
    undecided: paint.magenta,
  };
  return paints[action](text);
}

/** The diffs of one change on all hosts of a group. If the diffs differ, the hosts of each are named above it. */
function diffLines(id: Change["id"], group: readonly HostPlan[], view: PlanView): string {
  if (!view.diff) return "";
  const diffs = group.map((plan) => ({ host: plan.host, text: diffOf(plan, id, view) }));
  const groups = [
    ...groupBy(
      diffs.filter(({ text }) => text !== ""),
      ({ text }) => text,
    ).entries(),
  ];
  const shown = groups.slice(0, mostDiffs).map(([text, hosts]) => {
    const body = text.trimEnd().replace(/^(?=.)/gm, "      ");
    const named =
      hosts.length === diffs.length
        ? ""
        : `      on ${hostList(
            hosts.map(({ host }) => host),
            view.columns - 9,
          )}:\n`;
    return `${named}${body}\n`;
  });
  const rest = groups.slice(mostDiffs).reduce((sum, [, hosts]) => sum + hosts.length, 0);
  if (rest > 0)
    shown.push(`      … and other diffs on ${count(rest, "more host")} (--limit HOST shows them)\n`);
  return shown.join("");
}

function diffOf(plan: HostPlan, id: Change["id"], view: PlanView): string {
  const change = plan.changes.find((candidate) => candidate.id === id);
  const pair = view.contents?.get(`${plan.host}\0${id}`);
  if (change === undefined || pair === undefined) return "";
  // Two sources say what is secret. One is enough: a mistake in the other must not print it.
  if (pair.secret || isSecret(change)) {
    const differs = change.fields.some(({ before, after }) => isHash(before) || isHash(after));
    return differs ? "secret content changed\n" : "";
  }
  return renderDiff(printable(change.resource.key), pair.before ?? "", pair.after ?? "", view);
}

function staleLines(stale: readonly string[], view: PlanView): string {
  const paint = paintWith(view.color);
  return `${paint.yellow("Left stale, outside --limit:")}\n  ${hostList(stale, view.columns - 2)}\n  their files name hosts inside the limit\n`;
}

/** The totals of a plan in one line, without a line end. */
export function planLine(plan: Plan, command: Command): string {
  return planParts(plan, command).join("; ");
}

/** Parts of a sentence, on as few lines as the columns allow. */
function wrappedParts(parts: readonly string[], columns: number): string {
  return parts.reduce((text, part) => {
    const line = text.split("\n").at(-1) ?? "";
    const fits = columns <= 0 || widthOf(line) + 2 + widthOf(part) < columns;
    return text === "" ? part : `${text};${fits ? " " : "\n  "}${part}`;
  }, "");
}

function planParts(plan: Plan, command: Command): readonly string[] {
  const title = command === "check" ? "Check" : "Plan";
  // Without an observed host, the text must not read like `nothing to change`.
  if (plan.hosts.length === 0) return [`${title}: no host could be observed`];
  const changes = plan.hosts.flatMap((host) => host.changes);
  const changing = plan.hosts.filter((host) => host.changes.length > 0).length;
  const all = plan.hosts.flatMap((host) => host.orphans);
  const orphans = all.filter(({ why }) => why === undefined).length;
  const unchanged = plan.hosts.reduce((sum, host) => sum + host.unchanged, 0);
  const what =
    changes.length === 0
      ? `nothing to change on ${count(plan.hosts.length, "host")}`
      : `${tally(changes)} on ${count(changing, "host")}`;
  const pruning = `--prune removes ${orphans === 1 ? "it" : "them"}`;
  // In a check, an orphan is a difference (exit code 2), so the text says that it needs a decision.
  const orphaned = `${count(orphans, "orphan")}${command === "check" ? " to decide on" : ""} (${pruning})`;
  return [
    `${title}: ${what}`,
    `${count(unchanged, "resource")} unchanged`,
    ...(orphans > 0 ? [orphaned] : []),
    ...keptOrphans(all),
    ...(command === "check" && changes.length > 0 ? [`causes: ${tallyCauses(changes)}`] : []),
  ];
}

/** The orphans that a person must remove by hand, by name. */
function keptOrphans(orphans: readonly Orphan[]): readonly string[] {
  const kept = orphans.filter(({ why }) => why !== undefined);
  if (kept.length === 0) return [];
  const names = listed([...new Set(kept.map(({ id }) => printable(id)))], 4);
  return [`${count(kept.length, "orphan")} to remove by hand: ${names}`];
}

/** `3 to create, 1 to update, 2 to restart, 1 undecided`. */
function tally(changes: readonly Change[]): string {
  const order = ["create", "update", "delete", "reload", "restart", "undecided"];
  const groups = groupBy(changes, verbOf);
  return order
    .map((verb) => ({ verb, n: groups.get(verb)?.length ?? 0 }))
    .filter(({ n }) => n > 0)
    .map(({ verb, n }) => (verb === "undecided" ? `${n} undecided` : `${n} to ${verb}`))
    .join(", ");
}

function tallyCauses(changes: readonly Change[]): string {
  const order: readonly Cause[] = ["drift", "conflict", "pending", "new"];
  const groups = groupBy(
    changes.filter(({ action }) => action !== "undecided"),
    ({ cause }) => cause,
  );
  const counted = order
    .map((cause) => ({ cause, n: groups.get(cause)?.length ?? 0 }))
    .filter(({ n }) => n > 0);
  return counted.length === 0
    ? "causes not known yet"
    : counted.map(({ cause, n }) => `${n} ${cause}`).join(", ");
}
