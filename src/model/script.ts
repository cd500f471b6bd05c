/**
 * A piece of POSIX sh, and the bytes it reads from its standard input in order (each with `head -c LENGTH`).
 * Bytes travel inside the request, so no secret and no file ever stands in an argv.
 */
export interface Script {
  readonly text: string;
  readonly input: readonly Uint8Array[];
}
