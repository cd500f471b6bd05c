import type { Secrets } from "../../src/model/secret.ts";

/** For roles that need no secrets. */
export const noSecrets: Secrets = {
  password: (name) => {
    throw new Error(`no secret is named ${name}`);
  },
  certificate: (name) => {
    throw new Error(`no certificate is named ${name}`);
  },
  values: [],
};
