import type { Secrets } from "../../src/model/secret.ts";

/** For inventories whose roles ask for none. */
export const noSecrets: Secrets = {
  password: (name) => {
    throw new Error(`no secret is named ${name}`);
  },
  certificate: (name) => {
    throw new Error(`no certificate is named ${name}`);
  },
  values: [],
};
