"""What follows from one look: the cases that a person should be able to read, and those that random histories rarely meet."""

import unittest

import paths  # noqa: F401
from decide import decide, fenced
from model import Answer, Config, Daemon, Handing, Leader, Memory, Store, Sync, View

CONFIG = Config(members=("db1", "db2", "db3"), primary="db1")


class Log(int):
    """A position, and a history, by the number of transactions."""

    def covers(self, other):
        return self >= other

    contains = covers


def daemon(boot="b1", **fields):
    told = dict(state="up", boot=boot, received=Log(10), applied=Log(10), history=Log(10), applying=True)
    told.update(fields)
    return Daemon(**told)


def look(me, own, store, answers=None, now=100.0):
    return View(me, CONFIG, now, now, own, store, answers or {})


def answer(now=100.0, fence=0, sees=0, **fields):
    return Answer(now, daemon(**fields), fence, sees)


def verbs(view, memory):
    return [action.verb for action in decide(view, memory)[1]]


SET = Sync("db1", 1, frozenset({("db2", "b2"), ("db3", "b3")}), True)


class WithoutALeader(unittest.TestCase):
    def test_the_last_leader_leads_again(self):
        self.assertEqual(verbs(look("db1", daemon(), Store(100.0, None, SET)), Memory()), ["campaign"])

    def test_but_not_with_an_empty_disk(self):
        self.assertEqual(verbs(look("db1", daemon(fresh=True), Store(100.0, None, SET)), Memory()), [])

    def test_a_member_of_the_set_leads_when_all_of_it_answer(self):
        view = look("db2", daemon("b2"), Store(100.0, None, SET), {"db3": answer(boot="b3")})
        self.assertEqual(verbs(view, Memory()), ["campaign"])

    def test_it_waits_for_one_that_was_started_again(self):
        view = look("db2", daemon("b2"), Store(100.0, None, SET), {"db3": answer(boot="b9")})
        self.assertEqual(verbs(view, Memory()), [])

    def test_it_waits_for_one_that_answered_before_this_look(self):
        view = look("db2", daemon("b2"), Store(100.0, None, SET), {"db3": answer(now=99.9, boot="b3")})
        self.assertEqual(verbs(view, Memory()), [])

    def test_it_leaves_the_lease_to_one_that_has_more(self):
        view = look("db2", daemon("b2"), Store(100.0, None, SET), {"db3": answer(boot="b3", received=Log(11))})
        self.assertEqual(verbs(view, Memory()), [])

    def test_nobody_leads_from_an_incomplete_set(self):
        store = Store(100.0, None, SET._replace(complete=False))
        self.assertEqual(verbs(look("db2", daemon("b2"), store, {"db3": answer(boot="b3")}), Memory()), [])

    def test_an_open_database_is_closed(self):
        self.assertEqual(verbs(look("db3", daemon("b3", open=True), Store(100.0, None, SET)), Memory()), ["close"])

    def test_nothing_is_done_while_the_cluster_is_paused(self):
        self.assertEqual(verbs(look("db1", daemon(), Store(100.0, None, SET, paused=True)), Memory()), [])


class ANewCluster(unittest.TestCase):
    def test_begins_when_all_say_that_they_have_no_data(self):
        others = {name: answer(fresh=True, received=Log(0)) for name in ("db2", "db3")}
        view = look("db1", daemon(fresh=True), Store(100.0), others)
        self.assertEqual(verbs(view, Memory()), ["campaign"])

    def test_waits_for_a_member_that_does_not_answer(self):
        view = look("db1", daemon(fresh=True), Store(100.0), {"db2": answer(fresh=True)})
        self.assertEqual(verbs(view, Memory()), [])

    def test_begins_on_the_member_that_has_data(self):
        others = {"db1": answer(fresh=True, received=Log(0)), "db3": answer(fresh=True, received=Log(0))}
        self.assertEqual(verbs(look("db2", daemon(), Store(100.0), others), Memory()), ["campaign"])
        others = {"db2": answer(), "db3": answer(fresh=True)}
        self.assertEqual(verbs(look("db1", daemon(fresh=True), Store(100.0), others), Memory()), [])

    def test_waits_for_a_person_where_two_have_different_data(self):
        class Other(Log):
            def contains(self, other):
                return False

        others = {"db2": answer(history=Other(10)), "db3": answer(fresh=True)}
        view = look("db1", daemon(history=Other(10)), Store(100.0), others)
        self.assertEqual(verbs(view, Memory()), [])


