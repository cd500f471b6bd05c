"""What a keeper answers: to balancers, to monitoring, to the tool. Its keeper is real; what it has seen is put in."""

import unittest

import paths  # noqa: F401
from checks import CHECKS, checked
from clock import now
from model import Daemon, Handing, Move
from position import MariadbPosition
from status_of import FOLLOWS, LEADS, SYNC, following, leading, led_by, seen, status_of


def codes(status):
    asked = ("/primary", "/replica", "/read-only", "/member", "/health", "/sync", "/async", "/patroni")
    return {path for path in asked if status.read(path, {})[0] == 200}


class WhatBalancersAsk(unittest.TestCase):
    def test_a_leader_takes_writes_and_reads(self):
        self.assertEqual(codes(leading()), {"/primary", "/read-only", "/member", "/health", "/patroni"})

    def test_not_after_its_deadline_and_not_without_its_lease(self):
        for change in ({"deadline": now() - 0.01}, {"term": 0}, {"handing": Handing("db2", now() + 3)}):
            status = leading()
            status.keeper.memory = status.keeper.memory._replace(**change)
            self.assertEqual(status.read("/primary", {})[0], 503, change)

    def test_not_while_its_database_is_closed(self):
        status = leading()
        status.keeper.seen = LEADS._replace(open=False)
        self.assertEqual(status.read("/primary", {})[0], 503)

    def test_nobody_counts_whose_keeper_hangs(self):
        for status in (leading(), following()):
            status.keeper.looked = now() - 3
            self.assertEqual(codes(status), {"/patroni"})
            self.assertEqual(status.read("/liveness", {})[0], 503)

    def test_a_member_of_the_set_is_read_from(self):
        self.assertEqual(codes(following()), {"/replica", "/read-only", "/member", "/health", "/sync", "/patroni"})

    def test_one_that_was_started_again_is_not_in_the_set(self):
        status = following(FOLLOWS._replace(boot="b9"))
        self.assertEqual(codes(status), {"/replica", "/read-only", "/member", "/health", "/async", "/patroni"})

    def test_it_is_read_from_without_the_store_and_without_a_leader(self):
        status = following(FOLLOWS._replace(connected=False))
        status.keeper.store = None
        self.assertEqual(status.read("/replica", {"lag": ["5"]})[0], 200)

    def test_not_when_the_leader_was_silent_for_longer_than_it_may_lag(self):
        status = following()
        status.keeper.database.heard = now() - 7
        self.assertEqual(status.read("/replica", {"lag": ["5"]})[0], 503)
        self.assertEqual(status.read("/replica", {"lag": ["60"]})[0], 200)

    def test_not_when_it_has_not_applied_what_it_received(self):
        status = following(FOLLOWS._replace(received=MariadbPosition("0-1-20")))
        status.keeper.database.replica = {"Seconds_Behind_Master": 30}
        self.assertEqual(status.read("/replica", {"lag": ["5"]})[0], 503)
        self.assertEqual(status.read("/replica", {"lag": ["60"]})[0], 200)

    def test_no_reads_while_it_refuses_programs_but_it_takes_part(self):
        status = following()
        status.keeper.database.refusing = now() + 1
        self.assertEqual(codes(status), {"/health", "/patroni", "/member"})
        self.assertEqual(status.read("/part", {})[0], 200)

    def test_not_while_it_applies_nothing_or_follows_nobody_or_takes_writes(self):
        for change in ({"applying": False}, {"source": None}, {"open": True}, {"state": "slow"}):
            self.assertEqual(following(FOLLOWS._replace(**change)).read("/replica", {})[0], 503, change)

    def test_a_lag_is_whole_seconds(self):
        for lag in ("x", "-1", "1.5", ""):
            self.assertEqual(following().read("/replica", {"lag": [lag]})[0], 400, lag)

    def test_other_paths_are_not_there(self):
        for path in ("/state", "/primary/", "/check", "/fence"):
            self.assertEqual(following().read(path, {})[0], 404)


