import { type MemberState, type PrimaryMoves, quote } from "provision";
import { comparePositions, union } from "./position.ts";
import { fullState, place } from "./state.ts";

/** The program on each member does the steps: it knows the daemon's words, and the password of replication. */
const step = (...words: readonly string[]): string => [place.program, ...words].map(quote).join(" ");

/** How the primary of MariaDB and MySQL moves. */
export const moves: PrimaryMoves = {
  service: "sql",
  state: fullState,
  parse: parseState,
  compare: comparePositions,
  close: (seconds) => step("close", String(seconds)),
  reopen: step("reopen"),
  catchUp: (position, seconds) => step("catch-up", position, String(seconds)),
  fence: (seconds) => step("fence", String(seconds)),
  promote: step("promote"),
  follow: (address) => step("follow", address),
};

function parseState(output: string): MemberState {
  const lines = new Map(
    [...output.matchAll(/^(role|position|received|reason) ?(.*)$/gm)].map(([, name = "", value = ""]) => [
      name,
      value.trim(),
    ]),
  );
  const [role = "", source, error] = lines.get("role")?.split(/\s+/) ?? [];
  const position = union(lines.get("position") ?? "", lines.get("received") ?? "");
  const at = position === undefined ? {} : { position };
  if (role === "primary") return { role: "primary", ...at };
  if (role === "closed") return { role: "closed", ...at };
  if (!role.startsWith("replica") || source === undefined) return { role: "down" };
  const reason = lines.get("reason");
  const broken =
    error === undefined ? {} : { broken: reason === undefined || reason === "" ? error : reason };
  return { role: "replica", source, ...at, ...broken };
}
