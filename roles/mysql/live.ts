import type { LiveNotes } from "provision";
import { keeperPort } from "./part.ts";

/** For `provision diagram --live`. */
export const live: LiveNotes = {
  script: `${keeperPort}
curl -q --noproxy '*' -s --max-time 5 "http://127.0.0.1:$port/patroni"`,
  notes(output) {
    const said = parsed(output);
    if (said === undefined || typeof said.role !== "string") return [];
    const { open, pause, reason, kept_aside: aside } = said;
    const leads = said.role === "primary";
    return [
      leads ? "leader" : partOf(said),
      ...(leads && lacksCopies(said) ? ["no other member has every write"] : []),
      ...(!leads && open === true ? ["takes writes, but does not lead"] : []),
      ...(typeof reason === "string" && reason !== "" ? [reason.slice(0, 100)] : []),
      ...(Array.isArray(aside) && aside.length > 0 ? ["data are kept aside"] : []),
      ...(pause === true ? ["the keepers are paused"] : []),
    ];
  },
};

type Said = Readonly<Record<string, unknown>>;

/** What a member does that does not lead. */
function partOf({ state, source, lag, waits_for: waits }: Said): string {
  if (state !== "running") return `database ${String(state)}`;
  if (typeof source !== "string") return waits ? `waits for ${String(waits)}` : "follows no member";
  return typeof lag === "number" ? `follows ${source}, ${Math.round(lag)} s behind` : `follows ${source}`;
}

/** The only member of a database has no set. */
function lacksCopies({ sync }: Said): boolean {
  return (
    isRecord(sync) && (sync.complete !== true || (Array.isArray(sync.members) && sync.members.length === 0))
  );
}

const isRecord = (value: unknown): value is Said => typeof value === "object" && value !== null;

function parsed(text: string): Said | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
