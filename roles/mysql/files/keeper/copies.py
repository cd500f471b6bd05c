"""A new copy of the leader's data in place of this member's. What this member had is kept aside, never deleted."""

from __future__ import annotations

import glob
import logging
import os
import re
import shutil
import subprocess
import threading
import time
from typing import Any, Callable

from daemon import Database
from model import Leader
from position import MariadbPosition
from process import run
from settings import Settings
from sql import Failed, NoAnswer

log = logging.getLogger("keeper")
DATA = "/var/lib/mysql"
NEW = "/var/lib/mysql.copy"
NAMES = ("xtrabackup_binlog_info", "mariadb_backup_binlog_info")
BINLOG_INFO = re.compile(r"\S+\s+\d+\s+([0-9,-]+)\s*\Z")


class NoCopy(Exception):
    """Why there is no copy."""


def aside() -> list:
    """Folders with data that were kept aside on this host."""
    return sorted(glob.glob(DATA + ".aside-*"))


def in_background(database: Database, settings: Settings, leader: Leader, fresh: bool, keeper: Any) -> None:
    """Begins a copy. While it runs, the database counts as `copying`; why it failed is the keeper's `reason`."""

    def work() -> None:
        try:
            replace(database, settings, leader, fresh, keeper.still_leads)
            keeper.reason = ""
        except (NoCopy, NoAnswer, Failed, OSError) as error:
            keeper.reason = "no copy of %s: %s" % (leader.name, error)
            log.error("%s", keeper.reason)
            time.sleep(3)

    database.copying = threading.Thread(target=work, name="copy", daemon=True)
    database.copying.start()


def replace(database: Database, settings: Settings, leader: Leader, fresh: bool, still: Callable[[Leader], bool]) -> None:
    """Takes a copy of the leader, then swaps it in. `still`: whether it still leads, which is asked again before that."""
    donor = settings.members[leader.name]
    if os.path.ismount(DATA):
        raise NoCopy("%s is a mount point, so a copy can't take its place: mount the volume above it" % DATA)
    shutil.rmtree(NEW, ignore_errors=True)
    os.mkdir(NEW, 0o755)
    shutil.chown(NEW, "mysql", "mysql")
    try:
        receive(donor.address, donor.name, settings)
        run("setpriv", "--reuid=mysql", "--regid=mysql", "--clear-groups", "--",
            "mariadb-backup", "--no-defaults", "--prepare", "--target-dir=" + NEW, limit=6 * 3600)  # fmt: skip
        position = position_of_copy()
        if not still(leader):
            raise NoCopy("%s led no more when its copy was complete" % leader.name)
        swap(database, leader, fresh)
        database.tell([("SET GLOBAL gtid_slave_pos = %s", (str(position),))])
    finally:
        shutil.rmtree(NEW, ignore_errors=True)


def receive(address: str, name: str, settings: Settings) -> None:
    """The donor's stream, unpacked as the user mysql."""
    host = "[%s]" % address if ":" in address else address
    folder = settings.folder
    from_donor = "OPENSSL:%s:%d,cafile=%s/ca.pem,cert=%s/cert.pem,key=%s/key.pem,verify=1,commonname=%s,connect-timeout=5" % (
        host, settings.copy_port, folder, folder, folder, name)  # fmt: skip
    socat = subprocess.Popen(["socat", "-u", "-T", "60", from_donor, "STDOUT"], stdout=subprocess.PIPE)
    unpack = subprocess.Popen(
        ["setpriv", "--reuid=mysql", "--regid=mysql", "--clear-groups", "--", "mbstream", "-x", "-C", NEW], stdin=socat.stdout
    )
    assert socat.stdout is not None
    socat.stdout.close()
    codes = unpack.wait(), socat.wait()
    if any(codes) or not os.path.exists(NEW + "/backup-my.cnf"):
        raise NoCopy("%s sent no whole copy. See journalctl -u provision-sql-clone there" % name)


def position_of_copy() -> MariadbPosition:
    for name in NAMES:
        try:
            with open(os.path.join(NEW, name), encoding="ascii", errors="replace") as file:
                match = BINLOG_INFO.match(file.read())
        except OSError:
            continue
        if match is not None:
            return MariadbPosition(match.group(1))
    raise NoCopy("the copy says no position")


def swap(database: Database, leader: Leader, fresh: bool) -> None:
    """The daemon is stopped for the moment of two renames."""
    for path in glob.glob(DATA + "/debian-*.flag") + glob.glob(DATA + "/mysql_upgrade_info"):
        shutil.copy2(path, NEW)
    run("chown", "-R", "mysql:mysql", NEW)
    database.unit.stop()
    if fresh:
        shutil.rmtree(DATA)
    else:
        os.rename(DATA, "%s.aside-%s-term%d" % (DATA, time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), leader.term))
    os.rename(NEW, DATA)
    database.start("leader")
    end = time.monotonic() + 120
    while database.look_at_daemon().state != "up":
        if time.monotonic() >= end:
            raise NoCopy("%s does not start with the copy" % database.engine.UNIT)
        time.sleep(0.2)
