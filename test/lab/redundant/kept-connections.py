"""Fifty connections to the database that are kept, as the pools of applications keep them, and used now and then.

Half of them read, half write, each through the proxy of this host. Before each use a connection is asked whether it still
lives, and made anew if not. A read that finds its connection dead all the same is asked once more on a new one, as the sample
application does; then it must succeed. Writes are not repeated. Runs until the file that it was given is there, then prints
what it has seen as JSON: reads, failedReads, writes, failedWrites, and the first words of what failed.
"""
import json
import os
import random
import sys
import threading
import time

import pymysql

going = threading.Event()
counts = {"reads": 0, "failedReads": 0, "writes": 0, "failedWrites": 0}
words = []
lock = threading.Lock()


def connect(address):
    host, port = address.rsplit(":", 1)
    return pymysql.connect(
        host=host,
        port=int(port),
        user=os.environ["SQL_USER"],
        password=os.environ["SQL_PASSWORD"],
        database=os.environ["SQL_DATABASE"],
        ssl={"ca": os.environ["SQL_CA"]},
        autocommit=True,
        connect_timeout=5,
        read_timeout=10,
        write_timeout=10,
    )


def run(connection, statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.fetchall()


def use(address, statement, done, failed):
    connection = connect(address)
    while not going.is_set():
        time.sleep(random.uniform(0.05, 0.5))
        try:
            try:
                connection.ping(reconnect=False)
            except pymysql.Error:
                connection = connect(address)
            try:
                run(connection, statement)
            except pymysql.Error:
                if failed == "failedWrites":
                    raise
                connection = connect(address)
                run(connection, statement)
            name = done
        except (pymysql.Error, OSError) as error:
            name = failed
            with lock:
                words.append(f"{failed}: {error}"[:200])
        with lock:
            counts[name] += 1


threads = []
for _ in range(25):
    for address, statement, done, failed in (
        ("SQL_READER", "SELECT COUNT(*) FROM notes", "reads", "failedReads"),
        ("SQL_WRITER", "UPDATE notes SET text = text LIMIT 1", "writes", "failedWrites"),
    ):
        threads.append(threading.Thread(target=use, args=(os.environ[address], statement, done, failed), daemon=True))
for thread in threads:
    thread.start()
while not os.path.exists(sys.argv[1]):
    time.sleep(0.1)
going.set()
for thread in threads:
    thread.join(10)
print(json.dumps({**counts, "words": words[:5]}), flush=True)
