/** What both ends of one connection must agree on. */
export interface SessionOptions {
  /** The inventory's name of the host, for messages. */
  readonly host: string;
  /** Given to the boot line. */
  readonly token: string;
  /** Set when sudo may ask: its prompt, and the answer, which is given once. */
  readonly sudo?: { readonly prompt: string; readonly password: string };
  /** Milliseconds until the remote shell must have said hello. */
  readonly helloWithin: number;
}
