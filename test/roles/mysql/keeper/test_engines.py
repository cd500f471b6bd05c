"""What the two daemons are told, where they differ. That they understand it is tried on hosts (test/lab)."""

import unittest

import paths  # noqa: F401
import mariadb
import mysql
from settings import Member, parse
from sql import lost
from test_parts import configuration

STATUS = {"Last_IO_Errno": 0, "Last_IO_Error": "", "Last_SQL_Errno": 0, "Last_SQL_Error": ""}


class Asked(object):
    """Stands for a connection, and keeps what is asked over it."""

    def __init__(self):
        self.asked = []

    def ask(self, statement, values=None, limit=2.0):
        self.asked.append(statement % tuple(repr(value) for value in values or ()))


class Engines(unittest.TestCase):
    def test_say_alike_what_the_keeper_uses(self):
        used = [name for name in vars(mariadb) if name.isupper() or callable(getattr(mariadb, name))]
        own = {"POSITION_OF_COPY", "MariadbPosition", "MariadbHistory", "from_donor", "position_of_copy"}
        self.assertEqual([name for name in used if name not in own and not hasattr(mysql, name)], [])

    def test_know_a_replica_that_needs_a_copy(self):
        lost = dict(STATUS, Last_IO_Errno=1236, Last_IO_Error="purged")
        for engine, number in [(mariadb, 1236), (mysql, 13114)]:
            self.assertEqual(engine.broken(STATUS), "")
            self.assertEqual(engine.broken(dict(lost, Last_IO_Errno=number)), "purged")
            self.assertEqual(engine.broken(dict(STATUS, Last_IO_Errno=2003, Last_IO_Error="connecting")), "")
            self.assertEqual(engine.broken(dict(STATUS, Last_SQL_Errno=1062, Last_SQL_Error="twice")), "twice")

    def test_mysql_knows_what_waits_for_an_acknowledgement_so_members_that_have_it_have_not_strayed(self):
        one, two = "3e11fa47-71ca-11e1-9e33-c80aa9429562", "4e11fa47-71ca-11e1-9e33-c80aa9429562"
        row = {"executed": one + ":1-21", "owned": one + ":22#41:24#42," + two + ":7#43"}
        for position, known in ((one + ":1-22", True), (one + ":24", True), (two + ":7", True), (one + ":23", False)):
            self.assertEqual(mysql.history(row).contains(mysql.position(position)), known, position)
        self.assertEqual(str(mysql.applied(row, None)), one + ":1-21")
        for nothing in ("", None, "whatever a later version says: 7#8"):
            self.assertEqual(str(mysql.history(dict(row, owned=nothing))), one + ":1-21")
        self.assertLess(mysql.LOOK.index("gtid_owned"), mysql.LOOK.index("gtid_executed"))

    def test_mariadb_has_not_applied_what_is_in_its_log_and_cannot_be_read_yet(self):
        row = {"binlog": "0-1-8", "current": "0-1-7", "slave": "0-1-7"}
        replica = {"Gtid_IO_Pos": "0-1-8"}
        self.assertFalse(mariadb.applied(row, replica).covers(mariadb.received(row, replica)))
        row = dict(row, current="0-1-8", slave="0-1-8")
        self.assertTrue(mariadb.applied(row, replica).covers(mariadb.received(row, replica)))
        led_before = {"binlog": "0-2-9", "current": "0-2-9", "slave": "0-1-7"}
        self.assertEqual(str(mariadb.applied(led_before, None)), "0-2-9")

    def test_a_session_that_was_idle_for_too_long_is_opened_again(self):
        self.assertTrue(lost(4031))  # MySQL says so, MariaDB just closes it
        self.assertFalse(lost(1290))


class CopiesOfMysql(unittest.TestCase):
    settings = parse(configuration(engine="mysql"))

    def test_come_over_tls_with_the_account_of_copies(self):
        connection = Asked()
        mysql.receive(connection, Member("db2", "10.0.0.2", 2), self.settings, "it's secret")
        self.assertEqual(connection.asked[0], "SET GLOBAL clone_valid_donor_list = '10.0.0.2:3306'")
        self.assertEqual(
            connection.asked[-1],
            "CLONE INSTANCE FROM 'member_copy'@'10.0.0.2':3306 IDENTIFIED BY \"it's secret\""
            " DATA DIRECTORY = '/var/lib/mysql-files/copy' REQUIRE SSL",
        )

    def test_need_a_certificate(self):
        for statement, _ in mysql.admit_copies("secret")[:2]:
            self.assertIn("REQUIRE X509", statement)

    def test_come_from_the_name_where_the_address_is_ipv6(self):
        for name in ("nowhere.invalid", "fd00::2"):
            with self.assertRaisesRegex(OSError, name):
                mysql.host_of(Member(name, "fd00::2", 2))
        self.assertEqual(mysql.host_of(Member("db2", "10.0.0.2", 2)), "10.0.0.2")


if __name__ == "__main__":
    unittest.main()