class TheDocument(unittest.TestCase):
    def test_of_a_leader(self):
        said = leading().document()
        self.assertEqual((said["role"], said["state"], said["timeline"], said["open"]), ("primary", "running", 7, True))
        self.assertEqual((said["gtid"], said["source"], said["lag"], said["waits_for"]), ("0-1-9", None, None, ""))
        members = {"leader": "db1", "term": 7, "complete": True, "members": ["db2@b2", "db3@b3"]}
        self.assertEqual((said["sync"], said["store"], said["pause"]), (members, True, False))
        self.assertEqual(said["patroni"], {"version": "1", "scope": "sql", "name": "db1"})

    def test_of_a_replica(self):
        said = following().document()
        self.assertEqual((said["role"], said["source"], said["lag"], said["boot"]), ("replica", "db1", 0.0, "b2"))

    def test_of_a_database_that_is_not_there(self):
        said = status_of("db2", Daemon("off")).document()
        self.assertEqual((said["role"], said["state"], said["gtid"], said["received"]), ("replica", "off", "", ""))
        self.assertEqual((said["sync"], said["store"], said["dcs_last_seen"]), (None, False, 0))

    def test_says_why_something_failed(self):
        status = following(FOLLOWS._replace(broken="Duplicate entry"))
        self.assertEqual(status.document()["reason"], "Duplicate entry")
        status.keeper.reason = "no copy of db1: it led no more"
        self.assertEqual(status.document()["reason"], "no copy of db1: it led no more")


class WhomAClusterWaitsFor(unittest.TestCase):
    def waits(self, store, answers=None, own=None):
        return status_of("db2", own or seen("b2"), store, answers=answers).waiting()

    def test_nobody_while_a_member_leads(self):
        self.assertEqual(self.waits(led_by("db1")), "")

    def test_the_store(self):
        self.assertEqual(self.waits(None), "an answer of the store")

    def test_all_members_before_a_cluster_begins(self):
        said = self.waits(led_by(None, sync=None), {"db1": seen("b1")})
        self.assertEqual(said, "all members to say what data they have, before a cluster begins (no answer: db3)")

    def test_the_last_leader_or_the_rest_of_the_set(self):
        said = self.waits(led_by(None))
        self.assertEqual(said, "db1, which led last and has every acknowledged write, or db3 as they were")

    def test_one_that_was_started_again_is_still_missing(self):
        self.assertIn("or db3", self.waits(led_by(None), {"db3": seen("b9")}))

    def test_the_last_leader_alone_where_the_set_is_incomplete(self):
        said = self.waits(led_by(None, sync=SYNC._replace(complete=False)), {"db3": seen("b3")})
        self.assertEqual(said, "db1, which led last and has every acknowledged write")

    def test_for_nothing_but_the_lease(self):
        self.assertEqual(self.waits(led_by(None), {"db3": seen("b3")}), "a member to take the lease")

    def test_a_person_where_the_only_member_has_followed_another(self):
        alone = status_of("db1", seen("b1", source="10.0.0.9"), members={"db1": {"address": "10.0.0.1", "number": 1}})
        self.assertEqual(alone.waiting(), "a person: it has followed 10.0.0.9, which may have more")


class Moves(unittest.TestCase):
    def test_go_to_a_member_of_the_set_that_answers(self):
        status = leading()
        self.assertIsNone(status.refuses_switchover("db1", "db2"))
        self.assertIsNone(status.refuses_switchover(None, None))
        self.assertEqual(status.best_candidate(), "db2")

    def test_are_refused_with_a_reason_and_nothing_is_changed(self):
        gone = leading()
        gone.keeper.peers.answers.pop("db3")
        lone = leading()
        lone.keeper.peers.answers.clear()
        for status, leader, to, code, words in [
            (following(), None, None, 412, "db2 does not lead"),
            (leading(), "db2", None, 412, "db2 does not lead: db1 does"),
            (leading(), None, "db1", 412, "db1 leads already"),
            (leading(), None, "db9", 400, "db9 is not a member"),
            (lone, None, None, 412, "no other member has every acknowledged write"),
            (gone, None, "db3", 412, "db3 is not in the set of members that have every acknowledged write"),
        ]:
            self.assertEqual(status.refuses_switchover(leader, to), (code, words))

    def test_by_force_are_refused_while_somebody_holds_the_lease_or_the_store_is_silent(self):
        held = following().refuses_failover("db2")
        self.assertEqual(held, (412, "db1 holds the lease: ask it to hand over"))
        self.assertEqual(status_of("db2", FOLLOWS).refuses_failover("db2"), (412, "the store does not answer"))
        self.assertEqual(following().refuses_failover("db3")[0], 400)
        self.assertIsNone(following(store=led_by(None)).refuses_failover("db2"))


