import { place } from "../state.ts";
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
  socket: "auth_socket",
  monitor: ["REPLICATION CLIENT"],
  replication: ["REPLICATION SLAVE", "BACKUP_ADMIN"],
  statements: {
    close: "SET GLOBAL super_read_only = ON",
    open: "SET GLOBAL super_read_only = OFF; SET GLOBAL read_only = OFF",
    arm: "SET GLOBAL rpl_semi_sync_source_timeout = %s; SET GLOBAL rpl_semi_sync_source_enabled = ON",
    disarm: "SET GLOBAL rpl_semi_sync_source_enabled = OFF",
    acknowledging:
      "SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Rpl_semi_sync_source_clients'",
    waiting:
      "SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Rpl_semi_sync_source_status'",
    position: "SELECT REPLACE(@@GLOBAL.gtid_executed, CHAR(10), '')",
    applied: "SELECT WAIT_FOR_EXECUTED_GTID_SET('%s', %s)",
    stopReceiving: "STOP REPLICA IO_THREAD",
    startReceiving: "START REPLICA IO_THREAD",
    startApplying: "START REPLICA SQL_THREAD",
    forget: "STOP REPLICA; RESET REPLICA ALL",
    follow: `STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_HOST = '%s', SOURCE_PORT = {{port}}, SOURCE_USER = 'replication', SOURCE_PASSWORD = '%s', SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 4294967295, SOURCE_HEARTBEAT_PERIOD = 2, SOURCE_SSL = 1, SOURCE_SSL_CA = '${place.folder}/ca.pem', SOURCE_SSL_CERT = '${place.folder}/cert.pem', SOURCE_SSL_KEY = '${place.folder}/key.pem', SOURCE_SSL_VERIFY_SERVER_CERT = 1; START REPLICA`,
  },
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
    relay_log_recovery: 1,
    replica_net_timeout: 10,
    loose_rpl_semi_sync_replica_enabled: 1,
    loose_rpl_semi_sync_source_wait_point: "AFTER_SYNC",
    loose_rpl_semi_sync_source_wait_no_replica: 1,
    super_read_only: 1,
  }),
};
