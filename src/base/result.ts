/** An expected failure is a value. Only bugs throw. */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });

/** The default of every switch over a union: a forgotten case does not compile. */
export function unreachable(x: never): never {
  throw new Error(`not reachable: ${JSON.stringify(x)}`);
}
