import type { Failure } from "./failure.ts";

/** Carries an expected failure out of a role's own code, which is plain function calls. */
export class RoleStop extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}
