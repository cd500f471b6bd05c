/** What the keeper of a member says of it. */
export interface MemberStatus {
  readonly role: "primary" | "replica";
  /** `running`, or why not: `off`, `starting`, `hung`, `copying`. */
  readonly state: string;
  /** The member that it follows. */
  readonly source: string | undefined;
  /** All that it has received, in the notation of the daemon. */
  readonly position: string;
  /** Whom a cluster without a leader waits for; empty: nobody. */
  readonly waitsFor: string;
  readonly reason: string;
}

/** Reads a status document. Whatever is not as it should be is left out; no document at all gives `undefined`. */
export function parseStatus(text: string): MemberStatus | undefined {
  const given = parsed(text);
  if (given === undefined) return undefined;
  return {
    role: given.role === "primary" || given.role === "master" ? "primary" : "replica",
    state: textOf(given.state) ?? "unknown",
    source: textOf(given.source),
    position: textOf(given.received) ?? "",
    waitsFor: textOf(given.waits_for) ?? "",
    reason: textOf(given.reason) ?? "",
  };
}

type Fields = Readonly<Record<string, unknown>>;

function parsed(text: string): Fields | undefined {
  try {
    return asRecord(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const asRecord = (value: unknown): Fields | undefined => (isRecord(value) ? value : undefined);

/** At most one line of 300 characters: what a host says is shown to a person. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.replaceAll(/\s+/g, " ").slice(0, 300) : undefined;
}
