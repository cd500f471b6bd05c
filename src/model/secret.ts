/** A secret that a role needs. It is generated at first use, and then kept encrypted beside the inventory. */
export type SecretSpec =
  /** Letters and digits, so that it never needs quoting. Default of `length`: 32. */
  | { readonly type: "password"; readonly length?: number }
  /** A certificate authority of this stack; `name` is its common name. */
  | { readonly type: "authority"; readonly name: string }
  /** Signed by the secret `authority`; without it, self-signed. For servers and clients. */
  | {
      readonly type: "certificate";
      readonly authority?: string;
      /** DNS names and IP addresses; the first is the common name. */
      readonly names: readonly string[];
    };

/** A certificate with its key, in PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** The secrets of one run, decrypted once, by the names that roles declared. An undeclared name throws: it is a bug. */
export interface Secrets {
  password(name: string): string;
  certificate(name: string): Certificate;
  /** Every value that must never be shown, or stand in a file that others can read: passwords, keys, `!secret` variables. */
  readonly values: readonly string[];
}
