import type { Bounds, Nuisance, Part, Way } from "../model/drill.ts";
import type { Loss, Survival } from "../model/topology.ts";

/** Seconds in which a proxy leaves out a member, and sends what it can to another one. */
const ASIDE = 2.5;

/** Seconds for what nobody promises to survive: all that is asked is that it comes back. */
const BEYOND = 300;

const nuisances: ReadonlySet<string> = new Set<Nuisance>(["paused", "lossy", "busy"]);

const isNuisance = (way: Way): way is Nuisance => nuisances.has(way);

/** What users may see of a fault, from what the service says of itself. */
export function boundsOf(survives: Survival | undefined, part: Part, way: Way): Bounds {
  if (isNuisance(way)) return { reads: ASIDE, writes: ASIDE, fails: "nothing", stays: true };
  if (way === "alerted") return { reads: ASIDE, writes: ASIDE, fails: "writes", stays: false };
  if (part === "all" && way !== "restarted")
    return { reads: BEYOND, writes: BEYOND, fails: "requests", stays: false, ...forgetting(survives) };
  if (part === "follower") return { reads: ASIDE, writes: ASIDE, fails: "nothing", stays: true };
  return { ...pauseOf(survives, way), fails: failsOf(survives, way), stays: false };
}

const forgetting = (survives: Survival | undefined): Pick<Bounds, "forgets"> =>
  survives?.forgets === true ? { forgets: true } : {};

function pauseOf(survives: Survival | undefined, way: Loss): Pick<Bounds, "reads" | "writes"> {
  const writes = survives?.pause?.[way] ?? ASIDE;
  return { writes, reads: survives?.of === "writes" ? ASIDE : writes };
}

function failsOf(survives: Survival | undefined, way: Loss): Bounds["fails"] {
  if (way === "moved") return "nothing";
  // Members are drained first. Only writes wait for a leader that moves, or break with a connection to an address that moves.
  if (way === "restarted")
    return survives?.of === "writes" || survives?.breaks === "requests" ? "writes" : "nothing";
  return survives?.breaks ?? "writes";
}
