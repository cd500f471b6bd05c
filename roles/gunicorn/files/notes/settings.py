"""What the application is told by its environment."""

import os

from copies import Copies


def addresses(name):
    return [address for address in os.environ.get(name, "").split(",") if address]


def store():
    """The database, or None where there is none."""
    writer = os.environ.get("SQL_WRITER")
    if not writer:
        return None
    from store import Database, Store  # only where there is a database is its driver needed

    names = ("SQL_USER", "SQL_PASSWORD", "SQL_DATABASE")
    access = [os.environ[name] for name in names] + [os.environ.get("SQL_CA")]
    return Store(Database(writer, *access), Database(os.environ.get("SQL_READER") or writer, *access))


def copies():
    return Copies(addresses("CACHE_SERVERS"))
