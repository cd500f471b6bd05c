"""The keeper with one rule left out at a time. A simulation that does not find each of them proves nothing."""

from __future__ import annotations

import decide
import follow
import lead
import machine
import succeed
from model import Sync


MUTANTS = {}


def mutant(seed):
    """`seed`: a history that finds it is not far from here."""

    def add(call):
        MUTANTS[call.__name__.replace("_", "-")] = call
        return call

    return add


@mutant(1)
def promotes_without_fencing():
    """The others may still acknowledge to the old leader."""

    def hear(view, memory):
        answers = [(entry, view.answers.get(entry[0])) for entry in succeed.others_of(view)]
        return frozenset(), [(entry, answer) for entry, answer in answers if answer is not None]

    lead.hear_set = hear


@mutant(1)
def promotes_before_all_answer():
    """One that did not answer may have what nobody else has."""
    hear = lead.hear_set

    def some(view, memory):
        answer = hear(view, memory)
        if answer is None or not answer[0] or answer[1]:
            return answer
        return answer

    def best(view, waited):
        answers = [succeed.fresh_answer(view, entry) for entry in succeed.others_of(view)]
        return all(answer is None or view.daemon.received.covers(answer.daemon.received) for answer in answers)

    def heard(view, memory):
        answer = some(view, memory)
        if answer is None or view.now < memory.won + 0.3:
            return answer
        return frozenset(), answer[1]

    succeed.is_best, lead.hear_set = best, heard


@mutant(1)
def counts_a_daemon_that_was_restarted():
    """It has thrown away what it had acknowledged and not applied."""

    def fresh(view, entry):
        answer = view.answers.get(entry[0])
        up = answer is not None and answer.asked >= view.began and answer.daemon.state == "up"
        return answer if up else None

    def member(view):
        sync = view.store.sync
        return sync is not None and sync.complete and view.me in lead.names(sync.members)

    def others(view):
        return frozenset(entry for entry in view.store.sync.members if entry[0] != view.me)

    def hear(view, memory):
        missing, heard = set(), []
        for entry in others(view):
            answer = view.answers.get(entry[0])
            up = answer is not None and answer.daemon.state == "up"
            if up and answer.fence == memory.term and not answer.daemon.listening:
                heard.append((entry, answer))
            else:
                missing.add(entry[0])
        late = view.now >= memory.won + view.config.patience
        return None if missing and late else (frozenset(missing), heard)

    succeed.fresh_answer = lead.fresh_answer = fresh
    succeed.in_set = member
    succeed.others_of = lead.others_of = others
    lead.hear_set = hear


@mutant(1)
def shrinks_the_set_without_waiting():
    """Who stays may lack what only the one that left had acknowledged."""
    change = lead.change_set

    def at_once(view, memory):
        sync = view.store.sync
        staying = frozenset(one for one in sync.members if not lead.is_silent(view, memory, one))
        if staying and staying != sync.members:
            return [lead.Action("write", sync._replace(members=staying))]
        return change(view, memory)

    lead.change_set = at_once


@mutant(1050)
def shrinks_the_set_without_locking_out():
    """Who left goes on acknowledging."""
    change = lead.change_set

    def unlocked(view, memory):
        actions = change(view._replace(daemon=view.daemon._replace(unlocked=frozenset())), memory)
        return [action for action in actions if action.verb != "lock"]

    lead.change_set = unlocked


@mutant(2000)
def grows_an_incomplete_set_as_complete():
    """The new one lacks what was acknowledged before it came."""
    change = lead.change_set

    def complete(view, memory):
        return [
            action._replace(value=action.value._replace(complete=True)) if action.verb == "write" else action
            for action in change(view, memory)
        ]

    lead.change_set = complete


@mutant(1)
def lets_in_before_the_set_is_written():
    """It acknowledges, and nobody asks it when the leader is gone."""
    change = lead.change_set

    def early(view, memory):
        coming = {name for name, _ in lead.joiners(view)} - view.daemon.unlocked
        return [lead.Action("unlock", frozenset(coming))] if coming else change(view, memory)

    lead.change_set = early


@mutant(702180)
def lets_in_who_has_diverged():
    """Its position says nothing about what it has."""
    joiners = lead.joiners

    class Anything(object):
        def contains(self, position):
            return True

    lead.joiners = lambda view: joiners(view._replace(daemon=view.daemon._replace(history=Anything())))
    follow.diverged = lambda view, leader: False


@mutant(1050)
def begins_a_term_with_all_that_answered():
    """Some of them have less than the new leader."""
    first = lead.first_set

    def everybody(view, memory, heard):
        sync = first(view, memory, heard)
        entries = frozenset(entry for entry, _ in heard)
        return sync if succeed.claims(view) or not entries else Sync(view.me, memory.term, entries, True)

    lead.first_set = everybody


@mutant(1)
def cuts_off_its_log_though_nobody_replaced_it():
    """A leader that comes back truncates what was acknowledged."""
    nobody = decide.nobody_leads

    def as_replica(view, memory):
        memory, actions = nobody(view, memory)
        return memory, [lead.Action("start", "replica") if one.verb == "start" else one for one in actions]

    decide.nobody_leads = as_replica


@mutant(1)
def claims_with_an_empty_disk():
    """It led last, and has nothing."""

    def claims(view):
        return view.store.sync is not None and view.store.sync.leader == view.me

    succeed.claims = lead.claims = claims
    lead_before = lead.lead

    def not_fresh(view, memory):
        return lead_before(view._replace(daemon=view.daemon._replace(fresh=False)), memory)

    decide.lead = not_fresh


@mutant(1)
def stays_open_after_its_deadline():
    """Nobody asks the clock."""

    def guard(self):
        while True:
            yield 1.0

    machine.Keeper.guard = guard
    decide.without_store = lambda view, memory: []


@mutant(1)
def locks_out_the_last_ones():
    """Nobody can ever follow again."""
    silent = lead.is_silent

    def change(view, memory):
        quiet = frozenset(one for one in view.store.sync.members if silent(view, memory, one))
        return [lead.Action("lock", lead.names(quiet))] if quiet else before(view, memory)

    before = lead.change_set
    lead.change_set = change


@mutant(1)
def waits_for_ever_for_the_named_successor():
    """The member that was named may be gone."""
    may = succeed.may_lead

    def patient(view, memory):
        sync = view.store.sync
        named = sync is not None and sync.next not in (None, view.me)
        return not named and may(view, memory)

    decide.may_lead = patient


@mutant(1)
def copies_from_any_leader():
    """Also from one that has lost its disk."""
    follow.diverged = lambda view, leader: True


@mutant(1)
def stays_armed_as_a_replica():
    """What it applies waits for an acknowledgement of its own, for ever."""
    before = decide.follow

    def armed(view, memory, leader):
        return [one for one in before(view, memory, leader) if one.verb != "disarm"] or before(
            view._replace(daemon=view.daemon._replace(armed=False)), memory, leader
        )

    decide.follow = armed
