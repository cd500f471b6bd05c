"""A program that writes to the leader of a database until its input ends: usage: writer.py LEDGER

The first line of its input says how to reach the members, as JSON. It asks them who leads, as a balancer does. Each
acknowledged write becomes a line of LEDGER: when (seconds), and its id.
"""

from __future__ import annotations

import http.client
import itertools
import json
import sys
import threading
import time
from typing import Any, Dict, Optional, TextIO

import pymysql

TABLE = "CREATE TABLE IF NOT EXISTS ledger (id VARCHAR(40) PRIMARY KEY)"
WRITERS = 2
ended = threading.Event()


def leader(settings: Dict[str, Any]) -> Optional[str]:
    for address in settings["members"]:
        connection = http.client.HTTPConnection(address, settings["statePort"], timeout=1)
        try:
            connection.request("GET", "/primary")
            if connection.getresponse().status == 200:
                return address
        except (OSError, http.client.HTTPException):
            pass  # it is off
        finally:
            connection.close()
    return None


def connect(settings: Dict[str, Any]):
    address = leader(settings)
    if address is None:
        raise OSError("no member leads")
    return pymysql.connect(
        host=address, user=settings["user"], password=settings["password"], database=settings["database"],
        ssl={"ca": settings["ca"]}, autocommit=True, connect_timeout=5, read_timeout=5, write_timeout=5,
    )  # fmt: skip


def write(settings: Dict[str, Any], writer: int, ledger: TextIO) -> None:
    connection, began = None, time.time_ns()
    for count in itertools.count(1):
        if ended.is_set():
            return
        name = "%d-%d-%d" % (began, writer, count)
        try:
            connection = connection or connect(settings)
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO ledger VALUES (%s)", (name,))
            ledger.write("%.3f %s\n" % (time.time(), name))
            time.sleep(0.02)  # the machines share the processors of this one
        except Exception as error:  # whatever it is, nothing was promised
            print("%s: %.100s" % (type(error).__name__, error), file=sys.stderr, flush=True)
            if connection is not None:
                connection._force_close()
            connection = None
            time.sleep(0.1)


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    with connect(settings) as connection, connection.cursor() as cursor:
        cursor.execute(TABLE)
    with open(sys.argv[1], "a", encoding="ascii", buffering=1) as ledger:
        work = [threading.Thread(target=write, args=(settings, one, ledger)) for one in range(WRITERS)]
        for one in work:
            one.start()
        sys.stdin.read()
        ended.set()
        for one in work:
            one.join()


if __name__ == "__main__":
    main()
