"""The notes in the database. Reads go to a replica, writes to the primary; each has its own address."""

import random
import time
from contextlib import contextmanager

import pymysql
from errors import Conflict, Unavailable

COLUMNS = "seq, id, text, created, app"
# Seconds after which a connection is replaced, so that a replica that came back gets its share.
AGE = 60
# Seconds that a write waits for a leader that moves. A planned move takes less.
PATIENCE = 1.2


class Database:
    """One address of the database, and its idle connections."""

    def __init__(self, address, user, password, database, ca):
        host, _, port = address.rpartition(":")
        self.settings = {
            "host": host.strip("[]"),
            "port": int(port),
            "user": user,
            "password": password,
            "database": database,
            "charset": "utf8mb4",
            "connect_timeout": 3,
            "read_timeout": 5,
            "write_timeout": 5,
            "autocommit": True,
            "init_command": "SET time_zone = '+00:00'",
            "cursorclass": pymysql.cursors.DictCursor,
        }
        if ca:
            self.settings["ssl"] = {"ca": ca, "verify_mode": "required"}
        self.idle = []

    def connect(self):
        connection = pymysql.connect(**self.settings)
        connection.good_until = time.monotonic() + AGE * random.uniform(0.8, 1.2)
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@hostname AS host")
            connection.server = cursor.fetchone()["host"]
        return connection

    @contextmanager
    def cursor(self, fresh=False):
        """A cursor, and the name of the server. The connection is kept only if there was no error."""
        connection = None if fresh else self.kept()
        try:
            connection = connection or self.connect()
            with connection.cursor() as cursor:
                yield cursor, connection.server
        except BaseException:
            if connection is not None:
                quietly(connection.close)
            raise
        self.idle.append(connection)

    def kept(self):
        while self.idle:
            connection = self.idle.pop()
            if time.monotonic() < connection.good_until:
                return connection
            quietly(connection.close)
        return None

    def run(self, work):
        """The result of `work(cursor)`, and the server. If a kept connection has died, it tries again with a new one."""
        try:
            try:
                with self.cursor() as (cursor, server):
                    return work(cursor), server
            except (pymysql.OperationalError, pymysql.InternalError, pymysql.InterfaceError):
                self.idle.clear()
                with self.cursor(fresh=True) as (cursor, server):
                    return work(cursor), server
        except (pymysql.Error, OSError) as error:
            raise Unavailable(str(error)) from error


def quietly(close):
    try:
        close()
    except (pymysql.Error, OSError):
        pass


class Store:
    """Notes, over one address for writes and one for reads."""

    def __init__(self, writer, reader):
        self.writer = writer
        self.reader = reader
        self.lost_at = None

    def create(self, note_id, text, app):
        """The stored note, whether this call created it, and the server. With the same id, it is safe to try again."""

        def work(cursor):
            made = cursor.execute(
                "INSERT IGNORE INTO notes (id, text, app) VALUES (%s, %s, %s)", (note_id, text, app)
            )
            cursor.execute(f"SELECT {COLUMNS} FROM notes WHERE id = %s", (note_id,))
            return made == 1, cursor.fetchone()

        (made, note), server = self.patiently(work)
        if note is None:
            raise Unavailable("the database did not store the note")
        if note["text"] != text:
            raise Conflict(note_id)
        return note, made, server

    def patiently(self, work):
        """Writes, and waits out a move of the leader. `work` must be safe to run again.

        In a longer outage a worker waits only once, so that it can serve reads meanwhile.
        """
        began = time.monotonic()
        while True:
            try:
                done = self.writer.run(work)
                self.lost_at = None
                return done
            except Unavailable:
                if self.lost_at is None or began - self.lost_at > AGE:
                    self.lost_at = began
                if time.monotonic() - self.lost_at > PATIENCE:
                    raise
                time.sleep(0.05)

    def read(self, note_id, primary=False):
        """The note, or None, and the server. A note that is missing on the replica is read from the primary."""

        def work(cursor):
            cursor.execute(f"SELECT {COLUMNS} FROM notes WHERE id = %s", (note_id,))
            return cursor.fetchone()

        if primary:
            return self.writer.run(work)
        try:
            note, server = self.reader.run(work)
            if note is not None:
                return note, server
        except Unavailable:
            pass
        return self.writer.run(work)

    def after(self, seq, limit, primary):
        """Notes after a sequence number, in order, and the server."""

        def work(cursor):
            cursor.execute(
                f"SELECT {COLUMNS} FROM notes WHERE seq > %s ORDER BY seq LIMIT %s", (seq, limit)
            )
            return list(cursor.fetchall())

        return self.either(work, primary)

    def latest(self, limit):
        def work(cursor):
            cursor.execute(f"SELECT {COLUMNS} FROM notes ORDER BY seq DESC LIMIT %s", (limit,))
            return list(cursor.fetchall())

        return self.either(work, False)

    def either(self, work, primary):
        if primary:
            return self.writer.run(work)
        try:
            return self.reader.run(work)
        except Unavailable:
            return self.writer.run(work)

    def health(self):
        """The servers that answer writes and reads; None if no server does."""

        def asked(database):
            try:
                return database.run(lambda cursor: cursor.execute("SELECT 1"))[1]
            except Unavailable:
                return None

        return {"writer": asked(self.writer), "reader": asked(self.reader)}
