"""One connection to the daemon of this host, over its socket as root. Every question has a limit."""

from __future__ import annotations

import threading
import time
from typing import Any, Dict, List, Optional

import pymysql
import pymysql.cursors

SOCKET = "/run/mysqld/mysqld.sock"


class NoAnswer(Exception):
    """The daemon did not answer in time, or there is none."""


class Failed(Exception):
    """The daemon refused a statement. `code`: its error number."""

    def __init__(self, code: int, text: str):
        Exception.__init__(self, "%s (error %d)" % (text, code))
        self.code = code


class Sql(object):
    """Opened when it is needed. A connection that failed is thrown away: what it did is not known."""

    def __init__(self):
        self.lock = threading.RLock()
        self.connection: Optional[Any] = None

    def ask(self, statement: str, values: Any = None, limit: float = 2.0) -> List[Dict[str, Any]]:
        """Rows by the names of their columns. Raises NoAnswer or Failed."""
        with self.lock:
            end = time.monotonic() + limit
            again = self.connection is not None
            while True:
                try:
                    return self.once(statement, values, max(0.05, end - time.monotonic()))
                except pymysql.err.MySQLError as error:
                    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
                    if not (isinstance(error, (pymysql.err.OperationalError, pymysql.err.InterfaceError)) and lost(code)):
                        raise Failed(code, str(error.args[-1])) from None
                    self.close()
                    # A daemon that was restarted has closed the old connection.
                    if not again or time.monotonic() >= end or code == 2013 and "timed out" in str(error):
                        raise NoAnswer(str(error.args[-1])) from None
                except OSError as error:
                    self.close()
                    if not again or time.monotonic() >= end:
                        raise NoAnswer(str(error)) from None
                again = False

    def once(self, statement: str, values: Any, limit: float) -> List[Dict[str, Any]]:
        if self.connection is None:
            self.connection = pymysql.connect(
                unix_socket=SOCKET,
                user="root",
                connect_timeout=limit,
                read_timeout=limit,
                write_timeout=limit,
                autocommit=True,
                cursorclass=pymysql.cursors.DictCursor,
            )
        self.connection._read_timeout = limit
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())

    def number(self) -> int:
        """The number of the session, by which another one can end it."""
        return int(self.ask("SELECT CONNECTION_ID() AS id")[0]["id"])

    def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection._force_close()


def lost(code: int) -> bool:
    """Whether an error is about the connection: client errors, a server that shuts down, or one that ended an idle session."""
    return code == 0 or 2000 <= code < 3000 or code in (1053, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 3032, 4031)
