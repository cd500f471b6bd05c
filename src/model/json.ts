/** A value of an inventory: what both YAML and JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A mapping. Objects have no prototype, so `__proto__` is an ordinary key. */
export interface JsonObject {
  readonly [key: string]: Json;
}
