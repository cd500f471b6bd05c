"""What a member does while another one leads."""

from __future__ import annotations

from typing import List

from model import Action, Leader, Memory, View
from succeed import heard_now, heard_since


def follow(view: View, memory: Memory, leader: Leader) -> List[Action]:
    """Takes no writes, and follows the leader as soon as the set has this boot of the daemon."""
    daemon, sync = view.daemon, view.store.sync
    if daemon.state == "hung":
        return [Action("kill")]
    if daemon.open:
        return [Action("close")]
    if leader.term < memory.fence or view.store.paused:
        return []
    promoted = sync is not None and sync.term == leader.term
    if daemon.state == "off":
        # Only a member that another leader's term has replaced may cut off what nobody acknowledged. A moment earlier it would
        # keep that, and need a copy.
        return [Action("start", "replica")] if promoted else []
    if daemon.state != "up" or not promoted:
        return []
    if daemon.fresh or daemon.broken:
        return [Action("copy", leader.name)]
    if daemon.unlocked:
        return [Action("lock", daemon.unlocked)]
    if daemon.armed:
        return [Action("disarm")]  # else what it applies would wait for an acknowledgement of its own
    return take_part(view, leader)


def take_part(view: View, leader: Leader) -> List[Action]:
    """The daemon is up, closed and has data."""
    daemon = view.daemon
    admitted = (view.me, daemon.boot) in view.store.sync.members
    if admitted and daemon.connected and daemon.silent > view.config.quiet:
        return [Action("stop")]  # now, for it takes a while where the leader is gone: later, the next leader would wait for it
    if daemon.source is not None and not daemon.applying:
        return [Action("apply")]
    follows = daemon.source == leader.name and daemon.listening
    if not follows and diverged(view, leader):
        return [Action("stop")] if daemon.listening else [Action("copy", leader.name)]
    if admitted and not follows:
        if not daemon.applied.covers(daemon.received):
            return []  # a daemon that begins to follow throws away what it has received and not applied
        lately = heard_since(view, leader.name, view.now - view.config.quiet)
        return [] if lately is None else [Action("follow", leader)]
    return [Action("stop")] if daemon.listening and not admitted else []


def diverged(view: View, leader: Leader) -> bool:
    """Whether this member has what the leader lacks, as the leader said after it took writes."""
    answer = heard_now(view, leader.name)
    if answer is None or answer.sees != leader.term:
        return False
    return not answer.daemon.fresh and not answer.daemon.history.contains(view.daemon.received)
