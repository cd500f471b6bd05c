"""Where the leader of the store goes when it must leave the host of a leader."""

import unittest
from unittest import mock

import paths  # noqa: F401
import store
from store import Keys, Unavailable

HERE, THERE, FAR = ("https://10.0.0.%d:2379" % number for number in (1, 2, 3))


class Voters(object):
    """A client of voters of which some are away; notes to whom the leader of the store was moved."""

    names = {HERE: "7", THERE: "8", FAR: "9"}
    away, leader, moved = (), "7", []

    def __init__(self, endpoints, _context, _limit):
        self.context, self.limit, self.endpoint = None, 1.0, endpoints[0]

    def ask(self, path, body):
        if self.endpoint in self.away:
            raise Unavailable("away")
        if path == "maintenance/transfer-leadership":
            self.moved.append((self.endpoint, body["targetID"]))
        return {"header": {"member_id": self.names[self.endpoint]}, "leader": self.leader}

    def close(self):
        pass


class TheLeaderOfTheStore(unittest.TestCase):
    def moved(self, **voters):
        with mock.patch.multiple(Voters, moved=[], **voters), mock.patch.object(store, "Client", Voters):
            Keys(Voters([HERE], None, 1.0), "sql", "db1").move_leader_away([HERE, THERE, FAR], "10.0.0.1")
            return Voters.moved

    def test_goes_to_another_voter(self):
        self.assertEqual(self.moved(), [(HERE, "8")])

    def test_goes_to_one_that_answers_for_the_store_stands_still_meanwhile(self):
        self.assertEqual(self.moved(away=(THERE,)), [(HERE, "9")])

    def test_stays_where_no_other_answers_or_another_leads(self):
        self.assertEqual(self.moved(away=(THERE, FAR)), [])
        self.assertEqual(self.moved(leader="9"), [])
        self.assertEqual(self.moved(away=(HERE,)), [])


if __name__ == "__main__":
    unittest.main()
