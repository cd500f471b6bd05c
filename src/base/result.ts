/** An expected failure is a value. `throw` is left for bugs. */
export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });

/** The end of every switch over a union: a case that was forgotten does not compile. */
export function unreachable(x: never): never {
  throw new Error(`not reachable: ${JSON.stringify(x)}`);
}
