"""Migrates the database for this release. It only adds, so that the release before it continues to work.

It is safe to run again, and from several hosts at the same time.
"""

import sys
import time

import settings
from errors import Unavailable

STEPS = [
    """
    CREATE TABLE IF NOT EXISTS notes (
      seq BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
      id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      text VARCHAR(4000) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
      app VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
      created TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
      UNIQUE KEY id (id)
    ) ENGINE = InnoDB
    """,
]

# Seconds to wait for a primary of the database.
PATIENCE = 30


def migrate(cursor):
    cursor.execute("SELECT GET_LOCK('notes migration', 20) AS held")
    if cursor.fetchone()["held"] != 1:
        raise SystemExit("another host has been migrating for 20 s")
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS notes_schema (version INT NOT NULL PRIMARY KEY, app VARCHAR(64) NOT NULL) ENGINE = InnoDB"
    )
    cursor.execute("SELECT COALESCE(MAX(version), 0) AS version FROM notes_schema")
    version = cursor.fetchone()["version"]
    for number, step in enumerate(STEPS[version:], start=version + 1):
        cursor.execute(step)
        cursor.execute("INSERT IGNORE INTO notes_schema (version, app) VALUES (%s, @@hostname)", (number,))
        print(f"schema {number} created")
    if version >= len(STEPS):
        print(f"schema {version} exists already")
    cursor.execute("DO RELEASE_LOCK('notes migration')")


def main():
    store = settings.store()
    if store is None:
        print("no database is configured: nothing to do")
        return
    until = time.monotonic() + PATIENCE
    while True:
        try:
            store.writer.run(migrate)
            return
        except Unavailable as error:
            if time.monotonic() > until:
                sys.exit(f"could not change the database: {error}")
            time.sleep(0.5)


main()
