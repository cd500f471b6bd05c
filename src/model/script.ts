/**
 * A piece of POSIX sh, and the bytes that it reads from standard input in order (each with `head -c LENGTH`). Bytes are part of
 * the request, so no secret and no file is ever in an argv.
 */
export interface Script {
  readonly text: string;
  readonly input: readonly Uint8Array[];
}
