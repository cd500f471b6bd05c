/** The facts of a host, from the answer to the first request. */
export interface Facts {
  readonly hostname: string;
  readonly os: { readonly id: string; readonly version: string; readonly codename: string };
  /** As `uname -m` prints it. */
  readonly arch: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly addresses: readonly Address[];
  readonly bootId: string;
  readonly systemd: boolean;
  /** The facts that roles ask for in `facts`: name → raw output of the script. */
  readonly role: ReadonlyMap<string, string>;
}

export interface Address {
  readonly interface: string;
  readonly address: string;
  readonly prefix: number;
}
