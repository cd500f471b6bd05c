import type { Secrets } from "../model/secret.ts";

/** Secrets for tests: each value follows from its name. */
export const predictableSecrets: Secrets = {
  password: (name) => `password-of-${name}`,
  certificate: (name) => ({ certificate: `certificate of ${name}\n`, key: `key of ${name}\n` }),
  values: [],
};
