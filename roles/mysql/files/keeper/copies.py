"""A new copy of the leader's data in place of this member's. What this member had is kept aside, never deleted."""

from __future__ import annotations

import glob
import logging
import os
import shutil
import threading
import time
from typing import Any, Callable, List

from daemon import DATA, Database
from model import Leader
from process import run
from settings import Settings
from sql import Failed, NoAnswer, Sql

log = logging.getLogger("keeper")


class NoCopy(Exception):
    """Why there is no copy."""


def aside() -> list:
    """Folders with data that were kept aside on this host."""
    return sorted(glob.glob(DATA + ".aside-*"))


def copy(keeper: Any, leader: Leader) -> None:
    database, settings, fresh = keeper.database, keeper.settings, keeper.seen.fresh
    in_background(keeper, "copy of " + leader.name, lambda: replace(database, settings, leader, fresh, keeper.still_leads))


def start(keeper: Any, role: str) -> None:
    """Starts the database. Where the disk was lost, with a new one: it is fresh, so it gets a copy and does not lead."""
    database = keeper.database
    if os.path.isdir(database.folder + "/mysql"):
        database.start(role)
    elif keeper.settings.alone:
        raise OSError("%s has no database. Mount its volume, or bring its data back; nobody else has a copy" % database.folder)
    else:
        in_background(keeper, "new database", lambda: start_empty(database))


def in_background(keeper: Any, what: str, work: Callable[[], None]) -> None:
    """While this is done, the database counts as `copying`; why it failed is the keeper's `reason`."""

    def tried() -> None:
        try:
            work()
            keeper.reason = ""
        except (NoCopy, NoAnswer, Failed, OSError) as error:
            keeper.reason = "no %s: %s" % (what, error)
            log.error("%s", keeper.reason)
            time.sleep(3)
        keeper.database.unit.pay_restart()

    keeper.database.copying = threading.Thread(target=tried, name="copy", daemon=True)
    keeper.database.copying.start()


def start_empty(database: Database) -> None:
    """It is made beside its place, so one that was interrupted is never started. On a volume of its own that can't be."""
    if os.path.ismount(DATA):
        database.engine.initialise(DATA)
    else:
        shutil.rmtree(database.engine.COPY, ignore_errors=True)
        database.engine.initialise(database.engine.COPY)
        prepare(database)
        take_place(database, "new")
    database.start("leader")


def replace(database: Database, settings: Settings, leader: Leader, fresh: bool, still: Callable[[Leader], bool]) -> None:
    """Takes a copy of the leader, then swaps it in. `still`: whether it still leads, which is asked again before that."""
    engine, donor, sql = database.engine, settings.members[leader.name], Sql()
    new = engine.COPY
    if os.path.ismount(DATA):
        raise NoCopy("%s is a mount point, so a copy can't take its place: mount the volume above it" % DATA)
    if os.stat(os.path.dirname(new)).st_dev != os.stat(os.path.dirname(DATA)).st_dev:
        raise NoCopy("%s is on another file system than %s, so a copy can't take its place" % (os.path.dirname(new), DATA))
    shutil.rmtree(new, ignore_errors=True)
    try:
        statements = engine.receive(sql, donor, settings, database.password)
        # What unpacks a copy leaves it in the kernel's memory. It must be on the disk before this member acknowledges a write.
        run("sync", "-f", new, limit=3600)
        if not still(leader):
            raise NoCopy("%s led no more when its copy was complete" % leader.name)
        swap(database, leader, fresh)
        database.tell(statements)
    finally:
        sql.close()
        shutil.rmtree(new, ignore_errors=True)


def swap(database: Database, leader: Leader, fresh: bool) -> None:
    """The daemon is stopped for the moment of two renames."""
    prepare(database)
    database.unit.stop()
    if fresh:
        shutil.rmtree(DATA)
    take_place(database, "term%d" % leader.term)
    database.start("leader")
    end = time.monotonic() + 120
    while database.look_at_daemon().state != "up":
        if time.monotonic() >= end:
            raise NoCopy("%s does not start with the copy" % database.engine.UNIT)
        time.sleep(0.2)


def of_the_package(database: Database) -> List[str]:
    """Files among the data that are not data."""
    return [path for name in database.engine.OF_THE_PACKAGE for path in glob.glob(os.path.join(DATA, name))]


def prepare(database: Database) -> None:
    """What is new gets the package's files, and the rights that the data have."""
    new = database.engine.COPY
    for path in of_the_package(database):
        shutil.copy2(path, new)
    run("chown", "-R", "mysql:mysql", new)
    if os.path.isdir(DATA):
        shutil.copymode(DATA, new)


def take_place(database: Database, why: str) -> None:
    """What is new takes the place of the data, which are kept aside."""
    if os.path.isdir(DATA) and len(os.listdir(DATA)) > len(of_the_package(database)):
        os.rename(DATA, "%s.aside-%s-%s" % (DATA, time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), why))
    else:
        shutil.rmtree(DATA, ignore_errors=True)
    os.rename(database.engine.COPY, DATA)
    database.heard = 0.0  # of the leader, with these data
