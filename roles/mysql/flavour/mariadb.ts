import type { Flavour } from "./flavour.ts";

/** MariaDB, 10.5 and later. */
export const mariadb: Flavour = {
  name: "mariadb",
  packages: ["mariadb-server", "mariadb-backup", "socat", "python3-pymysql"],
  unit: "mariadb.service",
  // It listens on all addresses and ignores bind-address.
  unwanted: ["mariadb.socket"],
  config: "/etc/mysql/mariadb.conf.d/90-provision.cnf",
  check: "mariadbd --defaults-file=%s --user=mysql --help --verbose >/dev/null",
  password: "mysql_native_password",
  settings: ({ binlogDays }) => ({
    log_bin: "binlog",
    log_slave_updates: 1,
    gtid_strict_mode: 1,
    binlog_format: "ROW",
    sync_binlog: 1,
    binlog_expire_logs_seconds: binlogDays * 86400,
    innodb_flush_log_at_trx_commit: 1,
    relay_log: "relay",
    relay_log_recovery: 1,
    // Else an acknowledged write could be lost with the power of two hosts.
    sync_relay_log: 1,
    skip_slave_start: 1,
    slave_parallel_threads: 4,
    slave_net_timeout: 10,
    rpl_semi_sync_slave_enabled: 1,
    rpl_semi_sync_slave_kill_conn_timeout: 1,
    rpl_semi_sync_master_wait_point: "AFTER_SYNC",
    read_only: 1,
  }),
};