class WhatMonitoringAsks(unittest.TestCase):
    def asked(self, name, status):
        code, text = checked(status, name)
        self.assertEqual(code, 200)
        self.assertRegex(text, r"\A[0-3] \S[^\n]*\Z")
        return int(text[0]), text[2:]

    def test_replication(self):
        self.assertEqual(self.asked("replication", leading()), (0, "leads"))
        self.assertEqual(self.asked("replication", following()), (0, "0 s behind db1"))
        for silent, code in [(11, 1), (61, 2)]:
            status = following()
            status.keeper.database.heard = now() - silent
            self.assertEqual(self.asked("replication", status), (code, "%d s behind db1" % silent))
        broken = following(FOLLOWS._replace(applying=False, broken="Duplicate\nentry"))
        self.assertEqual(
            self.asked("replication", broken), (2, "does not follow: the database is up; Duplicate entry")
        )
        off = status_of("db2", Daemon("off"))
        said = "does not follow: the database is off; it waits for an answer of the store"
        self.assertEqual(self.asked("replication", off), (2, said))
        joining = following(seen("b2"))
        self.assertEqual(self.asked("replication", joining), (2, "does not follow: the database is up"))

    def test_set(self):
        words = "%d of 2 members have every acknowledged write"
        whole, one, none, unsure = leading(), leading(), leading(), leading()
        one.keeper.store = led_by("db1", sync=SYNC._replace(members=frozenset({("db2", "b2")})))
        none.keeper.store = led_by("db1", sync=SYNC._replace(members=frozenset()))
        unsure.keeper.store = led_by("db1", sync=SYNC._replace(complete=False))
        said = [self.asked("set", status) for status in (whole, one, none, unsure)]
        self.assertEqual(said, [(0, words % 2), (1, words % 1), (2, words % 0), (2, words % 0)])
        self.assertEqual(self.asked("set", following()), (0, "does not lead"))

    def test_set_is_asked_of_a_leader_without_the_store_too(self):
        status = leading()
        status.keeper.store = None
        self.assertEqual(self.asked("set", status)[0], 2)

    def test_leader(self):
        self.assertEqual(self.asked("leader", following()), (0, "a member leads"))
        waits = self.asked("leader", following(store=led_by(None)))
        self.assertEqual(waits[0], 2)
        self.assertTrue(waits[1].startswith("no member leads; it waits for db1, which led last"), waits)

    def test_paused(self):
        self.assertEqual(self.asked("paused", following())[0], 0)
        self.assertEqual(self.asked("paused", following(store=led_by("db1", paused=True)))[0], 1)

    def test_moved(self):
        for ago, status, said in (
            (20, leading(), (1, "leads in place of db2 for 20 s")),
            (400, leading(), (0, "no move")),
            (20, following(), (0, "no move")),
        ):
            status.keeper.moved = Move("db2", now() - ago)
            self.assertEqual(self.asked("moved", status), said)
        self.assertEqual(self.asked("moved", leading()), (0, "no move"))

    def test_a_leader_that_is_closed_for_the_moment_takes_part_but_serves_nobody(self):
        closed = leading()
        closed.keeper.seen = closed.keeper.seen._replace(open=False)
        self.assertEqual([closed.read(path, {})[0] for path in ("/part", "/member", "/primary")], [200, 503, 503])
        self.assertEqual([following().read(path, {})[0] for path in ("/part", "/member")], [200, 200])

    def test_aside(self):
        self.assertEqual(self.asked("aside", following()), (0, "none"))

    def test_every_check_is_one_that_the_role_has_and_others_are_not_there(self):
        self.assertEqual(set(CHECKS), {"replication", "set", "leader", "aside", "paused", "moved", "connections"})
        self.assertEqual(checked(following(), "x"), (404, "no such check"))


if __name__ == "__main__":
    unittest.main()
