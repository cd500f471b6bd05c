import type { Failure } from "../model/failure.ts";

/** Carries an expected failure out of the code of a role. */
export class RoleStop extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * A role throws this when it cannot do what the inventory, or the state of the hosts, asks of it. The user sees the message and
 * the place of the role's variables. Any other error that a role throws counts as a fault of the role.
 *
 * @example
 * if (needs.writer.length === 0) throw new Refusal("nobody provides `sql`", "give a host the role `mysql`");
 */
export class Refusal extends Error {
  /** What the user can do. */
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}
