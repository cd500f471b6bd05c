"""What the only member of a database does. It needs no store: nobody else can lead."""

from __future__ import annotations

from typing import List

from model import Action, Daemon, Memory


def decide_alone(daemon: Daemon, memory: Memory) -> List[Action]:
    """It runs and is open. A member that followed another one does not open by itself: the other may have more."""
    if daemon.state == "hung":
        return [Action("kill")]
    if daemon.state == "off":
        return [Action("start", "leader")]
    if daemon.state != "up" or (daemon.source is not None and not memory.forced):
        return []
    steps = [
        (daemon.source is not None, Action("forget")),
        (daemon.fresh, Action("found")),
        (daemon.armed, Action("disarm")),
        (not daemon.open, Action("open", memory.term)),
    ]
    return [step for needed, step in steps if needed]
