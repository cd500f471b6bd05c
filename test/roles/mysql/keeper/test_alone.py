"""The only member of a database: what follows from a look, and a real keeper with a real daemon, asked over HTTP."""

import http.client
import json
import signal
import threading
import unittest

import paths  # noqa: F401
import copies
import mariadb
from alone import decide_alone
from daemon import Database
from daemon_here import UnitHere, eventually
from keeper import Keeper
from model import Daemon, Memory
from rest import Server
from settings import parse
from sql import Sql
from status import Status
from status_of import seen
from test_parts import configuration

MEMORY = Memory(term=1, deadline=float("inf"))


def verbs(daemon, memory=MEMORY):
    return [(action.verb, action.value) for action in decide_alone(daemon, memory)]


class WhatFollows(unittest.TestCase):
    def test_a_daemon_that_does_not_run_is_started_and_keeps_its_log(self):
        self.assertEqual(verbs(Daemon("off")), [("start", "leader")])

    def test_one_that_hangs_is_ended(self):
        self.assertEqual(verbs(Daemon("hung", "b1")), [("kill", None)])

    def test_one_that_is_slow_or_starts_is_waited_for(self):
        for state in ("slow", "starting", "copying"):
            self.assertEqual(verbs(Daemon(state, "b1")), [])

    def test_one_that_is_up_is_opened_and_waits_for_nobody(self):
        self.assertEqual(verbs(seen("b1")), [("open", 1)])
        self.assertEqual(verbs(seen("b1", armed=True)), [("disarm", None), ("open", 1)])
        self.assertEqual(verbs(seen("b1", fresh=True)), [("found", None), ("open", 1)])
        self.assertEqual(verbs(seen("b1", open=True)), [])

    def test_one_that_followed_another_is_not_opened_before_a_person_says_so(self):
        left = seen("b1", source="db2")
        self.assertEqual(verbs(left), [])
        self.assertEqual(verbs(left, MEMORY._replace(forced=True)), [("forget", None), ("open", 1)])


