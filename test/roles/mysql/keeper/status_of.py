"""Keepers as they are on a host, with what they have seen put in: they ask nobody, and their database is never started."""

import paths  # noqa: F401
import mariadb
from clock import now
from daemon import Database
from keeper import Keeper
from model import Answer, Daemon, Leader, Memory, Store, Sync
from peers import Peers
from position import MariadbHistory, MariadbPosition
from settings import parse
from status import Status
from test_parts import configuration

MEMBERS = {"db%d" % n: {"address": "10.0.0.%d" % n, "number": n} for n in (1, 2, 3)}
SYNC = Sync("db1", 7, frozenset({("db2", "b2"), ("db3", "b3")}), True)


def seen(boot, at="0-1-9", **fields):
    position = MariadbPosition(at)
    told = dict(state="up", boot=boot, received=position, applied=position, history=MariadbHistory(at), applying=True)
    told.update(fields)
    return Daemon(**told)


LEADS = seen("b1", open=True, armed=True, unlocked=frozenset({"db2", "db3"}))
FOLLOWS = seen("b2", source="db1", listening=True, connected=True)


def status_of(name, own, store=None, memory=Memory(), answers=None, **settings):
    """What the keeper of a member answers that has just seen this. `answers`: name → what another said."""
    keeper = Keeper(
        parse(configuration(name=name, members=settings.pop("members", MEMBERS), **settings)), None, None, None, None
    )
    keeper.database = Database(keeper.settings, mariadb, "password")
    keeper.peers = Peers(keeper.settings, None, mariadb)
    keeper.peers.answers = {name: Answer(now(), daemon) for name, daemon in (answers or {}).items()}
    keeper.seen, keeper.store, keeper.memory, keeper.looked = own, store, memory, now()
    if own.source is not None:
        keeper.database.replica, keeper.database.heard = {"Seconds_Behind_Master": 0}, now()
    return Status(keeper)


def led_by(name, term=7, sync=SYNC, **fields):
    return Store(now(), None if name is None else Leader(name, term), sync, **fields)


def leading(**fields):
    memory = Memory(term=7, deadline=now() + 4, won=now() - 1000)
    return status_of("db1", LEADS, led_by("db1"), memory, {"db2": FOLLOWS, "db3": seen("b3", source="db1")}, **fields)


def following(own=FOLLOWS, store=None, **fields):
    return status_of("db2", own, store or led_by("db1"), **fields)
