import { sqlClient } from "provision";

/** Paths and names on a host, for both flavours. */
export const place = {
  data: "/var/lib/mysql",
  /** The old data, which stay until the new copy replicates (MariaDB). */
  before: "/var/lib/mysql.before",
  socket: "/run/mysqld/mysqld.sock",
  pid: "/run/mysqld/mysqld.pid",
  /** Certificates, and the password of replication. */
  folder: "/etc/mysql/provision",
  /** Exists while this member is the primary: after a crash it may then take writes again, if all replicas still follow it. */
  mark: "/var/lib/provision/sql-primary",
  /** Exists while this member is open only because a copy replaces its data (MySQL). */
  cloning: "/run/provision-sql-cloning",
  program: "/usr/local/sbin/provision-sql",
  responder: "/usr/local/lib/provision/sql-state.py",
  /** One name for both parts (primary or replica), because a member changes between them. */
  part: "part in the replication",
} as const;

const own = "'information_schema', 'mysql', 'performance_schema', 'sys'";

/**
 * Defines `sql_client` and `sql_state`, which reads the state of this host's database and sets
 *   said      `none` nothing installed · `fresh` installed, without data · `down` data, but no answer · `primary` takes
 *             writes · `primary unarmed` the same, but commits do not wait for a replica · `closed POSITION` · `replica
 *             SOURCE` · `replica-stopped SOURCE` · `replica-broken SOURCE ERROR`: needs a new copy · `replica-open SOURCE`
 *   position, received, source, reason   as the daemon reports them
 * It starts one client, or none if no daemon can be running, and takes at most 5 s.
 */
export const stateFunction = `${sqlClient}
sql_state() {
said=none position='' received='' source='' reason='' io='' sql='' error=0 open='' armed=OFF schemas=0 last=''
[ -d ${place.data}/mysql ] || [ -e ${place.data}/binlog.index ] || [ -d ${place.before}/mysql ] || return 0
said=fresh
if [ -e ${place.data}/binlog.index ] || [ ! -d ${place.data}/mysql ]; then said=down; fi
for name in ${place.data}/*/; do
  case $name in */mysql/ | */performance_schema/ | */sys/ | */lost+found/ | */'#'*/) ;; *) said=down ;; esac
done
[ -S ${place.socket} ] || return 0
answer=$(sql_client 5 --vertical 2>/dev/null <<'SQL'
SHOW GLOBAL VARIABLES WHERE Variable_name IN ('read_only', 'gtid_current_pos', 'gtid_executed', 'rpl_semi_sync_master_enabled', 'rpl_semi_sync_source_enabled');
SELECT COUNT(*) AS own_data FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN (${own});
SHOW REPLICA STATUS;
SQL
) || { said=down; return 0; }
while read -r key value; do
  case $key in
    Variable_name:) last=$value ;;
    Value:) case $last in
      read_only) [ "$value" != OFF ] || open=1 ;;
      gtid_*) position=$value ;;
      *) armed=$value ;;
    esac ;;
    own_data:) schemas=$value ;;
    Master_Host: | Source_Host:) source=$value ;;
    Slave_IO_Running: | Replica_IO_Running:) io=$value ;;
    Slave_SQL_Running: | Replica_SQL_Running:) sql=$value ;;
    Last_IO_Errno: | Last_SQL_Errno:) last=$key; [ "$value" = 0 ] || case $key$value in
      Last_SQL* | *:1236 | *:13114) error=$value ;;
    esac ;;
    Last_IO_Error: | Last_SQL_Error:) [ -z "$value" ] || reason=$value ;;
    Gtid_IO_Pos: | Retrieved_Gtid_Set:) received=$value last=received ;;
    Executed_Gtid_Set:) last='' ;;
    *-*-*-*-*:[0-9]*) case $last in
      received) received=$received$key ;;
      gtid_executed) position=$position$key ;;
    esac ;;
  esac
done <<ANSWER
$answer
ANSWER
if [ -n "$source" ] && { [ -z "$open" ] || [ "$io$sql" != NoNo ]; }; then
  said="replica-stopped $source"
  [ "$io$sql" != YesYes ] || said="replica $source"
  [ "$error" = 0 ] || said="replica-broken $source $error"
  [ -z "$open" ] || said="replica-open $source"
elif [ -z "$position" ] && [ "$schemas" = 0 ]; then said=fresh
elif [ -z "$open" ]; then said="closed $position"
elif [ "$armed" = ON ]; then said=primary
else said='primary unarmed'
fi
}`;

/** The fact from which members decide together. It does not change while all members are healthy. */
export const briefState = `${stateFunction}
sql_state; echo "$said"`;

/** The same, with the data that a move of the primary needs. */
export const fullState = `${stateFunction}
sql_state; printf 'role %s\\nposition %s\\nreceived %s\\nreason %s\\n' "$said" "$position" "$received" "$reason"
printf 'endless %s\\n' "$(${place.program} endless 2>/dev/null)"`;

/** The system user of the responder, and its account. */
export const responder = "provision-sql";
