/** Where things are on a voter. */
export const place = {
  settings: "/etc/etcd",
  /** A folder of our own: the package's store of one member is in /var/lib/etcd/default, and never taken for this one. */
  data: "/var/lib/etcd/provision",
  /** What etcd needs at its first start alone. */
  start: "/run/provision-etcd/start.env",
  /** The number of the store that this host is or was a voter of: without it, the loss of all data would look like a new stack. */
  known: "/etc/etcd/known-store",
  library: "/usr/local/lib/provision/etcd",
  program: "/usr/local/lib/provision/etcd/etcd-voter",
  dropIns: "/etc/systemd/system/etcd.service.d",
  unit: "etcd.service",
} as const;

/** Ends with 0 where the data of a store are on this host. */
export const hasData = `for log in ${place.data}/member/wal/*.wal; do [ ! -e "$log" ] || exit 0; done; exit 1`;