class ALeader(unittest.TestCase):
    store = Store(101.0, Leader("db1", 1), SET)
    memory = Memory(term=1, deadline=105.0, won=90.0)
    own = daemon(open=True, armed=True, unlocked=frozenset({"db2", "db3"}))

    def following(self, boot, **fields):
        return answer(boot=boot, source="db1", connected=True, listening=True, **fields)

    def test_does_nothing_while_all_follow(self):
        answers = {"db2": self.following("b2"), "db3": self.following("b3")}
        self.assertEqual(verbs(look("db1", self.own, self.store, answers), self.memory), [])

    def test_waits_while_its_database_is_slow(self):
        self.assertEqual(verbs(look("db1", Daemon("slow", "b1"), self.store), self.memory), [])

    def test_ends_a_database_that_hangs(self):
        self.assertEqual(verbs(look("db1", Daemon("hung", "b1"), self.store), self.memory), ["kill"])

    def test_gives_the_lease_back_when_its_database_is_gone_and_all_others_answer(self):
        answers = {"db2": self.following("b2"), "db3": self.following("b3")}
        self.assertEqual(verbs(look("db1", Daemon("off"), self.store, answers), self.memory), ["give-back"])

    def test_starts_its_database_when_one_does_not_answer(self):
        view = look("db1", Daemon("off"), self.store, {"db2": self.following("b2")})
        self.assertEqual(verbs(view, self.memory), ["start"])

    def test_locks_out_a_silent_member_before_the_set_is_written(self):
        answers = {"db2": self.following("b2"), "db3": self.following("b3", now=97.0)}
        memory = self.memory._replace(well=((("db2", "b2"), 100.0), (("db3", "b3"), 97.0)))
        view = look("db1", self.own, self.store, answers)
        _, actions = decide(view, memory)
        self.assertEqual([(one.verb, one.value) for one in actions], [("lock", {"db3"})])
        view = look("db1", self.own._replace(unlocked=frozenset({"db2"})), self.store, answers)
        _, actions = decide(view, memory)
        self.assertEqual([one.verb for one in actions], ["write"])
        self.assertEqual(actions[0].value.members, {("db2", "b2")})

    def test_does_not_write_the_set_before_one_that_stays_has_everything(self):
        answers = {"db2": self.following("b2", received=Log(9)), "db3": self.following("b3", now=97.0)}
        memory = self.memory._replace(well=((("db2", "b2"), 100.0), (("db3", "b3"), 97.0)))
        own = self.own._replace(unlocked=frozenset({"db2"}))
        self.assertEqual(verbs(look("db1", own, self.store, answers), memory), [])

    def test_never_locks_out_the_last_members(self):
        memory = self.memory._replace(well=((("db2", "b2"), 97.0), (("db3", "b3"), 97.0)))
        self.assertEqual(verbs(look("db1", self.own, self.store), memory), [])

    def test_gives_the_others_a_chance_once_when_nobody_has_followed_for_long(self):
        memory = self.memory._replace(well=((("db2", "b2"), 90.0), (("db3", "b3"), 90.0)))
        memory, actions = decide(look("db1", self.own, self.store), memory)
        self.assertEqual([one.verb for one in actions], ["give-back"])
        later = look("db1", self.own, self.store, now=103.0)
        self.assertEqual(verbs(later, memory._replace(term=1, deadline=200.0)), [])

    def test_takes_no_writes_while_members_need_copies_also_when_their_answers_are_late(self):
        begun = Store(101.0, Leader("db1", 1), Sync("db1", 1))
        closed = daemon(armed=True)

        def said(asked):
            return {"db2": answer(now=asked, fresh=True), "db3": answer(now=asked, state="copying")}

        for asked, expected in ((100.0, []), (99.0, []), (97.0, ["open"])):
            self.assertEqual(verbs(look("db1", closed, begun, said(asked)), self.memory), expected)

    def test_hands_over_when_the_other_has_everything(self):
        answers = {"db2": self.following("b2"), "db3": self.following("b3")}
        memory = self.memory._replace(handing=Handing("db2", 103.0))
        self.assertEqual(verbs(look("db1", self.own, self.store, answers), memory), ["shut"])
        closed = self.own._replace(open=False)
        self.assertEqual(verbs(look("db1", closed, self.store, answers), memory), ["write", "give-back"])

    def test_opens_again_when_the_other_is_not_in_time(self):
        answers = {"db2": self.following("b2", received=Log(9)), "db3": self.following("b3")}
        memory = self.memory._replace(handing=Handing("db2", 99.0))
        view = look("db1", self.own._replace(open=False), self.store, answers)
        memory, actions = decide(view, memory)
        self.assertEqual((memory.handing, actions), (None, []))
        self.assertEqual(verbs(view, memory), ["open"])


