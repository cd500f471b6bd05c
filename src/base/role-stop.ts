import type { Failure } from "../model/failure.ts";

/** Carries an expected failure out of a role's own code, which is plain function calls. */
export class RoleStop extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * How a role says in words that it cannot do what the inventory, or the state of the hosts, asks of it: `throw new Refusal(…)`.
 * The user is told the words, and where the variables of the role stand. All else that a role throws counts as its fault.
 *
 * @example
 * if (needs.writer.length === 0) throw new Refusal("nobody provides `sql`", "give a host the role `mysql`");
 */
export class Refusal extends Error {
  /** What the user can do. */
  readonly hint: string | undefined;
  constructor(words: string, hint?: string) {
    super(words);
    this.hint = hint;
  }
}
