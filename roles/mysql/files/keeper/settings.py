"""The keeper's configuration file: JSON, written by the role. Every value is checked, for it ends up in statements."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, NamedTuple, Tuple

from model import Config

NAME = re.compile(r"[A-Za-z0-9:_][A-Za-z0-9.:_-]{0,252}\Z")  # also the address of a host that has no other name
ADDRESS = re.compile(r"[A-Za-z0-9.:_-]{1,253}\Z")


class Member(NamedTuple):
    """How one member is reached. `number`: its server_id, from which its account has its name."""

    name: str
    address: str
    number: int

    @property
    def account(self) -> str:
        return "member_%d" % self.number


class Settings(NamedTuple):
    """All that the keeper of one host is told."""

    cluster: str
    name: str
    engine: str  # mariadb · mysql
    config: Config
    members: Dict[str, Member]
    store: Tuple[str, ...]  # https://ADDRESS:PORT
    database_port: int
    read_port: int  # plain HTTP: what anybody may ask
    keeper_port: int  # TLS between members: fences, moves
    copy_port: int
    renew: float
    request: float
    tick: float
    hang: float
    bind: str
    folder: str
    warning: int  # seconds of lag from which monitoring warns
    critical: int
    init_connect: str  # the user's own setting of this name: the keeper uses it, and puts it back

    @property
    def alone(self) -> bool:
        """Whether this is the only member: it needs no store, and waits for nobody."""
        return len(self.members) == 1


class Wrong(ValueError):
    """A value that the file may not have."""


def load(path: str) -> Settings:
    """Reads the file. Raises Wrong, with the name of the value."""
    with open(path, encoding="utf-8") as file:
        return parse(json.load(file))


def parse(given: Dict[str, Any]) -> Settings:
    members = {
        name: Member(
            matching(NAME, "members", name),
            matching(ADDRESS, "members.%s.address" % name, one["address"]),
            whole("members.%s.number" % name, one["number"], 4294967295),
        )
        for name, one in given["members"].items()
    }
    name = given["name"]
    if name not in members:
        raise Wrong("`name` is %r, which is not one of `members`" % name)
    times = {key: seconds(key, given[key]) for key in ("ttl", "margin", "quiet", "drop", "patience", "handing")}
    config = Config(members=tuple(members), primary=given["primary"], acks=whole("acks", given["acks"], 1), **times)
    return Settings(
        cluster=matching(NAME, "cluster", given["cluster"]),
        name=name,
        engine=matching(re.compile(r"(mariadb|mysql)\Z"), "engine", given["engine"]),
        config=config,
        members=members,
        store=tuple(given["store"]),
        bind=matching(ADDRESS, "bind", given["bind"]),
        folder=given["folder"],
        warning=whole("warning", given.get("warning", 10), 86400),
        critical=whole("critical", given.get("critical", 60), 86400),
        init_connect=given.get("init_connect", ""),
        **{key: whole(key, given[key], 65535) for key in ("database_port", "read_port", "keeper_port", "copy_port")},
        **{key: seconds(key, given[key]) for key in ("renew", "request", "tick", "hang")},
    )


def matching(pattern, key: str, value: Any) -> str:
    if not isinstance(value, str) or pattern.match(value) is None:
        raise Wrong("`%s` has a wrong value: %.80r" % (key, value))
    return value


def whole(key: str, value: Any, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise Wrong("`%s` must be a whole number up to %d, not %.80r" % (key, most, value))
    return value


def seconds(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 3600:
        raise Wrong("`%s` must be seconds, not %.80r" % (key, value))
    return float(value)
