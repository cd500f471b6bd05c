"""The other keepers: what they say of their members, and what they are asked to do. Over TLS, with the members' certificates."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Callable, Dict, Iterable, Optional, Set

from clock import now
from model import Answer, Daemon
from settings import NAME, Settings

BOOT = 60  # the longest name of a boot
FENCING = 2.0  # seconds for a fence: the other stops its replication meanwhile


class Peers(object):
    """One kept connection to each other keeper, with one request on it at a time. All are asked at the same time."""

    def __init__(self, settings: Settings, context: ssl.SSLContext, engine: Any):
        self.settings, self.context, self.engine = settings, context, engine
        self.connections: Dict[str, http.client.HTTPSConnection] = {}
        self.locks = {name: threading.Lock() for name in settings.members}
        self.answers: Dict[str, Answer] = {}
        self.silent: Set[str] = set()
        self.requests: Dict[str, Future] = {}
        self.pool = ThreadPoolExecutor(max(1, len(settings.members) - 1))

    def look(self, names: Iterable[str]) -> Dict[str, Answer]:
        """The last answer of everybody, after these were asked again. Nobody waits for one that was silent the last time."""
        self.each(names, lambda name: self.ask(name, "GET", "/state", None))
        return dict(self.answers)

    def fence(self, term: int, names: Iterable[str]) -> None:
        self.each(names, lambda name: self.ask(name, "POST", "/fence", {"term": term}))

    def wake(self) -> None:
        """They look at once: the lease is free."""
        self.each(self.settings.members, lambda name: self.ask(name, "POST", "/wake", {}))

    def each(self, names: Iterable[str], call: Callable[[str], Optional[Answer]]) -> None:
        wanted = [name for name in names if name in self.settings.members and name != self.settings.name]
        for name in wanted:
            if name not in self.requests or self.requests[name].done():
                self.requests[name] = self.pool.submit(self.note, name, call)
        wait([self.requests[name] for name in wanted if name not in self.silent])

    def note(self, name: str, call: Callable[[str], Optional[Answer]]) -> None:
        answer = call(name)
        if answer is not None:
            self.answers[name] = answer

    def ask(self, name: str, method: str, path: str, body: Optional[Dict[str, Any]]) -> Optional[Answer]:
        asked = now()
        with self.locks[name]:
            return self.ask_now(name, method, path, body, asked)

    def ask_now(self, name: str, method: str, path: str, body: Optional[Dict[str, Any]], asked: float) -> Optional[Answer]:
        kept = name in self.connections
        try:
            answer = self.request(name, method, path, body)
            self.silent.discard(name)
            return None if answer is None else self.read(asked, answer)
        except Exception as error:  # whatever it is, it has not answered
            connection = self.connections.pop(name, None)
            if connection is not None:
                connection.close()
            if kept and not isinstance(error, socket.timeout):  # the other one closes connections that were idle
                return self.ask_now(name, method, path, body, asked)
            self.silent.add(name)
            return None

    def request(self, name: str, method: str, path: str, body: Optional[Dict[str, Any]]) -> Optional[Dict[str, Any]]:
        connection = self.connections.get(name)
        if connection is None:
            connection = self.connections[name] = http.client.HTTPSConnection(
                self.settings.members[name].address,
                self.settings.keeper_port,
                timeout=self.settings.request,
                context=self.context,
            )
        elif connection.sock is not None:
            connection.sock.settimeout(FENCING if path == "/fence" else self.settings.request)
        headers = {"Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read(1 << 20)
        return json.loads(text) if response.status == 200 else None

    def read(self, asked: float, given: Dict[str, Any]) -> Answer:
        """Every field by its type and pattern: what another host says is not trusted to be what it should be."""
        one = given["daemon"]
        position = self.engine.position
        daemon = Daemon(
            state=matching(one["state"], ("off", "starting", "up", "slow", "hung", "copying")),
            boot=str(one["boot"])[:BOOT],
            fresh=bool(one["fresh"]),
            open=bool(one["open"]),
            armed=bool(one["armed"]),
            source=None if one["source"] is None else named(one["source"]),
            listening=bool(one["listening"]),
            connected=bool(one["connected"]),
            applying=bool(one["applying"]),
            received=position(one["received"]),
            applied=position(one["applied"]),
            history=self.engine.history_of(one["history"]),
            broken=str(one["broken"])[:300],
        )
        return Answer(asked, daemon, int(given["fence"]), int(given["sees"]))


def matching(value: Any, allowed) -> str:
    if value not in allowed:
        raise ValueError("unknown state")
    return value


def named(value: Any) -> str:
    if NAME.match(value) is None:
        raise ValueError("not a name")
    return str(value)


def document(daemon: Daemon, fence: int, sees: int) -> Dict[str, Any]:
    """The same as a document: what a keeper says of its member to the others."""
    said = daemon._asdict()
    for name in ("received", "applied", "history"):
        said[name] = "" if said[name] is None else str(said[name])
    said["unlocked"] = sorted(daemon.unlocked)
    return {"daemon": said, "fence": fence, "sees": sees}
