import type { Vars } from "./vars.ts";

/** Names and paths of one application. */
export interface Place {
  readonly unit: string;
  readonly root: string;
  readonly releases: string;
  readonly current: string;
  readonly settings: string;
  readonly environment: string;
  readonly config: string;
  /** The module with which workers answer health checks. */
  readonly alive: string;
  /** Certificate of the authority that verifies the database's certificates. */
  readonly authority: string;
}

/** The paths of the application with these variables. */
export function placeOf({ name }: Vars): Place {
  const [unit, root] = [`gunicorn-${name}`, `/srv/${name}`];
  const settings = `/etc/${unit}`;
  return {
    unit,
    root,
    releases: `${root}/releases`,
    current: `${root}/current`,
    settings,
    environment: `${settings}/environment`,
    config: `${settings}/gunicorn.conf.py`,
    alive: `${settings}/alive.py`,
    authority: `${settings}/sql-ca.pem`,
  };
}
