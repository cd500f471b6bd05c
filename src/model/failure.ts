import type { Source } from "./source.ts";

/** The expected failures of a host or a change. */
export type FailureCode =
  | "unreachable" // no TCP connection, or it broke before the end of the login
  | "host-key-unknown"
  | "host-key-changed"
  | "host-key-revoked"
  | "login-refused"
  | "sudo-refused"
  | "not-root" // neither root nor sudo: nothing can be changed
  | "connection-lost" // after the login
  | "deadline" // no answer in time
  | "protocol" // the answer of the host does not follow the protocol
  | "locked" // another run holds the host
  | "unsupported-host" // no systemd, no apt…
  | "role-failed" // a role cannot do what the inventory, or the state of its hosts, asks of it
  | "role-fault" // the code of a role has a fault
  | "command-failed" // the exit code of a converge script was not 0
  | "check-refused" // the checker of the daemon refused a file; the old file stays
  | "not-confirmed" // no new login worked after a change that can block logins; the host undoes the change
  | "still-different" // converge ended without an error, but the resource is not as desired
  | "undecided" // the resource could not be observed, also not at its turn
  | "gate-failed" // a health check did not pass in time
  | "dependency-failed" // a service that this host needs has too few members left
  | "refused" // the guard found the plan dangerous; nothing was done
  | "interrupted" // the user stopped the run
  | "bug"; // a bug in provision

/** Why something could not be done. */
export interface Failure {
  /** One word for programs: `unreachable`, `host-key-changed`, `check-refused`… */
  readonly code: FailureCode;
  /** One sentence for people: which host or service, and what happened. */
  readonly message: string;
  /** The output of the program that failed, unchanged. It may have several lines. */
  readonly detail?: string;
  /** What the user can do. */
  readonly hint?: string;
  /** The place in the inventory or template that caused it: `file`, `line`, `col`, counted from 1. */
  readonly source?: Source;
  /** For a `role-fault`: the stack trace, one call a line. */
  readonly stack?: string;
}
