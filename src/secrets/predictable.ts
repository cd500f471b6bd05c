import type { Secrets } from "../model/secret.ts";

/** Passwords and certificates that tests can foretell, and that are of no use to anybody else. */
export const foretellableSecrets: Secrets = {
  password: (name) => `password-of-${name}`,
  certificate: (name) => ({ certificate: `certificate of ${name}\n`, key: `key of ${name}\n` }),
  values: [],
};
