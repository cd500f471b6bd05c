"""What the member with the lease does: it is promoted, then keeps the set true, and hands over when asked."""

from __future__ import annotations

from typing import Any, FrozenSet, List, Optional, Tuple

from model import Action, Answer, Entry, Memory, Sync, View
from succeed import claims, fresh_answer, in_set, others_of

Decision = Tuple[Memory, List[Action]]


def lead(view: View, memory: Memory) -> Decision:
    """The steps of a leader."""
    daemon, sync = view.daemon, view.store.sync
    if daemon.state in ("hung", "slow", "off", "starting"):
        return without_database(view, memory._replace(well=()))  # while it is away, nobody can be seen to follow
    if daemon.state != "up" or (daemon.fresh and sync is not None and not memory.forced):
        return give_back(view, memory)  # a copy is under way, or its disk was lost
    if sync is None or sync.term != memory.term:
        return promote(view, memory)
    if sync.next is not None:
        return give_back(view, memory)
    return reign(view, memory)


def without_database(view: View, memory: Memory) -> Decision:
    state = view.daemon.state
    if state == "hung":
        return memory, [Action("kill")]
    if state == "slow":
        return memory, []
    if has_heir(view):
        return give_back(view, memory)
    return memory, [Action("start", "leader")] if state == "off" else []


def give_back(view: View, memory: Memory, rest: float = 0.0) -> Decision:
    """Without the lease. The others get `rest` seconds, else a moment, in which this member does not ask for it again."""
    until = view.now + (rest or view.config.backoff)
    return memory._replace(rest=until, forced=False), [Action("give-back")]


def has_heir(view: View) -> bool:
    """Whether another member can lead at once: all of the set answer now, and lack nothing together."""
    sync = view.store.sync
    others = others_of(view)
    return sync is not None and sync.complete and bool(others) and all(fresh_answer(view, one) for one in others)


def promote(view: View, memory: Memory) -> Decision:
    """From the lease to the first write. Nothing is acknowledged to anybody meanwhile."""
    daemon = view.daemon
    if daemon.broken and not claims(view):
        return give_back(view, memory)
    stop = [Action("stop")] if daemon.listening else []
    heard: List[Tuple[Entry, Answer]] = []
    if not claims(view) and view.store.sync is not None:
        answer = hear_set(view, memory)
        if answer is None:
            return give_back(view, memory)
        missing, heard = answer
        if missing:
            return memory, stop + [Action("fence", (memory.term, missing))]
        if not all(daemon.received.covers(one.daemon.received) for _, one in heard):
            return give_back(view, memory)
    if stop:
        return memory, stop
    if not daemon.applied.covers(daemon.received):
        return memory, [] if daemon.applying else [Action("apply")]
    return memory, begin_term(view, first_set(view, memory, heard))


def begin_term(view: View, sync: Sync) -> List[Action]:
    """This member has everything and takes nothing more: the rest needs no further look."""
    daemon = view.daemon
    strangers = daemon.unlocked - names(sync.members)
    steps = [
        (daemon.source is not None, Action("forget")),
        (daemon.fresh, Action("found")),
        (not daemon.armed, Action("arm")),
        (bool(strangers), Action("lock", strangers)),
    ]
    opening = [Action("open", sync.term)] if sync.members and may_open(view) else []
    return [step for needed, step in steps if needed] + [Action("write", sync)] + opening


def hear_set(view: View, memory: Memory) -> Optional[Tuple[FrozenSet[str], List[Tuple[Entry, Answer]]]]:
    """Who of the set has still to be fenced, and what the others said. None: this member can't lead."""
    if not memory.forced and not in_set(view):
        return None
    patience = memory.won + view.config.patience
    missing, heard = set(), []
    for entry in others_of(view):
        answer = view.answers.get(entry[0])
        if answer is not None and answer.fence > memory.term:
            return None
        same = answer is not None and answer.daemon.state == "up" and answer.daemon.boot == entry[1]
        if same and answer.fence == memory.term and not answer.daemon.listening:
            heard.append((entry, answer))
        elif not (memory.forced and view.now >= patience):
            missing.add(entry[0])
    return None if missing and view.now >= patience else (frozenset(missing), heard)


def first_set(view: View, memory: Memory, heard: List[Tuple[Entry, Answer]]) -> Sync:
    """The set of a new term. Who led last keeps the set; another begins with those that have all that it has."""
    sync = view.store.sync
    if sync is not None and claims(view):
        return Sync(view.me, memory.term, sync.members, sync.complete)
    mine = view.daemon.received
    same = frozenset(entry for entry, answer in heard if answer.daemon.received.covers(mine))
    return Sync(view.me, memory.term, same, bool(same))


def names(entries: FrozenSet[Entry]) -> FrozenSet[str]:
    return frozenset(name for name, _ in entries)


def reign(view: View, memory: Memory) -> Decision:
    """The leader of this term: opens, keeps the set true, hands over."""
    daemon, sync = view.daemon, view.store.sync
    if daemon.source is not None:
        return memory, [Action("forget")]
    memory = seen_well(view, memory)
    waits = view.config.acks > 0 or bool(sync.members)
    if waits and not daemon.armed:
        return memory, [Action("arm")]
    if memory.handing is not None:
        return hand_over(view, memory)
    if is_isolated(view, memory):
        return give_back(view, memory._replace(gave_way=view.now), 2 * view.config.patience)
    changes = change_set(view, memory)
    memory = memory._replace(said=positions(view))
    if not waits and daemon.armed and not changes:
        changes = [Action("disarm")]
    if may_open(view):
        return memory, changes if daemon.open else changes + [Action("open", memory.term)]
    return memory, [Action("close")] if daemon.open else changes


