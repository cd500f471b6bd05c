import type { Flavour } from "./flavour.ts";

/** MySQL, 8.0.26 and later. */
export const mysql: Flavour = {
  name: "mysql",
  packages: ["mysql-server", "python3-pymysql"],
  unit: "mysql.service",
  unwanted: [],
  config: "/etc/mysql/mysql.conf.d/zz-provision.cnf",
  check: "mysqld --defaults-file=%s --user=mysql --validate-config",
  password: "caching_sha2_password",
  settings: ({ binlogDays }) => ({
    plugin_load_add: "semisync_source.so;semisync_replica.so;mysql_clone.so",
    mysqlx: 0,
    log_bin: "binlog",
    gtid_mode: "ON",
    enforce_gtid_consistency: "ON",
    sync_binlog: 1,
    binlog_expire_logs_seconds: binlogDays * 86400,
    innodb_flush_log_at_trx_commit: 1,
    relay_log: "relay",
    sync_relay_log: 1,
    relay_log_recovery: 1,
    skip_replica_start: 1,
    replica_net_timeout: 10,
    loose_rpl_semi_sync_replica_enabled: 1,
    loose_rpl_semi_sync_source_wait_point: "AFTER_SYNC",
    loose_rpl_semi_sync_source_wait_no_replica: 1,
    // With super_read_only, the keeper could not lock and unlock the accounts of members.
    read_only: 1,
    performance_schema: 1,
  }),
};
