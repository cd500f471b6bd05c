"""Positions and histories of MariaDB (GTIDs by domain) and MySQL (sets of transactions by server).

What a daemon or another keeper says is read by strict patterns: nothing else ever reaches a statement.
"""

from __future__ import annotations

import re
from typing import Dict, List, Tuple

GTID = re.compile(r"(\d{1,10})-(\d{1,10})-(\d{1,20})\Z", re.ASCII)
SERVER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII)
TAG = re.compile(r"[a-z_][a-z0-9_]{0,31}\Z", re.ASCII)
SPAN = re.compile(r"(\d{1,20})(?:-(\d{1,20}))?\Z", re.ASCII)


class Malformed(ValueError):
    """Text that is no position."""


class MariadbPosition(object):
    """The last transaction of each domain: domain → (server, number)."""

    def __init__(self, text: str = ""):
        self.last: Dict[int, Tuple[int, int]] = {}
        for domain, server, number in gtids(text):
            if domain not in self.last or number > self.last[domain][1]:
                self.last[domain] = (server, number)

    def covers(self, other: "MariadbPosition") -> bool:
        """By the numbers. The same number of two servers is two transactions: somebody has written by hand."""
        return all(
            domain in self.last and (self.last[domain][1] > number or self.last[domain] == (server, number))
            for domain, (server, number) in other.last.items()
        )

    def __str__(self) -> str:
        return ",".join("%d-%d-%d" % (domain, *self.last[domain]) for domain in sorted(self.last))


class MariadbHistory(object):
    """The last transaction of each server in each domain that a daemon's data come from."""

    def __init__(self, text: str = ""):
        self.text = text
        self.last: Dict[Tuple[int, int], int] = {}
        for domain, server, number in gtids(text):
            self.last[domain, server] = max(number, self.last.get((domain, server), 0))

    def contains(self, position: MariadbPosition) -> bool:
        return all(
            self.last.get((domain, server), -1) >= number for domain, (server, number) in position.last.items()
        )

    def __str__(self) -> str:
        return self.text


def gtids(text: str) -> List[Tuple[int, int, int]]:
    """`0-1-7,0-2-9` as numbers."""
    found = []
    for part in filter(None, re.split(r"[,\s]+", text)):
        match = GTID.match(part)
        if match is None:
            raise Malformed("not a position: %.60r" % part)
        found.append(tuple(int(number) for number in match.groups()))
    return found


class MysqlPosition(object):
    """A set of transactions: server, or server:tag → ranges of numbers. It is its own history."""

    def __init__(self, text: str = ""):
        self.ranges: Dict[str, List[Tuple[int, int]]] = {}
        for part in filter(None, re.split(r"[,\s]+", text.lower())):
            for server, first, last in spans_of(part):
                self.ranges[server] = joined(self.ranges.get(server, []) + [(first, last)])

    def covers(self, other: "MysqlPosition") -> bool:
        return all(
            any(low <= first and last <= high for low, high in self.ranges.get(server, []))
            for server, spans in other.ranges.items()
            for first, last in spans
        )

    contains = covers

    def __str__(self) -> str:
        return ",".join(
            ":".join([server] + ["%d-%d" % span for span in spans]) for server, spans in sorted(self.ranges.items())
        )


def spans_of(text: str) -> List[Tuple[str, int, int]]:
    """`SERVER:1-5:7:TAG:1-3` as ranges. Tags: MySQL 8.3 and later."""
    server, *parts = text.split(":")
    name, found = server, []
    for part in parts:
        match = SPAN.match(part)
        if match is not None:
            found.append((name, int(match.group(1)), int(match.group(2) or match.group(1))))
        elif TAG.match(part) is not None:
            name = server + ":" + part
        else:
            raise Malformed("not a position: %.60r" % text)
    if SERVER.match(server) is None or not found:
        raise Malformed("not a position: %.60r" % text)
    return found


def joined(spans: List[Tuple[int, int]]) -> List[Tuple[int, int]]:
    found: List[Tuple[int, int]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found
