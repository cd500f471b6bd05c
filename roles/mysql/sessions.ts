import { sqlClient } from "provision";

/** Sessions of users: not the daemon's own threads, nor replicas that read its log, nor what comes over the socket. */
const users =
  "HOST NOT IN ('', 'localhost') AND USER NOT IN ('system user', 'replication') AND COMMAND NOT LIKE 'Binlog Dump%'";

/** A session with an open transaction has something under way, though it sleeps. */
const idle = `${users} AND COMMAND = 'Sleep' AND ID NOT IN (SELECT trx_mysql_thread_id FROM information_schema.INNODB_TRX)`;

const sessions = (which: string): string => `FROM information_schema.PROCESSLIST WHERE ${which}`;

/**
 * Ends the sessions that sleep without a transaction, until no session is left or the seconds are over. A session that is in
 * use sleeps for a moment between two statements: at first only those count as idle that have slept for 0.5 s, and every
 * second half of that, down to 50 ms. MariaDB finds and ends them in one statement, so that hardly any time lies between;
 * MySQL tells whole seconds only, and its client ends them one by one. It looks for a second at least: users that are about to
 * drain it may still open a session.
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
