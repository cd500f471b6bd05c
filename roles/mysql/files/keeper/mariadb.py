"""What MariaDB is asked and told."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from position import MariadbHistory, MariadbPosition

UNIT = "mariadb.service"

LOOK = """SELECT @@GLOBAL.read_only AS closed, @@GLOBAL.gtid_binlog_pos AS binlog, @@GLOBAL.gtid_current_pos AS current,
@@GLOBAL.gtid_slave_pos AS slave, @@GLOBAL.gtid_binlog_state AS history, @@GLOBAL.rpl_semi_sync_master_enabled AS armed, @@GLOBAL.init_connect AS refuses"""

REPLICA = "SHOW SLAVE STATUS"

ACCOUNTS = """SELECT User AS name FROM mysql.global_priv
WHERE User LIKE 'member\\_%' AND COALESCE(JSON_VALUE(Priv, '$.account_locked'), 0) <> 1
UNION SELECT USER FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"""

OPEN = ["SET GLOBAL read_only = 0"]
CLOSE = "SET GLOBAL read_only = 1"
ARM = [
    "SET GLOBAL rpl_semi_sync_master_timeout = 4294967295",
    "SET GLOBAL rpl_semi_sync_master_enabled = 1",
]
DISARM = ["SET GLOBAL rpl_semi_sync_master_enabled = 0"]
# A semi-synchronous replica that stops connects to its leader once more, to end its session there: 1 s, where the leader is gone.
STOP = ["SET GLOBAL rpl_semi_sync_slave_enabled = 0", "STOP SLAVE IO_THREAD"]
APPLY = ["START SLAVE SQL_THREAD"]
FORGET = ["STOP SLAVE", "RESET SLAVE ALL"]
ACCOUNT_RIGHTS = ["REPLICATION SLAVE"]


def position(text: str) -> MariadbPosition:
    return MariadbPosition(text)


def options(role: str) -> str:
    """As a replica, it cuts off what is in its log and was never committed, so that it can follow without a copy."""
    return "--init-rpl-role=SLAVE" if role == "replica" else ""


def applied(row: Dict[str, Any]) -> MariadbPosition:
    """All that it has written or applied: `gtid_current_pos` leaves out its own writes under another server_id."""
    return MariadbPosition("%s,%s" % (row["binlog"], row["current"]))


def received(row: Dict[str, Any], replica: Optional[Dict[str, Any]]) -> MariadbPosition:
    heard = replica["Gtid_IO_Pos"] if replica is not None else ""
    return MariadbPosition("%s,%s,%s" % (row["binlog"], row["current"], heard))


def history(row: Dict[str, Any]) -> MariadbHistory:
    """A copy brings no binary logs: it begins with the position of the copy."""
    return MariadbHistory("%s,%s" % (row["history"], row["slave"]))


def history_of(text: str) -> MariadbHistory:
    return MariadbHistory(text)


def follow(address: str, port: int, account: str, password: str, folder: str) -> List[Any]:
    """Statements with their values. Its own writes count as applied, for it may have been the leader."""
    return [
        ("SET GLOBAL rpl_semi_sync_slave_enabled = 0", None),
        ("STOP SLAVE", None),
        ("SET GLOBAL gtid_slave_pos = @@GLOBAL.gtid_current_pos", None),
        (
            "CHANGE MASTER TO MASTER_HOST = %s, MASTER_PORT = %s, MASTER_USER = %s, MASTER_PASSWORD = %s,"
            " MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1, MASTER_HEARTBEAT_PERIOD = 1, MASTER_SSL = 1,"
            " MASTER_SSL_CA = %s, MASTER_SSL_CERT = %s, MASTER_SSL_KEY = %s, MASTER_SSL_VERIFY_SERVER_CERT = 1",
            (address, port, account, password, folder + "/ca.pem", folder + "/cert.pem", folder + "/key.pem"),
        ),
        # Never without: its own writes, which come back to a former leader, would be skipped without a word.
        ("SET GLOBAL rpl_semi_sync_slave_enabled = 1", None),
        ("START SLAVE", None),
    ]


def source(replica: Dict[str, Any]) -> str:
    return replica["Master_Host"]


def threads(replica: Dict[str, Any]):
    return replica["Slave_IO_Running"], replica["Slave_SQL_Running"]


def lag(replica: Dict[str, Any]) -> Optional[int]:
    return replica["Seconds_Behind_Master"]
