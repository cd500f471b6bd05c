"""What monitoring asks. Each answer is an exit code of Nagios and one line."""

from __future__ import annotations

from typing import Any, Callable, Dict, Tuple

import copies
from clock import now

MOVED = 300.0  # seconds for which a move is told
Result = Tuple[int, str]


def checked(status: Any, name: str) -> Tuple[int, str]:
    """HTTP code and text: `2 does not follow`."""
    check = CHECKS.get(name)
    if check is None:
        return 404, "no such check"
    code, text = check(status)
    return 200, "%d %s" % (code, " ".join(text.split()))


def replication(status: Any) -> Result:
    keeper = status.keeper
    if status.is_leader():
        return 0, "leads"
    lag = status.behind()
    if not status.follows() or lag is None:
        waits = status.waiting()
        why = keeper.reason or keeper.seen.broken or (waits and "it waits for " + waits)
        return 2, "does not follow: the database is %s%s" % (keeper.seen.state, why and "; " + why)
    text = "%d s behind %s" % (lag, keeper.seen.source)
    return (2 if lag >= keeper.settings.critical else 1 if lag >= keeper.settings.warning else 0), text


def in_set(status: Any) -> Result:
    """On the leader: how many members may acknowledge."""
    keeper = status.keeper
    wanted = len(keeper.settings.members) - 1
    if not status.is_leader() or wanted == 0:
        return 0, "does not lead" if wanted else "is the only member"
    sync = keeper.sync
    count = len({name for name, _ in sync.members}) if sync is not None else 0
    text = "%d of %d members have every acknowledged write" % (count if sync and sync.complete else 0, wanted)
    return (2 if not count or not sync.complete else 1 if count < wanted else 0), text


def leader(status: Any) -> Result:
    waits = status.waiting()
    return (2, "no member leads; it waits for %s" % waits) if waits else (0, "a member leads")


def aside(_status: Any) -> Result:
    kept = copies.aside()
    return (1, "data are kept aside: %s. Remove them when nothing in them is missed" % ", ".join(kept)) if kept else (0, "none")


def paused(status: Any) -> Result:
    store = status.keeper.store
    return (1, "the cluster is paused: nobody replaces a dead leader") if store is not None and store.paused else (0, "no")


def moved(status: Any) -> Result:
    move = status.keeper.moved
    if move is None or not status.is_leader() or now() - move.at > MOVED:
        return 0, "no move"
    return 1, "leads in place of %s for %d s" % (move.before, now() - move.at)


def connections(status: Any) -> Result:
    rows = status.keeper.database.sql.ask(
        "SELECT @@GLOBAL.max_connections AS most, COUNT(*) AS used FROM information_schema.PROCESSLIST"
    )
    used, most = int(rows[0]["used"]), int(rows[0]["most"])
    percent = 100 * used // most
    return (2 if percent >= 95 else 1 if percent >= 80 else 0), "%d of %d connections" % (used, most)


CHECKS: Dict[str, Callable[[Any], Result]] = {
    "replication": replication, "set": in_set, "leader": leader, "aside": aside, "paused": paused, "moved": moved,
    "connections": connections,
}  # fmt: skip
