"""The quorum store: etcd, over its JSON gateway. Every request has a limit, and goes to another voter when one fails."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import threading
import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from clock import now
from model import Leader, Store, Sync


class Unavailable(Exception):
    """No voter answered in time, or there is no majority."""


class Lease(NamedTuple):
    """A lease of this member. `asked`: the time before the request was sent."""

    number: str
    term: int
    asked: float


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def decoded(text: str) -> str:
    return base64.b64decode(text).decode()


class Client(object):
    """One kept connection to one voter at a time, and one request on it at a time: the loop and requests of people share it."""

    def __init__(self, endpoints, context: ssl.SSLContext, limit: float):
        self.endpoints, self.context, self.limit = list(endpoints), context, limit
        self.connection: Optional[http.client.HTTPSConnection] = None
        self.lock = threading.Lock()

    def ask(self, path: str, body: Dict[str, Any]) -> Dict[str, Any]:
        """The answer, within the limit over all voters together. An answer that says it failed is returned, too."""
        with self.lock:
            return self.ask_voters(path, body)

    def ask_voters(self, path: str, body: Dict[str, Any]) -> Dict[str, Any]:
        end = time.monotonic() + self.limit
        failure = "no voter"
        for _ in range(len(self.endpoints) + 1):
            left = end - time.monotonic()
            if left <= 0.01:
                break
            try:
                return self.request(path, body, min(left, max(0.15, self.limit / 2)))
            except (OSError, http.client.HTTPException, ValueError) as error:
                failure = "%s: %s" % (self.endpoints[0], error)
                self.close()
                self.endpoints.append(self.endpoints.pop(0))
        raise Unavailable(failure)

    def request(self, path: str, body: Dict[str, Any], limit: float) -> Dict[str, Any]:
        if self.connection is None:
            url = urlsplit(self.endpoints[0])
            self.connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=limit, context=self.context)
        self.connection.timeout = limit
        if self.connection.sock is not None:
            self.connection.sock.settimeout(limit)
        self.connection.request("POST", "/v3/" + path, json.dumps(body), {"Content-Type": "application/json"})
        response = self.connection.getresponse()
        answer = json.loads(response.read(1 << 20))
        if response.status >= 500 or answer.get("code") in (4, 8, 14):  # no leader, too busy, unavailable
            raise OSError(answer.get("message", "HTTP %d" % response.status))
        answer["status"] = response.status
        return answer

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Keys(object):
    """What one cluster keeps in the store: `leader` with the lease, `sync`, `config`."""

    def __init__(self, client: Client, cluster: str, name: str):
        self.client, self.name = client, name
        self.prefix = "/provision/%s/" % cluster

    def key(self, name: str) -> str:
        return encoded(self.prefix + name)

    def look(self) -> Store:
        """All keys at one revision, as a majority knows them."""
        asked = now()
        end = encoded(self.prefix[:-1] + chr(ord("/") + 1))
        answer = self.client.ask("kv/range", {"key": encoded(self.prefix), "range_end": end})
        if answer["status"] != 200:
            raise Unavailable(str(answer.get("message")))
        found = {decoded(one["key"])[len(self.prefix) :]: one for one in answer.get("kvs", [])}
        values = {key: json.loads(decoded(one["value"])) for key, one in found.items()}
        leader = None
        if "leader" in found:
            leader = Leader(values["leader"]["name"], int(found["leader"]["create_revision"]))
        self.lease_of_leader = found["leader"].get("lease", "0") if leader is not None else "0"
        return Store(asked, leader, sync_of(values.get("sync")), bool(values.get("config", {}).get("pause")))

    def campaign(self, ttl: float) -> Optional[Lease]:
        """Creates the key with a new lease, if nobody has it."""
        asked = now()
        granted = self.client.ask("lease/grant", {"TTL": str(max(2, round(ttl))), "ID": "0"})
        number = granted.get("ID")
        if number is None:
            return None
        put = {"key": self.key("leader"), "value": encoded(json.dumps({"name": self.name})), "lease": number}
        answer = self.client.ask(
            "kv/txn",
            {
                "compare": [{"key": self.key("leader"), "target": "CREATE", "create_revision": "0"}],
                "success": [{"request_put": put}],
            },
        )
        if not answer.get("succeeded"):
            self.revoke(number)
            return None
        return Lease(number, int(answer["header"]["revision"]), asked)

    def renew(self, number: str) -> Optional[float]:
        """The time before the request was sent; None: the lease is gone."""
        asked = now()
        answer = self.client.ask("lease/keepalive", {"ID": number})
        left = int(answer.get("result", {}).get("TTL", 0))
        return asked if left > 0 else None

    def revoke(self, number: str) -> None:
        self.client.ask("lease/revoke", {"ID": number})

    def write(self, term: int, sync: Sync) -> bool:
        """Writes the set, if this member still has the lease of this term."""
        put = {"key": self.key("sync"), "value": encoded(json.dumps(sync_document(sync)))}
        compare = [{"key": self.key("leader"), "target": "CREATE", "create_revision": str(term)}]
        return bool(self.client.ask("kv/txn", {"compare": compare, "success": [{"request_put": put}]}).get("succeeded"))

    def move_leader_away(self, endpoints: List[str], host: str) -> None:
        """The store's own leader leaves a host: if the host is lost, leases of the whole store would live longer."""
        for endpoint in endpoints:
            if urlsplit(endpoint).hostname == host:
                own, leader = self.voter_at(endpoint)
                if own is not None and own == leader:
                    self.hand_over(endpoint, [other for other in endpoints if other != endpoint])

    def voter_at(self, endpoint: str) -> Tuple[Optional[str], Optional[str]]:
        """The voter that answers there, and the one that it says leads the store."""
        status = self.ask_at(endpoint, "maintenance/status", {})
        return status.get("header", {}).get("member_id"), status.get("leader")

    def hand_over(self, endpoint: str, others: List[str]) -> None:
        """To a voter that answers: the store stands still while it hands over to one that is away."""
        to = next((voter for voter, _ in map(self.voter_at, others) if voter is not None), None)
        if to is not None:
            self.ask_at(endpoint, "maintenance/transfer-leadership", {"targetID": to})

    def ask_at(self, endpoint: str, path: str, body: Dict[str, Any]) -> Dict[str, Any]:
        """The answer of one voter; empty if there is none."""
        client = Client([endpoint], self.client.context, self.client.limit)
        try:
            return client.ask(path, body)
        except Unavailable:
            return {}
        finally:
            client.close()

    def pause(self, wanted: bool) -> None:
        self.client.ask("kv/put", {"key": self.key("config"), "value": encoded(json.dumps({"pause": wanted}))})


def sync_of(value: Optional[Dict[str, Any]]) -> Optional[Sync]:
    if value is None:
        return None
    members = frozenset((name, boot) for name, _, boot in (one.partition("@") for one in value["members"]))
    return Sync(value["leader"], int(value["term"]), members, bool(value["complete"]), value.get("next"))


def sync_document(sync: Sync) -> Dict[str, Any]:
    return {
        "leader": sync.leader,
        "term": sync.term,
        "members": sorted("%s@%s" % entry for entry in sync.members),
        "complete": sync.complete,
        "next": sync.next,
    }