def is_isolated(view: View, memory: Memory) -> bool:
    """Nobody can acknowledge for long. Perhaps only this member can't reach the others: once, they get the chance to lead."""
    config, sync = view.config, view.store.sync
    recently = memory.gave_way and view.now - memory.gave_way < 12 * config.isolated
    if config.acks == 0 or not sync.members or not sync.complete or recently:
        return False
    return all(view.now - last > config.isolated for _, last in memory.well)


def may_open(view: View) -> bool:
    """While nobody can acknowledge, writes wait, and writes that wait hold up the copy that a member needs to come back."""
    following = any(follows(view, answer) for answer in view.answers.values())
    return following or view.config.acks == 0 or not any(needs_copy(view, one) for one in view.answers.values())


def needs_copy(view: View, answer: Answer) -> bool:
    """As it said last: one late answer must not open a leader for a moment."""
    daemon, recent = answer.daemon, view.now - answer.asked <= view.config.patience
    return recent and (daemon.fresh or bool(daemon.broken) or daemon.state == "copying")


def seen_well(view: View, memory: Memory) -> Memory:
    """Notes when each of the set was last seen to follow this leader. A new one begins with the look that finds it."""
    before, well = dict(memory.well), {}
    for entry in view.store.sync.members:
        name, boot = entry
        answer = view.answers.get(name)
        last = before.get(entry, view.began)
        if answer is not None and follows(view, answer) and answer.daemon.boot == boot:
            last = max(last, answer.asked)
        well[entry] = last
    return memory._replace(well=tuple(sorted(well.items())), forced=False)


def follows(view: View, answer: Answer) -> bool:
    return answer.daemon.connected and answer.daemon.source == view.me


def positions(view: View) -> Tuple[Tuple[Entry, Any], ...]:
    """What each of the set said that it has. The next look at the own database shows all that this leader had by then."""
    said = [(entry, fresh_answer(view, entry)) for entry in sorted(view.store.sync.members)]
    return tuple((entry, answer.daemon.received) for entry, answer in said if answer is not None)


def change_set(view: View, memory: Memory) -> List[Action]:
    """One change of the set, or none. Who leaves is locked out first; who comes is let in after it is written."""
    daemon, sync = view.daemon, view.store.sync
    leaving = frozenset(entry for entry in sync.members if was_restarted(view, entry) or has_strayed(view, memory, entry))
    silent = frozenset(entry for entry in sync.members - leaving if is_silent(view, memory, entry))
    if silent != sync.members - leaving or view.config.acks == 0:
        leaving |= silent  # else nobody would stay: then each of them may still come back
    staying = sync.members - leaving
    out = daemon.unlocked - names(staying)
    if out:
        return [Action("lock", out)]
    has_all = any(received_all(view, entry) for entry in staying)
    if has_all and (leaving or not sync.complete):
        return [Action("write", sync._replace(members=staying, complete=True))]
    coming = frozenset(joiners(view))
    if coming:
        return [Action("write", sync._replace(members=sync.members | coming))]
    if leaving and not staying and view.config.acks == 0:
        return [Action("write", sync._replace(members=frozenset(), complete=False))]
    inside = names(staying) - daemon.unlocked
    return [Action("unlock", inside)] if inside else []


def was_restarted(view: View, entry: Entry) -> bool:
    """Whether the daemon of this boot is gone: it acknowledges nothing more, and what it did does not count."""
    answer = view.answers.get(entry[0])
    return answer is not None and answer.daemon.state == "up" and answer.daemon.boot != entry[1]


def has_strayed(view: View, memory: Memory, entry: Entry) -> bool:
    """Whether a member had, at the look before, what this leader lacks still: somebody has written there by hand."""
    said = dict(memory.said).get(entry)
    return said is not None and not view.daemon.history.contains(said)


def is_silent(view: View, memory: Memory, entry: Entry) -> bool:
    """Whether a member has not followed for `drop` seconds."""
    return view.now - dict(memory.well).get(entry, view.now) > view.config.drop


def received_all(view: View, entry: Entry) -> bool:
    """Whether a member has all that the leader had when this look began."""
    answer = fresh_answer(view, entry)
    return answer is not None and follows(view, answer) and answer.daemon.received.covers(view.daemon.applied)


def joiners(view: View) -> List[Entry]:
    """Members that can come into the set: closed, aware of this leader, and with nothing that it lacks."""
    sync, found = view.store.sync, []
    for name, answer in view.answers.items():
        daemon = answer.daemon
        if (name, daemon.boot) in sync.members or fresh_answer(view, (name, daemon.boot)) is None:
            continue
        idle = not daemon.open and not daemon.listening and not daemon.fresh and not daemon.broken
        if idle and answer.sees == sync.term and view.daemon.history.contains(daemon.received):
            found.append((name, daemon.boot))
    return found


def hand_over(view: View, memory: Memory) -> Decision:
    """A planned move: takes no more writes, and gives the lease back once the other has all."""
    daemon, sync, to = view.daemon, view.store.sync, memory.handing.to
    entry = next((one for one in sync.members if one[0] == to), None)
    if entry is None or not sync.complete or view.now >= memory.handing.until:
        return memory._replace(handing=None), []
    if daemon.open:
        changes = change_set(view, memory)
        ready = not changes and all(fresh_answer(view, one) for one in sync.members)
        return memory, [Action("shut")] if ready else changes
    if not received_all(view, entry):
        return memory, []
    memory, gone = give_back(view, memory, view.config.patience)
    return memory, [Action("write", sync._replace(next=to))] + gone
