"""What a keeper answers over HTTP. Paths and codes are those of Patroni's interface, so balancers ask every engine alike.

Two ports: one that anybody may read, without TLS; one between members, with their certificates. Moves are asked for over
the second, or over the first from this host alone.
"""

from __future__ import annotations

import json
import logging
import socket
import socketserver
import ssl
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional, Tuple
from urllib.parse import parse_qs, urlsplit

from checks import checked
from status import Status

log = logging.getLogger("keeper")
LARGEST = 65536  # bytes of a request
NO_PATH = "no such path"
Reply = Tuple[int, Any]


class Handler(BaseHTTPRequestHandler):
    """`server.status` answers what is read, `server.keeper` what is to be done."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    wbufsize = 65536  # headers and body in one packet
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/state":
            self.reply(*((200, self.server.keeper.answer()) if self.server.inside else (404, NO_PATH)))
            return
        if url.path.startswith("/check/"):
            self.reply(*checked(self.server.status, url.path[len("/check/") :]))
            return
        self.reply(*self.server.status.read(url.path, parse_qs(url.query)))

    do_HEAD = do_GET
    do_OPTIONS = do_GET

    def do_POST(self) -> None:
        local = self.client_address[0] in ("127.0.0.1", "::1", "::ffff:127.0.0.1")
        if not (self.server.inside or local):
            self.reply(403, "only members of the cluster, and programs of this host, may ask for this")
            return
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST:
            self.reply(400, "no body of a known length")
            return
        try:
            body = json.loads(self.rfile.read(int(length)) or b"{}")
        except ValueError as error:
            self.reply(400, "not JSON: %s" % error)
            return
        try:
            path = urlsplit(self.path).path
            between = path in ("/fence", "/wake") and not self.server.inside
            self.reply(*((404, NO_PATH) if between else act(self.server.keeper, self.server.status, path, body)))
        except Exception as error:  # what failed is said to who asked
            log.exception("%s", self.path)
            self.reply(503, "%s" % error)

    def reply(self, code: int, body: Any) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        data = (text + "\n").encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain; charset=utf-8" if isinstance(body, str) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, *words: Any) -> None:
        """Balancers ask several times a second."""


def act(keeper: Any, status: Status, path: str, body: Any) -> Reply:
    """Carries out a request. 412: it can't be done now, and nothing was changed."""
    if not isinstance(body, dict):
        return 400, "a JSON object is needed"
    if path == "/fence":
        term = body.get("term")
        if not isinstance(term, int) or isinstance(term, bool) or term < 1:
            return 400, "`term` must be a whole number"
        return (200, keeper.answer()) if keeper.fence(term) else (409, "promised to a newer leader")
    if path == "/wake":
        keeper.wake.set()
        return 202, "looks at once"
    if path == "/switchover":
        return switch_over(keeper, status, body.get("leader"), body.get("candidate"))
    if path == "/failover":
        return fail_over(keeper, status, body.get("candidate"), body.get("force") is True)
    if path == "/restart":
        return restart(keeper)
    if path in ("/pause", "/resume"):
        if keeper.settings.alone:
            return 412, "there is no other member: nobody would replace this one"
        keeper.keys.pause(path == "/pause")
        return 200, "paused" if path == "/pause" else "resumed"
    return 404, NO_PATH


def switch_over(keeper: Any, status: Status, leader: Optional[str], candidate: Optional[str]) -> Reply:
    refusal = status.refuses_switchover(leader, candidate)
    if refusal is not None:
        return refusal
    to = candidate if candidate is not None else status.best_candidate()
    term = keeper.memory.term
    keeper.hand_over(to)
    end = time.monotonic() + keeper.config.handing + keeper.config.patience + 3.0
    while time.monotonic() < end:
        sync = keeper.sync
        if sync is not None and sync.term > term and sync.leader == to:
            return 200, "%s leads now" % to
        if keeper.memory.term == term and keeper.memory.handing is None:
            return 503, "%s could not take over in time; %s leads as before" % (to, keeper.settings.name)
        time.sleep(0.05)
    return 503, "%s has not begun to lead: see /cluster" % to


def fail_over(keeper: Any, status: Status, candidate: Optional[str], force: bool) -> Reply:
    refusal = status.refuses_failover(candidate)
    if refusal is not None:
        return refusal
    if not force:
        return 412, "without `force` the cluster decides by itself, and it waits for %s" % status.waiting()
    keeper.force()
    end = time.monotonic() + 30.0
    while time.monotonic() < end:
        if keeper.seen.open and keeper.memory.term:
            return 200, "%s leads now" % keeper.settings.name
        time.sleep(0.1)
    return 503, "%s could not lead: %s" % (keeper.settings.name, keeper.reason or "it waits for " + status.waiting())


def restart(keeper: Any) -> Reply:
    keeper.database.unit.owe_restart()
    if keeper.database.look().state == "copying":
        return 200, "it takes a copy, and is started again after that"
    keeper.restart()
    end = time.monotonic() + 120.0
    while time.monotonic() < end:
        time.sleep(0.1)
        if keeper.database.look().state in ("up", "copying"):
            return 200, "restarted"
    return 503, "the database does not start: see journalctl -u %s" % keeper.database.engine.UNIT


class Server(ThreadingHTTPServer):
    """`inside`: with the certificates of members."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, bind: str, port: int, keeper: Any, status: Status, context: Optional[ssl.SSLContext]):
        self.keeper, self.status, self.context, self.inside = keeper, status, context, context is not None
        if ":" in bind:
            self.address_family = socket.AF_INET6
        ThreadingHTTPServer.__init__(self, (bind, port), Handler)

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        socketserver.TCPServer.server_bind(self)  # HTTPServer would resolve the host's own name, and DNS may be late

    def finish_request(self, request: Any, client_address: Any) -> None:
        """The handshake belongs to the request's own thread: a client that says nothing holds up nobody."""
        if self.context is not None:
            request.settimeout(5)
            request = self.context.wrap_socket(request, server_side=True)
        with request:  # else nobody closes what was wrapped, and nobody reads what still comes
            ThreadingHTTPServer.finish_request(self, request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a request of %s failed", client_address, exc_info=True)
