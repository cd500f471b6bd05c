/** A value as inventories hold it: what YAML and JSON can both say. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A mapping; objects are made without a prototype, so `__proto__` is an ordinary key. */
export interface JsonObject {
  readonly [key: string]: Json;
}
