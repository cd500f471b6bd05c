import type { Certificate, Secrets } from "../../../src/model/secret.ts";
import { makeCertificate } from "../../../src/secrets/certificate.ts";

const [now, until] = [new Date(), new Date(Date.now() + 365 * 86_400_000)];
const authority = makeCertificate({ names: ["law"], authority: true, now, until });
const pair: Certificate = makeCertificate({
  names: ["localhost", "127.0.0.1"],
  authority: false,
  issuer: authority,
  now,
  until,
});

/** A certificate and its key, in PEM. */
export const realPair = pair;

/** Passwords that can be foretold, and real certificates: one for all, as checkers only look whether it is one. */
export const lawSecrets: Secrets = {
  password: (name) => `password-of-${name}`,
  certificate: (name) => (name.endsWith("/ca") ? authority : pair),
  values: [],
};
