"""What MySQL is asked and told.

It has no mode that cuts off its log: a replaced leader with transactions that the new one lacks gets a copy, and its data are
kept aside. It is closed with `read_only`, not `super_read_only`: accounts of members are locked and unlocked while it is closed.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
from ipaddress import ip_address
from typing import Any, Dict, List, Optional

from position import MysqlPosition
from process import run
from settings import Member, Settings

UNIT = "mysql.service"
FILES = "/var/lib/mysql-files"  # the daemon may write here, and nowhere else outside of its data (AppArmor)
COPY = FILES + "/copy"
OF_A_FOLLOWER = ()  # in tables
OF_THE_PACKAGE = ("debian-*.flag", "mysqld-auto.cnf")  # files among the data that are not data
COPY_ACCOUNT = "member_copy"

# A transaction goes from `owned` to `executed` when it is acknowledged: asked in this order, none is missed.
LOOK = """SELECT @@GLOBAL.read_only AS closed, @@GLOBAL.gtid_owned AS owned, @@GLOBAL.gtid_executed AS executed,
@@GLOBAL.rpl_semi_sync_source_enabled AS armed, @@GLOBAL.init_connect AS refuses,
(SELECT SUM(COUNT_RECEIVED_HEARTBEATS) FROM performance_schema.replication_connection_status) AS heartbeats"""

# `SERVER:7#41:8#42`: numbers of transactions, each with the session that commits it.
OWNED = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):(\d{1,20}#\d{1,20}(?::\d{1,20}#\d{1,20})*)", re.ASCII)
OWNER = re.compile(r"#\d+", re.ASCII)

REPLICA = "SHOW REPLICA STATUS"

ACCOUNTS = """SELECT User AS name FROM mysql.user WHERE User LIKE 'member\\_%' AND account_locked = 'N'
UNION SELECT USER FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"""

OPEN = ["SET GLOBAL read_only = 0"]
CLOSE = "SET GLOBAL read_only = 1"
ARM = [
    "SET GLOBAL rpl_semi_sync_source_timeout = 4294967295",
    "SET GLOBAL rpl_semi_sync_source_enabled = 1",
]
DISARM = ["SET GLOBAL rpl_semi_sync_source_enabled = 0"]
STOP = ["STOP REPLICA IO_THREAD"]
APPLY = ["START REPLICA SQL_THREAD"]
FORGET = ["STOP REPLICA", "RESET REPLICA ALL"]
# The second: a leader that is replaced, and refuses programs for a while by `init_connect`, does not refuse members.
ACCOUNT_RIGHTS = ["REPLICATION SLAVE", "CONNECTION_ADMIN"]


def position(text: str) -> MysqlPosition:
    return MysqlPosition(text)


history_of = position


def options(_role: str) -> str:
    return ""


def applied(row: Dict[str, Any], _replica: Optional[Dict[str, Any]]) -> MysqlPosition:
    return MysqlPosition(row["executed"])


def received(row: Dict[str, Any], replica: Optional[Dict[str, Any]]) -> MysqlPosition:
    heard = replica["Retrieved_Gtid_Set"] if replica is not None else ""
    return MysqlPosition("%s,%s" % (row["executed"], heard))


def history(row: Dict[str, Any]) -> MysqlPosition:
    """With what is in its log and waits for an acknowledgement: members that have it already have not strayed."""
    waiting = [server + ":" + OWNER.sub("", numbers) for server, numbers in OWNED.findall((row["owned"] or "").lower())]
    return MysqlPosition(",".join([row["executed"]] + waiting))


def follow(address: str, port: int, account: str, password: str, folder: str) -> List[Any]:
    """Statements with their values."""
    return [
        ("STOP REPLICA", None),
        (
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST = %s, SOURCE_PORT = %s, SOURCE_USER = %s, SOURCE_PASSWORD = %s,"
            " SOURCE_AUTO_POSITION = 1, SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 4294967295,"
            " SOURCE_HEARTBEAT_PERIOD = 0.5, SOURCE_SSL = 1, SOURCE_SSL_CA = %s, SOURCE_SSL_CERT = %s, SOURCE_SSL_KEY = %s,"
            " SOURCE_SSL_VERIFY_SERVER_CERT = 1",
            (address, port, account, password, folder + "/ca.pem", folder + "/cert.pem", folder + "/key.pem"),
        ),
        ("START REPLICA", None),
    ]


def source(replica: Dict[str, Any]) -> str:
    return replica["Source_Host"]


def threads(replica: Dict[str, Any]):
    return replica["Replica_IO_Running"], replica["Replica_SQL_Running"]


def progress(row: Dict[str, Any], replica: Dict[str, Any]) -> Any:
    """Differs whenever something has come from the leader, and be it a heartbeat."""
    return replica["Read_Source_Log_Pos"], replica["Retrieved_Gtid_Set"], row["heartbeats"]


def lag(replica: Dict[str, Any]) -> Optional[int]:
    return replica["Seconds_Behind_Source"]


def broken(replica: Dict[str, Any]) -> str:
    """Why a replica can't follow with the data it has: it lacks logs that are gone, has what the leader lacks, or can't apply."""
    if int(replica["Last_IO_Errno"]) in (1236, 13114):
        return str(replica["Last_IO_Error"])
    return str(replica["Last_SQL_Error"]) if int(replica["Last_SQL_Errno"]) else ""


# --- new data ---
# As the package does it: root logs in by the socket alone, and never without proof. Nothing listens meanwhile.
FIRST = """USE mysql;
INSTALL PLUGIN auth_socket SONAME 'auth_socket.so';
ALTER USER 'root'@'localhost' IDENTIFIED WITH 'auth_socket';
CREATE USER 'debian-sys-maint'@'localhost' IDENTIFIED WITH 'auth_socket' AS 'root';
GRANT ALL ON *.* TO 'debian-sys-maint'@'localhost' WITH GRANT OPTION;
"""


def initialise(folder: str) -> None:
    os.makedirs(folder, 0o700, exist_ok=True)
    shutil.chown(folder, "mysql", "mysql")
    first = FILES + "/first.sql"
    with open(first, "w", encoding="ascii") as file:
        file.write(FIRST)
    shutil.chown(first, "mysql", "mysql")
    try:
        run("mysqld", "--initialize-insecure", "--user=mysql", "--datadir=" + folder, "--init-file=" + first, limit=300)
    finally:
        os.remove(first)


def admit_copies(password: str) -> List[Any]:
    """The account of copies, which may do nothing else."""
    user = "'" + COPY_ACCOUNT + "'@'%%'"
    return [
        ("CREATE USER IF NOT EXISTS " + user + " IDENTIFIED BY %s REQUIRE X509", (password,)),
        ("ALTER USER " + user + " IDENTIFIED BY %s REQUIRE X509", (password,)),
        ("GRANT BACKUP_ADMIN ON *.* TO '" + COPY_ACCOUNT + "'@'%'", None),
    ]


def receive(sql: Any, donor: Member, settings: Settings, password: str) -> List[Any]:
    """The daemon takes the copy itself. Returns what it is told once it has started with the copy."""
    host, port, folder = host_of(donor), settings.database_port, settings.folder
    sql.ask("SET GLOBAL clone_valid_donor_list = %s", ("%s:%d" % (host, port),))
    for name in ("ca", "cert", "key"):
        sql.ask("SET GLOBAL clone_ssl_" + name + " = %s", ("%s/%s.pem" % (folder, name),))
    sql.ask(
        "CLONE INSTANCE FROM %s@%s:" + str(port) + " IDENTIFIED BY %s DATA DIRECTORY = %s REQUIRE SSL",
        (COPY_ACCOUNT, host, password, COPY),
        limit=6 * 3600,
    )
    if os.path.exists(COPY + "/auto.cnf"):
        os.remove(COPY + "/auto.cnf")  # the name of the server, which must be another one
    return list(FORGET)


def host_of(donor: Member) -> str:
    """MySQL takes a copy from an IPv4 address, or from a name."""
    if ":" not in donor.address:
        return donor.address
    try:
        found = {ip_address(one[4][0]) for one in socket.getaddrinfo(donor.name, None, socket.AF_INET6)}
    except OSError:
        found = set()
    if ":" in donor.name or ip_address(donor.address) not in found:
        raise OSError(
            "MySQL takes no copy from an IPv6 address, and the name %s does not lead to %s on this host. Add it to /etc/hosts"
            % (donor.name, donor.address)
        )
    return donor.name
