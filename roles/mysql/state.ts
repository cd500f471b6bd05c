import { sqlClient } from "provision";

/** Where things are on a host, for both flavours. */
export const place = {
  data: "/var/lib/mysql",
  /** The data that a copy replaces, until the copy replicates (MariaDB). */
  before: "/var/lib/mysql.before",
  socket: "/run/mysqld/mysqld.sock",
  pid: "/run/mysqld/mysqld.pid",
  /** Certificates, and the password of replication. */
  folder: "/etc/mysql/provision",
  /** Stands while this member is the primary: it may then take writes again after a crash, if all still follow it. */
  mark: "/var/lib/provision/sql-primary",
  /** Stands while this member is open for nothing but a copy that is made over it (MySQL). */
  cloning: "/run/provision-sql-cloning",
  program: "/usr/local/sbin/provision-sql",
  responder: "/usr/local/lib/provision/sql-state.py",
  /** Being the primary or a replica of it: one name, as a member changes from one to the other. */
  part: "part in the replication",
} as const;

const own = "'information_schema', 'mysql', 'performance_schema', 'sys'";

/**
 * Defines `sql_client` and `sql_state`: looks at this host's member, whoever installed it, and sets
 *   said      `none` nothing installed · `fresh` installed, and holds no data · `down` data, and no answer · `primary` takes
 *             writes · `primary unarmed` the same, but commits do not wait for a replica · `closed POSITION` · `replica
 *             SOURCE` · `replica-stopped SOURCE` · `replica-broken SOURCE ERROR`: must be made anew · `replica-open SOURCE`
 *   position, received, source, reason   as the daemon says them
 * One client, and none at all where no daemon can be running. 5 s at the most.
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

/** What the members decide from together: nothing that moves while all is well. */
export const briefState = `${stateFunction}
sql_state; echo "$said"`;

/** The same, with all that a change of primary has to know. */
export const fullState = `${stateFunction}
sql_state; printf 'role %s\\nposition %s\\nreceived %s\\nreason %s\\n' "$said" "$position" "$received" "$reason"
printf 'endless %s\\n' "$(${place.program} endless 2>/dev/null)"`;

/** The system user that tells what this member is, and its account. */
export const responder = "provision-sql";