class AFollower(unittest.TestCase):
    store = Store(100.0, Leader("db1", 1), SET)

    def test_follows_once_the_set_has_it(self):
        answers = {"db1": answer(boot="b1")}
        self.assertEqual(verbs(look("db2", daemon("b2"), self.store, answers), Memory()), ["follow"])
        self.assertEqual(verbs(look("db2", daemon("b9"), self.store, answers), Memory()), [])

    def test_follows_though_the_leader_said_nothing_in_this_look(self):
        said = {"db1": answer(boot="b1", now=99.0)}
        self.assertEqual(verbs(look("db2", daemon("b2"), self.store, said), Memory()), ["follow"])
        self.assertEqual(verbs(look("db2", daemon("b2"), self.store, {"db1": answer(boot="b1", now=97.0)}), Memory()), [])

    def test_applies_what_it_has_received_before_it_follows_for_then_that_is_thrown_away(self):
        answers = {"db1": answer(boot="b1")}
        more = daemon("b2", source="db3", received=Log(11))
        self.assertEqual(verbs(look("db2", more, self.store, answers), Memory()), [])
        self.assertEqual(verbs(look("db2", more._replace(applying=False), self.store, answers), Memory()), ["apply"])
        self.assertEqual(verbs(look("db2", more._replace(applied=Log(11)), self.store, answers), Memory()), ["follow"])

    def test_takes_nothing_more_from_a_leader_that_is_silent_until_it_is_heard_of(self):
        silent = daemon("b2", source="db1", listening=True, connected=True, silent=2.1)
        self.assertEqual(verbs(look("db2", silent, self.store), Memory()), ["stop"])
        self.assertEqual(verbs(look("db2", silent._replace(silent=1.9), self.store), Memory()), [])
        self.assertEqual(verbs(look("db2", daemon("b2", source="db1"), self.store), Memory()), [])

    def test_does_not_follow_a_leader_from_whom_it_was_fenced(self):
        self.assertEqual(verbs(look("db2", daemon("b2"), self.store), fenced(Memory(), 2)), [])

    def test_copies_when_it_has_what_the_leader_lacks(self):
        answers = {"db1": answer(boot="b1", sees=1, history=Log(9))}
        self.assertEqual(verbs(look("db2", daemon("b9"), self.store, answers), Memory()), ["copy"])

    def test_never_copies_from_a_leader_with_an_empty_disk(self):
        answers = {"db1": answer(boot="b1", sees=1, fresh=True, history=Log(0))}
        self.assertEqual(verbs(look("db2", daemon("b9"), self.store, answers), Memory()), [])

    def test_starts_so_that_it_can_follow_only_when_another_leader_has_taken_writes(self):
        view = look("db2", Daemon("off"), self.store)
        self.assertEqual(decide(view, Memory())[1][0].value, "replica")
        promoting = look("db1", Daemon("off"), Store(100.0, Leader("db2", 2), SET))
        self.assertEqual(verbs(promoting, Memory()), [])  # started now, it would keep what nobody acknowledged, and need a copy


class AMemberWithoutALeader(unittest.TestCase):
    def test_that_has_just_given_the_lease_back_waits_for_another_one_before_it_starts(self):
        view = look("db1", Daemon("off"), Store(100.0, None, SET))
        self.assertEqual(verbs(view, Memory(rest=101.0)), [])
        self.assertEqual(decide(view, Memory(rest=99.0))[1][0].value, "leader")


class ALeaseThatIsOver(unittest.TestCase):
    def test_is_forgotten_when_the_store_shows_another_term(self):
        store = Store(101.0, Leader("db2", 2), SET)
        memory, actions = decide(look("db1", daemon(open=True), store), Memory(term=1, won=90.0, deadline=105.0))
        self.assertEqual((memory.term, actions[0].verb), (0, "close"))

    def test_is_forgotten_at_a_fence_of_a_higher_term(self):
        self.assertEqual(fenced(Memory(term=1, deadline=105.0), 2).term, 0)


if __name__ == "__main__":
    unittest.main()
