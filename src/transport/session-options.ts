/** What a session must know about its wire. */
export interface SessionOptions {
  /** The inventory's name of the host, for messages. */
  readonly host: string;
  /** The token of the boot line. */
  readonly token: string;
  /** Set if sudo may ask for a password: its prompt and the password, which is sent once. */
  readonly sudo?: { readonly prompt: string; readonly password: string };
  /** Milliseconds that the remote shell has for its hello. */
  readonly helloWithin: number;
}
