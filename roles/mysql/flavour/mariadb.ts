import { place } from "../state.ts";
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
  socket: "unix_socket",
  monitor: ["BINLOG MONITOR", "SLAVE MONITOR"],
  replication: ["REPLICATION SLAVE"],
  statements: {
    close: "SET GLOBAL read_only = ON",
    open: "SET GLOBAL read_only = OFF",
    arm: "SET GLOBAL rpl_semi_sync_master_timeout = %s; SET GLOBAL rpl_semi_sync_master_enabled = ON",
    disarm: "SET GLOBAL rpl_semi_sync_master_enabled = OFF",
    acknowledging:
      "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'Rpl_semi_sync_master_clients'",
    waiting:
      "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'Rpl_semi_sync_master_status'",
    position: "SELECT @@GLOBAL.gtid_current_pos",
    applied: "SELECT MASTER_GTID_WAIT('%s', %s)",
    stopReceiving: "STOP SLAVE IO_THREAD",
    startReceiving: "START SLAVE IO_THREAD",
    startApplying: "START SLAVE SQL_THREAD",
    forget: "STOP SLAVE; RESET SLAVE ALL",
    // Start after its own writes too, because it may have been the primary.
    follow: `STOP SLAVE; SET GLOBAL gtid_slave_pos = @@GLOBAL.gtid_current_pos; CHANGE MASTER TO MASTER_HOST = '%s', MASTER_PORT = {{port}}, MASTER_USER = 'replication', MASTER_PASSWORD = '%s', MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1, MASTER_HEARTBEAT_PERIOD = 2, MASTER_SSL = 1, MASTER_SSL_CA = '${place.folder}/ca.pem', MASTER_SSL_CERT = '${place.folder}/cert.pem', MASTER_SSL_KEY = '${place.folder}/key.pem', MASTER_SSL_VERIFY_SERVER_CERT = 1; START SLAVE`,
  },
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
    slave_parallel_threads: 4,
    slave_net_timeout: 10,
    rpl_semi_sync_slave_enabled: 1,
    rpl_semi_sync_master_wait_point: "AFTER_SYNC",
    read_only: 1,
  }),
};
