/** Paths and names on a host, for both flavours. */
export const place = {
  socket: "/run/mysqld/mysqld.sock",
  pid: "/run/mysqld/mysqld.pid",
  /** Certificates, the password of replication, the keeper's settings. */
  folder: "/etc/mysql/provision",
  keeper: "/usr/local/lib/provision/keeper",
  settings: "/etc/mysql/provision/keeper.json",
  /** What the keeper gives the daemon at one start. */
  environment: "/run/provision-keeper/daemon.env",
} as const;
