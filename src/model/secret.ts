/** A secret that a role needs. Made at random the first time it is asked for, then kept beside the inventory, encrypted. */
export type SecretSpec =
  /** Letters and digits: no place that it goes to needs quoting. `length`: 32 if left out. */
  | { readonly type: "password"; readonly length?: number }
  /** A certificate authority of the stack's own; `name` is its common name. */
  | { readonly type: "authority"; readonly name: string }
  /** Signed by the secret named `authority`, else by itself. For servers and clients alike. */
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

/** The secrets of one run, decrypted once. Names are those the roles declared. A name nobody declared is a bug: it throws. */
export interface Secrets {
  password(name: string): string;
  certificate(name: string): Certificate;
  /** Every value that must never be shown, nor stand in a file others may read: passwords, keys, `!secret` variables. */
  readonly values: readonly string[];
}
