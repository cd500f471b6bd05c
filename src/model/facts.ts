/** What a host told of itself in the first request. */
export interface Facts {
  readonly hostname: string;
  readonly os: { readonly id: string; readonly version: string; readonly codename: string };
  /** As `uname -m` says. */
  readonly arch: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly addresses: readonly Address[];
  readonly bootId: string;
  readonly systemd: boolean;
  /** The version of every fact a role asked for, by fact name: raw text of its script's output. */
  readonly role: ReadonlyMap<string, string>;
}

export interface Address {
  readonly interface: string;
  readonly address: string;
  readonly prefix: number;
}
