"""A program that uses the database, on an application server, by the ways that the application has: usage: ledger.py SECONDS FILE

Four writers and two readers, each with a connection that it keeps. The ids of acknowledged writes go to FILE. Prints JSON: what
was acknowledged and refused, the longest times in seconds without a write and without a read, and reads that were stale.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
import threading
import time
from typing import Dict, List, Tuple

import pymysql

ENVIRONMENT = "/etc/gunicorn-notes/environment"
TABLE = """CREATE TABLE IF NOT EXISTS ledger (
  id VARCHAR(40) PRIMARY KEY, writer INT NOT NULL, number BIGINT NOT NULL, KEY (writer, number))"""


def environment() -> Dict[str, str]:
    with open(ENVIRONMENT, encoding="ascii") as file:
        pairs = (line.strip().split("=", 1) for line in file if "=" in line)
        return {name: value.strip('"') for name, value in pairs}


class Load(object):
    def __init__(self, seconds: float):
        self.settings, self.lock = environment(), threading.Lock()
        self.started = time.monotonic()
        self.end = self.started + seconds
        self.acknowledged: List[Tuple[float, str]] = []
        self.refused: List[Tuple[float, str]] = []
        self.reads: Dict[str, List[float]] = {"SQL_WRITER": [], "SQL_READER": []}
        self.stale: List[str] = []
        self.last: Dict[int, int] = {}

    def connect(self, way: str):
        host, port = self.settings[way].rsplit(":", 1)
        return pymysql.connect(
            host=host, port=int(port), user=self.settings["SQL_USER"], password=self.settings["SQL_PASSWORD"],
            database=self.settings["SQL_DATABASE"], ssl={"ca": self.settings["SQL_CA"]}, autocommit=True,
            connect_timeout=2, read_timeout=4, write_timeout=4,
        )  # fmt: skip

    def write(self, writer: int) -> None:
        connection, base = None, time.time_ns() // 1000
        for count in itertools.count(1):
            if time.monotonic() >= self.end:
                return
            number, name = base + count, "%d-%d" % (writer, base + count)
            try:
                connection = connection or self.connect("SQL_WRITER")
                with connection.cursor() as cursor:
                    cursor.execute("INSERT INTO ledger VALUES (%s, %s, %s)", (name, writer, number))
                with self.lock:
                    self.acknowledged.append((time.monotonic(), name))
                    self.last[writer] = number
                time.sleep(0.01)  # hosts of a lab share their processors
            except Exception as error:  # whatever it is, nothing was promised
                with self.lock:
                    self.refused.append((time.monotonic(), "%s: %s" % (type(error).__name__, str(error)[:100])))
                if connection is not None:
                    connection._force_close()
                connection = None
                time.sleep(0.02)

    def read(self, way: str) -> None:
        connection = None
        while time.monotonic() < self.end:
            try:
                connection = connection or self.connect(way)
                writer = random.randrange(4)
                wanted = self.last.get(writer, 0)
                with connection.cursor() as cursor:
                    cursor.execute("SELECT COALESCE(MAX(number), 0), @@hostname FROM ledger WHERE writer = %s", (writer,))
                    found, host = cursor.fetchone()
                with self.lock:
                    self.reads[way].append(time.monotonic())
                    if way == "SQL_WRITER" and found < wanted:
                        said = "%.2f s: %s: writer %d: %d instead of %d"
                        self.stale.append(said % (self.since(), host, writer, found, wanted))
            except Exception:
                if connection is not None:
                    connection._force_close()
                connection = None
            time.sleep(0.02)

    def since(self) -> float:
        return time.monotonic() - self.started

    def longest(self, times: List[float]) -> float:
        points = [self.started] + sorted(times) + [self.end]
        return round(max(after - before for before, after in zip(points, points[1:])), 2)

    def run(self) -> Dict[str, object]:
        work = [threading.Thread(target=self.write, args=(one,)) for one in range(4)]
        work += [threading.Thread(target=self.read, args=(way,)) for way in self.reads]
        for one in work:
            one.start()
        for one in work:
            one.join()
        written = [at for at, _ in self.acknowledged]
        after = [at for at, _ in self.refused if written and at > max(written)]
        return {
            "acknowledged": len(written),
            "refused": len(self.refused),
            "reasons": sorted({why for _, why in self.refused})[:5],
            "failing": len(after),
            "writes": self.longest(written),
            "writerReads": self.longest(self.reads["SQL_WRITER"]),
            "readerReads": self.longest(self.reads["SQL_READER"]),
            "stale": self.stale[:20],
        }


def main() -> None:
    load = Load(float(sys.argv[1]))
    with load.connect("SQL_WRITER") as connection, connection.cursor() as cursor:
        cursor.execute(TABLE)
    load.started = time.monotonic()
    load.end = load.started + float(sys.argv[1])
    said = load.run()
    with open(sys.argv[2], "a", encoding="ascii") as file:
        file.writelines(name + "\n" for _, name in load.acknowledged)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
