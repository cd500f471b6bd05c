"""What MariaDB is asked and told."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import Any, Dict, List, Optional

from position import MariadbHistory, MariadbPosition
from process import run
from settings import Member, Settings

UNIT = "mariadb.service"
COPY = "/var/lib/mysql.copy"
OF_A_FOLLOWER = ("master.info", "relay-log.info")  # written without fsync: empty after a cut of the power, which the daemon refuses
OF_THE_PACKAGE = ("debian-*.flag", "mysql_upgrade_info")  # files among the data that are not data
POSITION_OF_COPY = re.compile(r"\S+\s+\d+\s+([0-9,-]+)\s*\Z")

LOOK = """SELECT @@GLOBAL.read_only AS closed, @@GLOBAL.gtid_binlog_pos AS binlog, @@GLOBAL.gtid_current_pos AS current,
@@GLOBAL.gtid_slave_pos AS slave, @@GLOBAL.gtid_binlog_state AS history, @@GLOBAL.rpl_semi_sync_master_enabled AS armed, @@GLOBAL.init_connect AS refuses"""

REPLICA = "SHOW ALL SLAVES STATUS"

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
# The second: a leader that is replaced, and refuses programs for a while by `init_connect`, does not refuse members.
ACCOUNT_RIGHTS = ["REPLICATION SLAVE", "CONNECTION ADMIN"]


def position(text: str) -> MariadbPosition:
    return MariadbPosition(text)


def options(role: str) -> str:
    """As a replica, it cuts off what is in its log and was never committed, so that it can follow without a copy."""
    return "--init-rpl-role=SLAVE" if role == "replica" else ""


def applied(row: Dict[str, Any], replica: Optional[Dict[str, Any]]) -> MariadbPosition:
    """All that it has written or applied: `gtid_current_pos` leaves out its own writes under another server_id.

    A transaction is in the log of a replica a moment before it can be read: until then, the last one that can be read counts.
    """
    committed = MariadbPosition(row["slave"])
    if replica is not None and not committed.covers(MariadbPosition(replica["Gtid_IO_Pos"])):
        return committed
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
            " MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1, MASTER_HEARTBEAT_PERIOD = 0.5, MASTER_SSL = 1,"
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


def progress(_row: Dict[str, Any], replica: Dict[str, Any]) -> Any:
    """Differs whenever something has come from the leader, and be it a heartbeat."""
    return replica["Read_Master_Log_Pos"], replica["Gtid_IO_Pos"], replica["Slave_received_heartbeats"]


def lag(replica: Dict[str, Any]) -> Optional[int]:
    return replica["Seconds_Behind_Master"]


def broken(replica: Dict[str, Any]) -> str:
    """Why a replica can't follow with the data it has: it lacks logs that are gone, has what the leader lacks, or can't apply."""
    if int(replica["Last_IO_Errno"]) == 1236:
        return str(replica["Last_IO_Error"])
    return str(replica["Last_SQL_Error"]) if int(replica["Last_SQL_Errno"]) else ""


# --- new data ---
def initialise(folder: str) -> None:
    os.makedirs(folder, 0o755, exist_ok=True)
    shutil.chown(folder, "mysql", "mysql")
    run("mariadb-install-db", "--datadir=" + folder, "--user=mysql", "--auth-root-authentication-method=socket", "--skip-test-db", limit=300)


def admit_copies(_password: str) -> List[Any]:
    """The certificate of a member is enough for a copy."""
    return []


def receive(_sql: Any, donor: Member, settings: Settings, _password: str) -> List[Any]:
    """The donor's stream, unpacked as the user mysql. Returns what the daemon is told once it has started with the copy."""
    as_mysql = ["setpriv", "--reuid=mysql", "--regid=mysql", "--clear-groups", "--"]
    os.mkdir(COPY, 0o755)
    shutil.chown(COPY, "mysql", "mysql")
    socat = subprocess.Popen(from_donor(donor, settings), stdout=subprocess.PIPE)
    unpack = subprocess.Popen(as_mysql + ["mbstream", "-x", "-C", COPY], stdin=socat.stdout)
    assert socat.stdout is not None
    socat.stdout.close()
    codes = unpack.wait(), socat.wait()
    if any(codes) or not os.path.exists(COPY + "/backup-my.cnf"):
        raise OSError("%s sent no whole copy. See journalctl -u provision-sql-clone there" % donor.name)
    run(*as_mysql, "mariadb-backup", "--no-defaults", "--prepare", "--target-dir=" + COPY, limit=6 * 3600)
    position = str(position_of_copy())
    # Its log begins after the position of the copy. Without the last, who is exactly there could not follow it.
    return [
        ("RESET MASTER", None),
        ("SET GLOBAL gtid_slave_pos = %s", (position,)),
        ("SET GLOBAL gtid_binlog_state = %s", (position,)),
    ]


def from_donor(donor: Member, settings: Settings) -> List[str]:
    """The command whose output is the donor's stream."""
    host = "[%s]" % donor.address if ":" in donor.address else donor.address
    folder = settings.folder
    source = "OPENSSL:%s:%d,cafile=%s/ca.pem,cert=%s/cert.pem,key=%s/key.pem,verify=1,commonname=%s,connect-timeout=5" % (
        host, settings.copy_port, folder, folder, folder, donor.name)  # fmt: skip
    return ["socat", "-u", "-T", "60", source, "STDOUT"]


def position_of_copy() -> MariadbPosition:
    for name in ("xtrabackup_binlog_info", "mariadb_backup_binlog_info"):
        try:
            with open(os.path.join(COPY, name), encoding="ascii", errors="replace") as file:
                match = POSITION_OF_COPY.match(file.read())
        except OSError:
            continue
        if match is not None:
            return MariadbPosition(match.group(1))
    raise OSError("the copy says no position")
