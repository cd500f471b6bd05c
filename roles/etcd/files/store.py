"""The store as one of its voters sees it: settings, requests to etcd's JSON gateway, the list of members.

A voter is a member of the store in the inventory. Identifiers are decimal strings, as the gateway prints them.
"""
import base64
import http.client
import json
import socket
import ssl
import urllib.parse

LARGEST_ANSWER = 1 << 20


class Trouble(Exception):
    """An expected failure, in words for people."""


class Refused(Trouble):
    """etcd answered, with an error."""


class Absent(Trouble):
    """No process listens there."""


class Settings:
    """The settings file of this voter, written by the role."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            values = json.load(file)
        self.name = values["name"]
        self.peer = values["peer"]
        self.local = values["local"]
        self.voters = values["voters"]
        self.data = values["data"]
        self.start = values["start"]
        self.known = values["known"]
        self.quota = values["quota"]
        self.stop_daemon = values["stopDaemon"]
        self.start_daemon = values["startDaemon"]
        self.tls = ssl.create_default_context(cafile=values["ca"])
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self.tls.load_cert_chain(values["certificate"], values["key"])

    def others(self):
        return [one for one in self.voters if one["name"] != self.name]


def request(settings, method, url, body=None, seconds=3.0):
    """One request to etcd, and what it answers: HTTP status and text."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPSConnection(place.hostname, place.port, timeout=seconds, context=settings.tls)
    try:
        connection.request(method, url[url.index(place.netloc) + len(place.netloc):], body)
        answer = connection.getresponse()
        return answer.status, answer.read(LARGEST_ANSWER).decode("utf-8", "replace")
    except ConnectionRefusedError as error:
        raise Absent("nothing listens") from error
    except socket.timeout as error:
        raise Trouble(f"no answer within {seconds:g} s") from error
    except (OSError, http.client.HTTPException) as error:
        raise Trouble(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def ask(settings, url, path, body, seconds=3.0):
    """One POST to the JSON gateway at a client URL; returns the answer as an object."""
    code, text = request(settings, "POST", url + path, json.dumps(body), seconds)
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Trouble(f"HTTP {code}, not JSON") from error
    if not isinstance(found, dict):
        raise Trouble(f"HTTP {code}, not an object")
    if code != 200:
        raise Refused(str(found.get("message") or found.get("error") or f"HTTP {code}"))
    return found


class Member:
    """One entry of the list of members. `name` is empty until the member has started once."""

    def __init__(self, entry):
        self.id = str(entry.get("ID", ""))
        self.name = str(entry.get("name", ""))
        self.peers = [str(url) for url in entry.get("peerURLs", [])]
        self.clients = [str(url) for url in entry.get("clientURLs", [])]
        self.learner = entry.get("isLearner") is True

    def title(self):
        return self.name or ", ".join(self.peers)


class Store:
    """The list of members, as a voter with a majority has it. `url`: the client URL of that voter."""

    def __init__(self, url, answer):
        self.url = url
        self.cluster = str(answer.get("header", {}).get("cluster_id", ""))
        self.members = [Member(entry) for entry in answer.get("members", [])]

    def by_id(self, identifier):
        return next((one for one in self.members if one.id == identifier), None)

    def voting(self):
        return [one for one in self.members if not one.learner]


class NoMajority(Trouble):
    """No voter answers that has a majority. `answered`: at least one of them listens."""

    def __init__(self, said, answered):
        super().__init__("no voter of the store answers with a majority. " + "; ".join(said))
        self.answered = answered


def look(settings, voters):
    """The store, from the first of these voters that has a majority: a read that needs one comes first."""
    said, answered = [], False
    for one in voters:
        try:
            ask(settings, one["client"], "/v3/kv/range", {"key": base64.b64encode(b"health").decode()})
            return Store(one["client"], ask(settings, one["client"], "/v3/cluster/member/list", {}))
        except Trouble as error:
            answered = answered or not isinstance(error, Absent)
            said.append(f"{one['name']}: {error}")
    raise NoMajority(said, answered)


def status(settings, url):
    return ask(settings, url, "/v3/maintenance/status", {}, 2.0)


def client_of(settings, member):
    """Where a member takes clients: as the inventory says, else as the member itself said when it last started."""
    known = next((one["client"] for one in settings.voters if one["peer"] in member.peers), None)
    return known or next(iter(member.clients), None)


def answers(settings, member):
    """The status of a member that is well enough to know a leader; `None` otherwise."""
    url = client_of(settings, member)
    if url is None:
        return None
    try:
        found = status(settings, url)
    except Trouble:
        return None
    return found if found.get("leader", "0") != "0" else None
