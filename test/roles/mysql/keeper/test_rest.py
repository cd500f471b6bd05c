"""What is asked over HTTP of a keeper that has other members: requests between members, and moves."""

import http.client
import json
import threading
import unittest

import paths  # noqa: F401
from clock import now
from model import Leader, Store, Sync
from rest import Server, act
from status_of import SYNC, following, leading, led_by


class BetweenMembers(unittest.TestCase):
    def test_a_term_is_a_whole_number(self):
        status = following()
        for term in (0, True, "7", None, 1.5, -1):
            code, _ = act(status.keeper, status, "/fence", {"term": term})
            self.assertEqual(code, 400, term)
        self.assertEqual(status.keeper.memory.fence, 0)

    def test_a_promise_to_a_newer_leader_is_kept(self):
        status = following()
        status.keeper.memory = status.keeper.memory._replace(fence=9)
        self.assertEqual(act(status.keeper, status, "/fence", {"term": 8}), (409, "promised to a newer leader"))
        self.assertEqual(status.keeper.memory.fence, 9)

    def test_a_leader_is_not_fenced_by_an_older_term(self):
        status = leading()
        self.assertEqual(act(status.keeper, status, "/fence", {"term": 6})[0], 409)
        self.assertEqual(status.keeper.memory.term, 7)

    def test_a_keeper_is_woken(self):
        status = following()
        self.assertEqual(act(status.keeper, status, "/wake", {})[0], 202)
        self.assertTrue(status.keeper.wake.is_set())


class Moves(unittest.TestCase):
    """A request from this host over the port that anybody may read."""

    def ask(self, status, path, **body):
        server = Server("127.0.0.1", 0, status.keeper, status, None)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)
        self.addCleanup(connection.close)
        connection.request("POST", path, json.dumps(body))
        response = connection.getresponse()
        return response.status, response.read().decode().strip()

    def later(self, call):
        timer = threading.Timer(0.3, call)
        timer.start()
        self.addCleanup(timer.join)

    def test_are_refused_where_the_member_does_not_lead(self):
        self.assertEqual(self.ask(following(), "/switchover", leader="db2"), (412, "db2 does not lead"))

    def test_have_succeeded_once_the_store_knows_the_other_as_leader(self):
        status = leading()
        self.later(lambda: setattr(status.keeper, "store", Store(now(), Leader("db3", 8), Sync("db3", 8))))
        self.assertEqual(self.ask(status, "/switchover", leader="db1", candidate="db3"), (200, "db3 leads now"))
        self.assertEqual(status.keeper.memory.handing.to, "db3")
        self.assertEqual(status.read("/primary", {})[0], 503)

    def test_have_failed_once_the_keeper_has_given_them_up(self):
        status = leading()
        self.later(lambda: setattr(status.keeper, "memory", status.keeper.memory._replace(handing=None)))
        code, text = self.ask(status, "/switchover")
        self.assertEqual((code, text), (503, "db2 could not take over in time; db1 leads as before"))

    def test_without_force_the_cluster_decides(self):
        status = following(store=led_by(None, sync=SYNC))
        code, text = self.ask(status, "/failover", candidate="db2")
        self.assertEqual(code, 412)
        self.assertIn("the cluster decides by itself, and it waits for db1, which led last", text)
        self.assertFalse(status.keeper.memory.forced)

    def test_force_must_be_said_as_such(self):
        for force in ("yes", 1, None):
            status = following(store=led_by(None, sync=SYNC))
            self.assertEqual(self.ask(status, "/failover", force=force)[0], 412)
            self.assertFalse(status.keeper.memory.forced)


if __name__ == "__main__":
    unittest.main()
