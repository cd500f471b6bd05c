"""What a member does next. Pure: no clock, no network, no files. The states and the invariants are in docs/keeper.md.

Each look leads to the next few actions. After them comes another look, so an action that failed or came to nothing is
simply decided again, from what is then true.
"""

from __future__ import annotations

from typing import List, Tuple

from follow import follow
from lead import lead
from model import Action, Memory, View
from succeed import may_lead

Decision = Tuple[Memory, List[Action]]


def decide(view: View, memory: Memory) -> Decision:
    """The actions that follow from a look, in order, and what to remember."""
    store = view.store
    if store is None:
        return memory, without_store(view, memory)
    if memory.term:
        if store.leader is not None and store.leader.term == memory.term:
            return lead(view, memory)
        if store.asked <= memory.won:
            return memory, []  # this look is older than the lease
        memory = lost(memory)
    leader = store.leader
    if leader is None:
        return nobody_leads(view, memory)
    memory = memory._replace(vacant=None)
    if leader.name == view.me:
        return memory, [Action("adopt", leader.term)]
    return memory, follow(view, memory, leader)


def lost(memory: Memory) -> Memory:
    """What remains when the lease has ended or was given back."""
    return memory._replace(term=0, deadline=0.0, handing=None, well=(), said=())


def won(memory: Memory, term: int, asked: float, now: float, ttl_left: float) -> Memory:
    """After the lease was got or renewed. `asked`: before the request was sent; `ttl_left`: seconds without the margin."""
    begun = memory.won if memory.term == term else now
    return memory._replace(term=term, deadline=asked + ttl_left, won=begun, vacant=None)


def fenced(memory: Memory, term: int) -> Memory:
    """After another member of a higher term has asked to take nothing more from leaders before it."""
    memory = memory._replace(fence=term)
    return lost(memory) if memory.term and memory.term < term else memory


def without_store(view: View, memory: Memory) -> List[Action]:
    """The store says nothing: nothing new begins. The leader goes on until its deadline; replicas go on following."""
    daemon = view.daemon
    if daemon.state == "hung":
        return [Action("kill")]
    if daemon.open and view.now >= memory.deadline:
        return [Action("close")]
    return []


def nobody_leads(view: View, memory: Memory) -> Decision:
    """The lease is free."""
    if memory.vacant is None:
        memory = memory._replace(vacant=view.began)
    daemon = view.daemon
    if daemon.state == "hung":
        return memory, [Action("kill")]
    if daemon.open:
        return memory, [Action("close")]
    if view.store.paused and not memory.forced:
        return memory, []
    resting = view.now < memory.rest  # another member may lead in a moment
    if daemon.state == "off":
        return memory, [] if resting else [Action("start", "leader")]
    if daemon.state == "up" and not resting and may_lead(view, memory):
        return memory, [Action("campaign")]
    return memory, []
