import { sqlClient } from "provision";

/** Sessions of programs: without the daemon's own threads, replicas that read the log, and sessions over the socket. */
const users = "HOST NOT IN ('', 'localhost') AND USER <> 'system user' AND COMMAND NOT LIKE 'Binlog Dump%'";

/** Idle sessions: they sleep and have no open transaction. */
const idle = `${users} AND COMMAND = 'Sleep' AND ID NOT IN (SELECT trx_mysql_thread_id FROM information_schema.INNODB_TRX)`;

const sessions = (which: string): string => `FROM information_schema.PROCESSLIST WHERE ${which}`;

/**
 * Ends idle sessions, until no session is left or the time is over. A session in use also sleeps for a moment between two
 * statements, so a session counts as idle only after 0.5 s of sleep. Each second, this limit falls to a half, down to 50 ms.
 * MariaDB finds and ends the sessions in one statement, almost without a gap. MySQL reports only whole seconds, and its client
 * ends the sessions one by one. It runs for at least one second, because programs may open sessions until they drain it.
 */
export const endIdleSessions = (seconds: number): string => `(
${sqlClient}
if command -v mariadb >/dev/null; then
  end_idle() { sql_client 5 --skip-column-names <<SQL
DELIMITER //
BEGIN NOT ATOMIC
  DECLARE CONTINUE HANDLER FOR 1094 BEGIN END;
  FOR one IN (SELECT ID ${sessions(idle)} AND TIME_MS > $1) DO
    EXECUTE IMMEDIATE CONCAT('KILL CONNECTION ', one.ID);
  END FOR;
END //
DELIMITER ;
SELECT COUNT(*) ${sessions(users)};
SQL
  }
else
  end_idle() {
    sql_client 5 --skip-column-names --execute "SELECT CONCAT('KILL ', ID, ';') ${sessions(idle)} AND TIME >= 1" |
      sql_client 5 --force
    sql_client 5 --skip-column-names --execute "SELECT COUNT(*) ${sessions(users)}"
  }
fi
now() { date +%s%3N; }
begun=$(now)
waited=0
while [ "$waited" -lt ${seconds}000 ]; do
  patience=$((500 >> (waited / 1000)))
  [ "$patience" -ge 50 ] || patience=50
  left=$(end_idle "$patience" 2>/dev/null) || exit 0
  [ "$left" != 0 ] || [ "$waited" -lt 1000 ] || exit 0
  sleep 0.1
  waited=$(($(now) - begun))
done
)`;
