"""Who may lead when nobody does."""

from __future__ import annotations

from typing import FrozenSet, List, Optional

from model import Answer, Entry, Memory, View


def claims(view: View) -> bool:
    """Whether this member led last: then it has every acknowledged write, for what it has not nobody acknowledged."""
    sync = view.store.sync
    return sync is not None and sync.leader == view.me and not view.daemon.fresh


def others_of(view: View) -> FrozenSet[Entry]:
    """The set without this member. An earlier boot of its own daemon counts as another."""
    sync = view.store.sync
    return frozenset() if sync is None else sync.members - {(view.me, view.daemon.boot)}


def in_set(view: View) -> bool:
    """Whether this member, with this boot of its daemon, may have acknowledged writes and is one of all that may have."""
    sync = view.store.sync
    return sync is not None and sync.complete and (view.me, view.daemon.boot) in sync.members


def heard_since(view: View, name: str, since: float) -> Optional[Answer]:
    """What a member was asked at this time or later, and said, if its daemon is up."""
    answer = view.answers.get(name)
    if answer is None or answer.asked < since or answer.daemon.state != "up":
        return None
    return answer


def heard_now(view: View, name: str) -> Optional[Answer]:
    """The same in this look."""
    return heard_since(view, name, view.began)


def fresh_answer(view: View, entry: Entry) -> Optional[Answer]:
    """The same of a member of the set, if its daemon was not started again."""
    name, boot = entry
    answer = heard_now(view, name)
    return answer if answer is not None and answer.daemon.boot == boot else None


def may_lead(view: View, memory: Memory) -> bool:
    """Whether this member should try to get the lease now."""
    sync = view.store.sync
    if memory.forced:
        return not view.daemon.fresh or all(answer.daemon.fresh for answer in view.answers.values())
    if sync is None:
        return may_begin(view)
    waited = view.now - (memory.vacant if memory.vacant is not None else view.now)
    if sync.next is not None and sync.next != view.me and waited < view.config.patience:
        return False
    return claims(view) or (in_set(view) and not view.daemon.broken and is_best(view, waited))


def is_best(view: View, waited: float) -> bool:
    """Whether all of the set answer, and none has more. Of those that have the same, the first tries first."""
    mine = view.daemon.received
    for entry in others_of(view):
        name, answer = entry[0], fresh_answer(view, entry)
        if answer is None or not mine.covers(answer.daemon.received):
            return False
        same = answer.daemon.received.covers(mine)
        if same and name < view.me and view.store.sync.next != view.me and waited < view.config.patience:
            return False
    return True


def may_begin(view: View) -> bool:
    """Whether this member begins a cluster of which the store knows nothing. Every member must say what data it has."""
    answers = {}
    for name in view.config.members:
        if name == view.me:
            continue
        answer = heard_now(view, name)
        if answer is None:
            return False
        answers[name] = answer
    holders = [name for name, answer in answers.items() if not answer.daemon.fresh]
    if view.daemon.fresh:
        return not holders and view.config.primary == view.me
    return has_all(view, [answers[name] for name in holders]) and not outranked(view, answers)


def has_all(view: View, answers: List[Answer]) -> bool:
    return all(view.daemon.history.contains(answer.daemon.received) for answer in answers)


def outranked(view: View, answers) -> bool:
    """Whether a member with the same data goes first: who is followed, then who the inventory names, then by name."""
    followed = {answer.daemon.source for answer in answers.values()} | {view.daemon.source}

    def rank(name: str):
        return (name not in followed, name != view.config.primary, name)

    return any(
        not answer.daemon.fresh
        and answer.daemon.history.contains(view.daemon.received)
        and rank(name) < rank(view.me)
        for name, answer in answers.items()
    )
