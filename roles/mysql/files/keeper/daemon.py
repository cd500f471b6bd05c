"""The database of this host: what the keeper sees of it, and what it does to it."""

from __future__ import annotations

import os
import threading
from typing import Any, FrozenSet, List, Optional

from clock import now
from model import Daemon, Leader
from position import Malformed
from process import Unit, run
from settings import Settings
from sql import Failed, NoAnswer, Sql

MOVED = "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'this member leads no more'"
REFUSING = 2.0  # seconds until every balancer has noticed that this member leads no more
CLOSING = 0.35  # seconds for writes in progress; a commit that waits for an acknowledgement waits for ever
SHUTTING = 1.5  # the same, for a planned move
DATA = "/var/lib/mysql"
MARK = "provision_cluster"  # the table in `mysql` that marks data as those of a cluster

OWN = "'information_schema', 'mysql', 'performance_schema', 'sys'"
FRESH = (
    "SELECT (SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN (%s))"
    " + (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = '%s') AS data"
    % (OWN, MARK)
)
PROGRAMS = (
    "SELECT ID AS id FROM information_schema.PROCESSLIST WHERE HOST NOT IN ('', 'localhost')"
    " AND USER NOT IN ('system user', 'member_copy') AND COMMAND NOT LIKE 'Binlog Dump%'"
)


