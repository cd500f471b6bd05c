"""What comes from outside is read strictly: positions, the configuration, what other keepers say."""

import json
import unittest

import paths  # noqa: F401
import mariadb
from model import Answer, Daemon
from peers import Peers, document
from position import Malformed, MariadbHistory, MariadbPosition, MysqlPosition
from settings import Wrong, parse

HOSTILE = ["'; \\! id; #", "0-1", "0-1-2; DROP", "0-1-2\n;", "١-1-1", "0-1-99999999999999999999999999"]


class Positions(unittest.TestCase):
    def test_of_mariadb(self):
        self.assertFalse(MariadbPosition("0-2-9").covers(MariadbPosition("0-1-9")))
        self.assertFalse(MariadbPosition("0-2-9").covers(MariadbPosition("0-2-9,1-1-1")))
        self.assertTrue(MariadbPosition("").covers(MariadbPosition("")))
        self.assertEqual(str(MariadbPosition("0-1-5,0-2-9")), "0-2-9")

    def test_a_history_knows_who_wrote_what(self):
        history = MariadbHistory("0-1-100,0-2-150")
        self.assertTrue(history.contains(MariadbPosition("0-1-100")))
        self.assertFalse(history.contains(MariadbPosition("0-1-101")))
        self.assertFalse(history.contains(MariadbPosition("0-3-1")))

    def test_of_mysql(self):
        one, other = "1" * 8 + "-2222-3333-4444-" + "5" * 12, "a" * 8 + "-2222-3333-4444-" + "5" * 12
        whole = MysqlPosition("%s:1-5:7,\n%s:1-2" % (one, other))
        self.assertTrue(whole.covers(MysqlPosition(one + ":2-4")))
        self.assertFalse(whole.covers(MysqlPosition(one + ":1-7")))
        self.assertEqual(str(MysqlPosition("%s:1-2:3-4" % one)), one + ":1-4")

    def test_of_mysql_with_tags(self):
        server = "1" * 8 + "-2222-3333-4444-" + "5" * 12
        tagged = MysqlPosition(server + ":1-5:7:batch:1-3")
        self.assertTrue(tagged.covers(MysqlPosition("%s:7,%s:batch:2" % (server, server))))
        self.assertFalse(MysqlPosition(server + ":1-9").covers(tagged))
        self.assertEqual(str(MysqlPosition(str(tagged))), "%s:1-5:7-7,%s:batch:1-3" % (server, server))

    def test_nothing_else_is_a_position(self):
        for text in HOSTILE:
            for kind in (MariadbPosition, MariadbHistory, MysqlPosition):
                with self.assertRaises(Malformed, msg=text):
                    kind(text)


def configuration(**changes):
    given = {
        "cluster": "sql", "name": "db1", "engine": "mariadb", "primary": "db1", "acks": 1,
        "members": {"db1": {"address": "10.0.0.1", "number": 1}}, "store": ["https://10.0.0.1:2379"],
        "database_port": 3306, "read_port": 9200, "keeper_port": 9201, "copy_port": 4444, "bind": "0.0.0.0",
        "folder": "/etc/mysql/provision", "ttl": 5, "margin": 0.5, "quiet": 2, "drop": 2, "patience": 2, "handing": 3,
        "renew": 0.8, "request": 0.7, "tick": 0.2, "hang": 2,
    }  # fmt: skip
    given.update(changes)
    return json.loads(json.dumps(given))


class Settings(unittest.TestCase):
    def test_are_read(self):
        settings = parse(configuration())
        self.assertEqual((settings.members["db1"].account, settings.config.ttl), ("member_1", 5.0))

    def test_a_wrong_value_is_named(self):
        for changes, name in [
            ({"engine": "oracle"}, "engine"),
            ({"database_port": 70000}, "database_port"),
            ({"ttl": 0}, "ttl"),
            ({"members": {"db1": {"address": "x; y", "number": 1}}}, "members.db1.address"),
            ({"name": "db9"}, "name"),
        ]:
            with self.assertRaisesRegex(Wrong, name):
                parse(configuration(**changes))


class WhatAnotherKeeperSays(unittest.TestCase):
    peers = Peers(parse(configuration()), None, mariadb)

    def test_is_read_as_it_was_said(self):
        position = MariadbPosition("0-1-7")
        daemon = Daemon("up", "b1", received=position, applied=position, history=MariadbHistory("0-1-7"), source="db2")
        read = self.peers.read(1.0, json.loads(json.dumps(document(daemon, 3, 4))))
        self.assertIsInstance(read, Answer)
        self.assertEqual((read.fence, read.sees, str(read.daemon.received), read.daemon.source), (3, 4, "0-1-7", "db2"))

    def test_is_refused_when_it_is_anything_else(self):
        said = document(Daemon("up", "b1"), 0, 0)
        for name, values in {"received": HOSTILE, "history": HOSTILE, "state": ["odd"], "source": ["a b", "'"]}.items():
            for value in values:
                with self.assertRaises((Malformed, ValueError, TypeError, AttributeError), msg=(name, value)):
                    self.peers.read(1.0, dict(said, daemon=dict(said["daemon"], **{name: value})))


if __name__ == "__main__":
    unittest.main()
