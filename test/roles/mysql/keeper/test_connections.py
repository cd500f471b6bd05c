"""Kept connections are shared by threads: the loop, and what people ask at the same time."""

import gc
import http.client
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

import paths  # noqa: F401
import mariadb
from clock import now
from model import Daemon
from peers import Peers, document
from process import Process
from rest import Handler, Server
from settings import parse
from status_of import following
from store import Client
from test_parts import configuration


class Echo(BaseHTTPRequestHandler):
    """A voter that answers with what it was asked, and a keeper whose database is off."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # headers and body in one packet
    disable_nagle_algorithm = True
    timeout = 0.3  # seconds after which an idle connection is closed

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/wake":
            self.reply("looks at once", 202)
        else:
            self.reply(json.dumps({"echo": asked}))

    def do_GET(self):
        self.reply(json.dumps(document(Daemon("off"), 0, 0)))

    def reply(self, said, code=200):
        data = said.encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, *words):
        pass


def identity(case):
    """What shows a certificate of 127.0.0.1, and the file of the certificate."""
    folder = tempfile.mkdtemp(prefix="tls-")
    case.addClassCleanup(shutil.rmtree, folder)
    certificate, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=here", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)  # fmt: skip
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate, key)
    return own, certificate


class IdleConnections(unittest.TestCase):
    def test_are_closed_by_the_keeper_also_after_it_could_not_ask_its_database(self):
        """The error of the database's driver refers to itself, and so keeps all that led to it until memory is collected."""
        own, certificate = identity(self)
        status = following()
        status.keeper.database.unit.process = lambda: Process(1, "b1")
        server = Server("127.0.0.1", 0, status.keeper, status, own)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(gc.enable)
        gc.disable()
        with mock.patch.object(Handler, "timeout", 0.2):
            trust = ssl.create_default_context(cafile=certificate)
            client = http.client.HTTPSConnection("127.0.0.1", server.server_address[1], timeout=5, context=trust)
            self.addCleanup(client.close)
            client.request("GET", "/state")
            client.getresponse().read()
            self.assertEqual(client.sock.recv(1), b"")


class ManyAtOnce(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        own, certificate = identity(cls)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        server.socket = own.wrap_socket(server.socket, server_side=True)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        cls.port, cls.trust = server.server_address[1], ssl.create_default_context(cafile=certificate)

    def at_once(self, ask):
        """Four threads, each asks fifty times. What went wrong."""
        wrong = []

        def work(thread):
            for count in range(50):
                try:
                    if not ask("%d-%d" % (thread, count)):
                        wrong.append("%d-%d: another answer, or none" % (thread, count))
                except Exception as error:
                    wrong.append(repr(error))

        threads = [threading.Thread(target=work, args=(thread,)) for thread in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        return wrong

    def test_each_gets_the_answer_of_the_store_to_its_own_question(self):
        client = Client(["https://127.0.0.1:%d" % self.port], self.trust, 5.0)
        self.addCleanup(client.close)
        self.assertEqual(self.at_once(lambda word: client.ask("kv/put", {"word": word})["echo"] == {"word": word}), [])

    def peers(self):
        members = {"db1": {"address": "127.0.0.2", "number": 1}, "db2": {"address": "127.0.0.1", "number": 2}}
        peers = Peers(parse(configuration(members=members, keeper_port=self.port, request=5)), self.trust, mariadb)
        self.addCleanup(lambda: [one.close() for one in peers.connections.values()])
        return peers

    def test_a_keeper_that_has_closed_an_idle_connection_is_not_silent(self):
        peers = self.peers()
        peers.look(["db2"])
        time.sleep(2 * Echo.timeout)
        began = now()
        self.assertGreaterEqual(peers.look(["db2"])["db2"].asked, began)
        self.assertEqual(peers.silent, set())

    def test_a_keeper_that_was_woken_is_not_silent(self):
        peers = self.peers()
        peers.look(["db2"])
        peers.wake()
        self.assertEqual(peers.silent, set())

    def test_each_gets_the_answer_of_another_keeper(self):
        peers = self.peers()

        def ask(_):
            return peers.ask("db2", "GET", "/state", None) is not None

        self.assertEqual(self.at_once(ask), [])
        self.assertEqual(peers.silent, set())


if __name__ == "__main__":
    unittest.main()
