import type { Source } from "./source.ts";

/** What can be expected to go wrong with a host or a change, one word each. */
export type FailureCode =
  | "unreachable" // no TCP connection, or it broke before the login was done
  | "host-key-unknown"
  | "host-key-changed"
  | "host-key-revoked"
  | "login-refused"
  | "sudo-refused"
  | "not-root" // neither root nor sudo: nothing could be changed
  | "connection-lost" // after the login
  | "deadline" // an answer did not come in time
  | "protocol" // the host answered something that is not an answer
  | "locked" // another run holds the host
  | "unsupported-host" // no systemd, no apt…
  | "role-failed" // a role refuses what the inventory, or the state of its hosts, asks of it
  | "role-fault" // a role's own code has a fault
  | "command-failed" // a converge script ended with another code than 0
  | "check-refused" // the daemon's own checker refused a file; the old one is still in place
  | "not-confirmed" // no new login came through after a change that may lock us out; the host takes it back
  | "still-different" // converged without an error, yet observed as different
  | "undecided" // could not be observed even at its turn
  | "gate-failed" // a health check did not pass in time
  | "dependency-failed" // a service this host needs has too few members left
  | "refused" // the guard found the plan dangerous; nothing was done
  | "interrupted" // the user stopped the run
  | "bug"; // provision itself is wrong

/** Why something could not be done. */
export interface Failure {
  /** One word for programs: `unreachable`, `host-key-changed`, `check-refused`… */
  readonly code: FailureCode;
  /** One sentence for people: what happened, to whom. */
  readonly message: string;
  /** What the program that failed wrote, as it wrote it; it may hold several lines. */
  readonly detail?: string;
  /** What can be done about it. */
  readonly hint?: string;
  /** The place in the inventory or template that it comes from: `file`, `line`, `col`, counted from 1. */
  readonly source?: Source;
  /** Of a fault in a role (`role-fault`): the calls that led to it, one a line. */
  readonly stack?: string;
}
