"""The settings of the application, from its environment."""

import os

from copies import Copies


def addresses(name):
    return [address for address in os.environ.get(name, "").split(",") if address]


def store():
    """The database, or None if none is configured."""
    writer = os.environ.get("SQL_WRITER")
    if not writer:
        return None
    from store import Database, Store  # needed only with a database

    names = ("SQL_USER", "SQL_PASSWORD", "SQL_DATABASE")
    access = [os.environ[name] for name in names] + [os.environ.get("SQL_CA")]
    return Store(Database(writer, *access), Database(os.environ.get("SQL_READER") or writer, *access))


def copies():
    return Copies(addresses("CACHE_SERVERS"))
