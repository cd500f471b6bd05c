import { canonicalAddress, type MemberState, type PrimaryMoves, quote } from "provision";
import { comparePositions, union } from "./position.ts";
import { fullState, place } from "./state.ts";

/**
 * The program on each member carries out the steps: it has the daemon's statements and the password of replication. `seconds`
 * is the sum of the time limits of its statements, each with one second to end its client.
 */
const step = (seconds: number, ...words: readonly string[]): PrimaryMoves["state"] => ({
  script: [place.program, ...words].map(quote).join(" "),
  seconds,
});

/** How the primary of MariaDB and MySQL moves. */
export const moves: PrimaryMoves = {
  service: "sql",
  state: { script: fullState, seconds: 7 },
  parse: parseState,
  compare: comparePositions,
  close: (seconds) => step(seconds + 45, "close", String(seconds)),
  reopen: step(35, "reopen"),
  catchUp: (position, seconds) => step(seconds + 15, "catch-up", position, String(seconds)),
  fence: step(50, "fence"),
  unfence: step(25, "unfence"),
  retire: step(65, "retire"),
  promote: step(105, "promote"),
  follow: (address) => step(130, "follow", address),
};

function parseState(output: string): MemberState {
  const lines = new Map(
    [...output.matchAll(/^(role|position|received|reason|endless) ?(.*)$/gm)].map(
      ([, name = "", value = ""]) => [name, value.trim()],
    ),
  );
  const [role = "", written, error] = lines.get("role")?.split(/\s+/) ?? [];
  const source = written === undefined ? undefined : canonicalAddress(written);
  const position = union(lines.get("position") ?? "", lines.get("received") ?? "");
  const at: Pick<MemberState, "position" | "endless"> = {
    ...(position === undefined ? {} : { position }),
    ...(lines.get("endless") === "yes" ? { endless: true } : {}),
  };
  if (role === "primary") return { role: "primary", ...at };
  if (role === "closed") return { role: "closed", ...at };
  if (!role.startsWith("replica") || source === undefined) return { role: "down" };
  if (role === "replica-open") return { role: "replica-open", source, ...at };
  const reason = lines.get("reason");
  const broken =
    error === undefined ? {} : { broken: reason === undefined || reason === "" ? error : reason };
  return { role: "replica", source, ...at, ...broken };
}