class ARealOne(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.unit = UnitHere()
        cls.addClassCleanup(cls.unit.remove)
        settings = parse(configuration(acks=0, store=[], init_connect="SET @program = 1"))
        database = Database(settings, mariadb, "password")
        database.unit, database.folder = cls.unit, cls.unit.data
        cls.keeper = Keeper(settings, database, None, None, None)
        cls.server = Server("127.0.0.1", 0, cls.keeper, Status(cls.keeper), None)
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        cls.ended = threading.Event()
        loop = threading.Thread(target=cls.run_loop)
        for work in (loop, threading.Thread(target=cls.server.serve_forever)):
            work.daemon = True
            work.start()
        cls.addClassCleanup(loop.join, 10)
        cls.addClassCleanup(cls.ended.set)

    @classmethod
    def run_loop(cls):
        class Ended(Exception):
            pass

        def alive():
            if cls.ended.is_set():
                raise Ended

        try:
            cls.keeper.loop(alive)
        except Ended:
            pass

    def ask(self, method, path, body=None, source="127.0.0.1"):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.server.server_address[1], timeout=60, source_address=(source, 0)
        )
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def leads(self):
        return eventually(lambda: self.ask("GET", "/primary")[0] == 200)

    def boot(self):
        return json.loads(self.ask("GET", "/patroni")[1])["boot"]

    def setUp(self):
        self.assertTrue(self.leads(), self.ask("GET", "/patroni")[1])

    def test_it_is_started_opened_and_marked_as_one_with_data(self):
        rows = Sql().ask("SELECT @@GLOBAL.read_only AS closed, (SELECT COUNT(*) FROM mysql.provision_cluster) AS marked")
        self.assertEqual(rows, [{"closed": 0, "marked": 1}])
        said = json.loads(self.ask("GET", "/patroni")[1])
        self.assertEqual((said["role"], said["state"], said["waits_for"]), ("primary", "running", ""))
        self.assertNotIn("--init-rpl-role=SLAVE", self.unit.starts)

    def test_programs_are_let_in_with_the_own_setting_of_the_user(self):
        rows = eventually(lambda: Sql().ask("SELECT @@GLOBAL.init_connect AS own WHERE @@GLOBAL.init_connect LIKE '%program%'"))
        self.assertEqual(rows, [{"own": "SET @program = 1"}])

    def test_a_restart_that_is_asked_for_answers_when_the_database_is_up_again(self):
        before = self.boot()
        self.assertEqual(self.ask("POST", "/restart", "{}"), (200, "restarted\n"))
        self.assertTrue(self.leads())
        self.assertNotEqual(self.boot(), before)

    def copying(self, work):
        """What `work` does counts as a copy, in which a restart is asked for."""
        asked = threading.Event()

        def copy():
            asked.wait(20)
            work()

        copies.in_background(self.keeper, "copy", copy)
        self.assertTrue(eventually(lambda: self.keeper.seen.state == "copying"))
        try:
            self.assertEqual(self.ask("POST", "/restart", "{}")[0], 200)
        finally:
            asked.set()
        self.keeper.database.copying.join(30)
        self.assertTrue(self.leads())

    def test_a_copy_that_starts_the_daemon_has_restarted_it_too(self):
        boots = []

        def work():
            self.unit.stop()
            self.unit.start("")
            boots.append(self.unit.process().boot)

        self.copying(work)
        self.assertTrue(eventually(lambda: [self.boot()] == boots))
        self.unit.pay_restart()
        self.assertEqual(self.unit.process().boot, boots[0])

    def test_a_restart_that_is_asked_for_is_done_after_a_copy_that_failed(self):
        def work():
            raise copies.NoCopy("in a test")

        before = self.boot()
        self.copying(work)
        self.assertTrue(eventually(lambda: self.boot() not in ("", before)))
        self.assertTrue(self.leads())

    def test_a_restart_that_an_earlier_keeper_owes_is_done(self):
        before = self.boot()
        self.unit.owe_restart()
        self.unit.pay_restart()
        self.assertTrue(eventually(lambda: self.boot() not in ("", before)))
        self.unit.pay_restart()
        self.assertTrue(self.leads())

    def test_a_daemon_that_was_killed_is_started_again(self):
        before = self.boot()
        self.unit.hit(signal.SIGKILL)
        self.assertTrue(eventually(lambda: self.boot() not in ("", before)))
        self.assertTrue(self.leads())

    def test_a_daemon_that_hangs_is_ended_and_started_again(self):
        before = self.boot()
        self.unit.hit(signal.SIGSTOP)
        self.assertTrue(eventually(lambda: self.ask("GET", "/primary")[0] == 503))
        self.assertTrue(eventually(lambda: self.boot() not in ("", before)))
        self.assertTrue(self.leads())

    def test_every_check_is_fine(self):
        for name in ("replication", "set", "leader", "aside", "paused", "moved"):
            code, text = self.ask("GET", "/check/" + name)
            self.assertEqual((code, text[:2]), (200, "0 "), name)
        self.assertEqual(self.ask("GET", "/check/nothing"), (404, "no such check\n"))

    def test_connections_are_counted(self):
        code, text = self.ask("GET", "/check/connections")
        self.assertEqual(code, 200)
        self.assertRegex(text, r"\A0 \d+ of 20 connections\n\Z")
        held = [Sql() for _ in range(17)]
        try:
            for one in held:
                one.ask("SELECT 1")
            self.assertRegex(self.ask("GET", "/check/connections")[1], r"\A[12] \d+ of 20 connections\n\Z")
        finally:
            for one in held:
                one.close()

    def test_what_only_members_or_nobody_may_ask_is_refused(self):
        self.assertEqual(self.ask("GET", "/state")[0], 404)
        self.assertEqual(self.ask("POST", "/nothing", "{}"), (404, "no such path\n"))
        for body in ("[]", "7", '"x"'):
            self.assertEqual(self.ask("POST", "/restart", body), (400, "a JSON object is needed\n"))
        self.assertEqual(self.ask("POST", "/restart", "{")[0], 400)
        self.assertEqual(self.ask("POST", "/fence", '{"term": 7}'), (404, "no such path\n"))
        self.assertEqual(self.ask("POST", "/pause", "{}")[0], 412)
        self.assertEqual(self.ask("POST", "/switchover", "{}"), (412, "no other member has every acknowledged write\n"))

    def test_only_programs_of_this_host_may_ask_for_something(self):
        words = "only members of the cluster, and programs of this host, may ask for this\n"
        self.assertEqual(self.ask("POST", "/restart", "{}", source="127.0.0.2"), (403, words))
        self.assertEqual(self.ask("GET", "/primary", source="127.0.0.2")[0], 200)

    def test_one_that_has_followed_another_waits_for_a_person(self):
        Sql().ask("CHANGE MASTER TO MASTER_HOST = '10.0.0.9', MASTER_USER = 'x'")
        self.assertEqual(self.ask("POST", "/restart", "{}")[0], 200)
        self.assertTrue(eventually(lambda: self.ask("GET", "/check/leader")[1].startswith("2 ")))
        self.assertEqual(self.ask("GET", "/primary")[0], 503)
        code, text = self.ask("POST", "/failover", "{}")
        self.assertEqual(code, 412)
        self.assertIn("it waits for a person: it has followed 10.0.0.9, which may have more", text)
        self.assertEqual(self.ask("POST", "/failover", '{"force": true}'), (200, "db1 leads now\n"))
        self.assertEqual(Sql().ask("SHOW SLAVE STATUS"), [])

    def test_a_head_has_the_code_alone(self):
        self.assertEqual(self.ask("HEAD", "/primary"), (200, ""))
        self.assertEqual(self.ask("OPTIONS", "/primary")[0], 200)


if __name__ == "__main__":
    unittest.main()