class Database(object):
    """`look` never blocks longer than `hang`. Actions raise NoAnswer or Failed."""

    def __init__(self, settings: Settings, engine: Any, password: str):
        self.settings, self.engine, self.password, self.folder = settings, engine, password, DATA
        self.unit = Unit(engine.UNIT, "/run/provision-keeper/daemon.env")
        self.sql, self.closer = Sql(), Sql()
        self.copying: Optional[threading.Thread] = None
        self.answered = ("", 0.0)  # the boot that answered last, and when
        self.has_data = ""  # the boot that was seen with data
        self.replica: Optional[dict] = None
        self.heard = 0.0  # when anything last came from the leader
        self.progress: Any = None  # what had come by then
        self.refusing: Optional[float] = None  # until when programs are refused

    # --- what is seen ---
    def look(self) -> Daemon:
        if self.copying is not None and self.copying.is_alive():
            return Daemon("copying")
        return self.look_at_daemon()

    def look_at_daemon(self) -> Daemon:
        process = self.unit.process()
        if process is None:
            return Daemon("starting" if self.unit.is_changing() else "off")
        try:
            seen = self.ask(process.boot)
        except (NoAnswer, Failed, Malformed):
            return Daemon(self.without_answer(process.boot), process.boot)
        self.answered = (process.boot, now())
        if self.refusing is not None and now() >= self.refusing:
            self.accept_programs()
        return seen

    def without_answer(self, boot: str) -> str:
        answered, when = self.answered
        if answered != boot:
            return "starting"
        return "hung" if now() - when >= self.settings.hang else "slow"

    def ask(self, boot: str) -> Daemon:
        limit = self.settings.hang / 2
        row = self.sql.ask(self.engine.LOOK, limit=limit)[0]
        rows = self.sql.ask(self.engine.REPLICA, limit=limit)
        accounts = self.sql.ask(self.engine.ACCOUNTS, limit=limit)
        if self.has_data != boot and self.sql.ask(FRESH, limit=limit)[0]["data"]:
            self.has_data = boot
        if row["refuses"] == MOVED and self.refusing is None:
            self.refusing = now() + REFUSING  # an earlier process of the keeper has closed it
        replica = rows[0] if rows else None
        listening, applying = self.engine.threads(replica) if replica is not None else ("No", "No")
        self.listen(row, replica, listening)
        return Daemon(
            state="up",
            boot=boot,
            fresh=self.has_data != boot,
            open=not row["closed"],
            armed=bool(row["armed"]),
            source=None if replica is None else self.named(self.engine.source(replica)),
            listening=listening != "No",
            connected=listening == "Yes",
            applying=applying == "Yes",
            silent=now() - self.heard,
            received=self.engine.received(row, replica),
            applied=self.engine.applied(row, replica),
            history=self.engine.history(row),
            broken="" if replica is None else self.engine.broken(replica),
            unlocked=self.names_of(row["name"] for row in accounts),
        )

    def listen(self, row: dict, replica: Optional[dict], listening: str) -> None:
        """Notes when the leader was last heard. While it is connected, its heartbeats come twice a second."""
        progress = None if replica is None else (listening, self.engine.progress(row, replica))
        if listening == "Yes" and progress != self.progress:
            self.heard = now()
        self.replica, self.progress = replica, progress

    def named(self, address: str) -> str:
        return next((one.name for one in self.settings.members.values() if one.address == address), address)

    def names_of(self, accounts) -> FrozenSet[str]:
        found = set(accounts)
        me = self.settings.name
        return frozenset(one.name for one in self.settings.members.values() if one.account in found and one.name != me)

    # --- what is done ---
    def tell(self, statements: List[Any], limit: float = 5.0) -> None:
        for one in statements:
            statement, values = one if isinstance(one, tuple) else (one, None)
            self.sql.ask(statement, values, limit)

    def start(self, role: str) -> None:
        for path in [os.path.join(self.folder, name) for name in self.engine.OF_A_FOLLOWER]:
            if os.path.exists(path) and os.path.getsize(path) == 0:
                os.remove(path)  # who to follow is said anew
        self.unit.start(self.engine.options(role))

    def kill(self) -> None:
        self.sql.close()
        self.unit.kill()

    def close(self) -> None:
        """Takes no more writes, whatever it is doing: what can't be closed in time is ended."""
        try:
            with self.closer.lock:
                self.refuse_programs()
                self.closer.ask(self.engine.CLOSE, limit=CLOSING)
                self.end_programs(self.closer)
        except (NoAnswer, Failed):
            self.kill()

    def close_if_it_runs(self) -> None:
        if self.unit.process() is not None:
            self.close()

    def shut(self) -> None:
        """The same for a planned move: what can't be closed in time stays open."""
        session = self.closer.number()
        self.refuse_programs()
        try:
            self.closer.ask(self.engine.CLOSE, limit=SHUTTING)
        except NoAnswer:
            self.sql.ask("KILL %d" % session)
            self.accept_programs()
            raise
        self.end_programs(self.closer)

    def open(self) -> None:
        self.accept_programs()
        self.tell(self.engine.OPEN, 1.0)

    def arm(self) -> None:
        """From now on its commits wait. Others may copy its data, though their accounts are locked until they have a copy."""
        self.tell(self.engine.ARM)
        statements = self.engine.admit_copies(self.password)
        if statements:
            self.tell_locally(statements)

    def refuse_programs(self) -> None:
        """A program that comes before its balancer has noticed would read what is old: its session is ended at once."""
        self.refusing = now() + REFUSING
        self.closer.ask("SET GLOBAL init_connect = %s", (MOVED,), limit=CLOSING)

    def accept_programs(self) -> None:
        self.sql.ask("SET GLOBAL init_connect = %s", (self.settings.init_connect,))
        self.refusing = None

    def end_programs(self, sql: Sql) -> None:
        """Ends the sessions of programs, so that they come again and are led to the leader."""
        for row in sql.ask(PROGRAMS, limit=CLOSING):
            self.end(sql, row["id"])

    def found(self) -> None:
        """The data of a new cluster: they carry its mark from now on."""
        run("sync", "-f", self.folder, limit=3600)  # the package leaves its new tables in the kernel's memory
        self.tell([
            "CREATE TABLE IF NOT EXISTS mysql.%s (name VARCHAR(255) PRIMARY KEY) ENGINE = InnoDB" % MARK,
            ("REPLACE INTO mysql." + MARK + " VALUES (%s)", (self.settings.cluster,)),
        ])  # fmt: skip

    def lock(self, names: FrozenSet[str]) -> None:
        """These may not take this daemon's log any more. Nothing of accounts is replicated: each leader decides for itself."""
        accounts = [self.settings.members[name].account for name in names]
        self.tell_locally([("ALTER USER IF EXISTS '" + one + "'@'%' ACCOUNT LOCK", None) for one in accounts])
        for row in self.sql.ask("SELECT ID AS id, USER AS name FROM information_schema.PROCESSLIST"):
            if row["name"] in accounts:
                self.end(self.sql, row["id"])

    def unlock(self, names: FrozenSet[str]) -> None:
        """These may take this daemon's log, and so acknowledge it."""
        for account in [self.settings.members[name].account for name in names]:
            user = "'" + account + "'@'%%'"
            self.tell_locally([
                ("CREATE USER IF NOT EXISTS " + user + " IDENTIFIED BY %s", (self.password,)),
                ("GRANT " + ", ".join(self.engine.ACCOUNT_RIGHTS) + " ON *.* TO '" + account + "'@'%'", None),
                ("ALTER USER " + user + " IDENTIFIED BY %s REQUIRE X509 ACCOUNT UNLOCK", (self.password,)),
            ])  # fmt: skip

    def tell_locally(self, statements: List[Any]) -> None:
        """Without a trace in the log."""
        try:
            self.tell(["SET SESSION sql_log_bin = 0"] + statements)
        finally:
            self.sql.close()

    def end(self, sql: Sql, session: int) -> None:
        try:
            sql.ask("KILL %d" % session, limit=CLOSING)
        except Failed:
            pass  # it has ended by itself

    def follow(self, leader: Leader) -> None:
        me, other = self.settings.members[self.settings.name], self.settings.members[leader.name]
        port, folder = self.settings.database_port, self.settings.folder
        self.tell(self.engine.follow(other.address, port, me.account, self.password, folder), 10.0)
