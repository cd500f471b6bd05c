"""What MySQL is asked and told. It has no mode that cuts off its log: a replaced leader with more than the new one gets a copy."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from position import MysqlPosition

UNIT = "mysql.service"

LOOK = """SELECT @@GLOBAL.super_read_only AS closed, @@GLOBAL.gtid_executed AS executed,
@@GLOBAL.rpl_semi_sync_source_enabled AS armed, @@GLOBAL.init_connect AS refuses"""

REPLICA = "SHOW REPLICA STATUS"

ACCOUNTS = """SELECT User AS name FROM mysql.user WHERE User LIKE 'member\\_%' AND account_locked = 'N'
UNION SELECT USER FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"""

OPEN = ["SET GLOBAL super_read_only = 0", "SET GLOBAL read_only = 0"]
CLOSE = "SET GLOBAL super_read_only = 1"
ARM = [
    "SET GLOBAL rpl_semi_sync_source_timeout = 4294967295",
    "SET GLOBAL rpl_semi_sync_source_enabled = 1",
]
DISARM = ["SET GLOBAL rpl_semi_sync_source_enabled = 0"]
STOP = ["STOP REPLICA IO_THREAD"]
APPLY = ["START REPLICA SQL_THREAD"]
FORGET = ["STOP REPLICA", "RESET REPLICA ALL"]
ACCOUNT_RIGHTS = ["REPLICATION SLAVE"]


def position(text: str) -> MysqlPosition:
    return MysqlPosition(text)


history_of = position


def options(_role: str) -> str:
    return ""


def applied(row: Dict[str, Any]) -> MysqlPosition:
    return MysqlPosition(row["executed"])


def received(row: Dict[str, Any], replica: Optional[Dict[str, Any]]) -> MysqlPosition:
    heard = replica["Retrieved_Gtid_Set"] if replica is not None else ""
    return MysqlPosition("%s,%s" % (row["executed"], heard))


def history(row: Dict[str, Any]) -> MysqlPosition:
    return MysqlPosition(row["executed"])


def follow(address: str, port: int, account: str, password: str, folder: str) -> List[Any]:
    """Statements with their values."""
    return [
        ("STOP REPLICA", None),
        (
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST = %s, SOURCE_PORT = %s, SOURCE_USER = %s, SOURCE_PASSWORD = %s,"
            " SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 4294967295,"
            " SOURCE_HEARTBEAT_PERIOD = 1, SOURCE_SSL = 1, SOURCE_SSL_CA = %s, SOURCE_SSL_CERT = %s, SOURCE_SSL_KEY = %s,"
            " SOURCE_SSL_VERIFY_SERVER_CERT = 1",
            (address, port, account, password, folder + "/ca.pem", folder + "/cert.pem", folder + "/key.pem"),
        ),
        ("START REPLICA", None),
    ]


def source(replica: Dict[str, Any]) -> str:
    return replica["Source_Host"]


def threads(replica: Dict[str, Any]):
    return replica["Replica_IO_Running"], replica["Replica_SQL_Running"]


def lag(replica: Dict[str, Any]) -> Optional[int]:
    return replica["Seconds_Behind_Source"]
