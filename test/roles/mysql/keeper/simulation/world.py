"""Hosts, the network between them, the store, and what must hold at every moment."""

from __future__ import annotations

import itertools
import random

from database import Database, Node
from events import Events


class Violation(Exception):
    """Something happened that must never happen."""


class Store(object):
    """A quorum store with one lease and one key, linearizable. Without a majority it answers nobody."""

    def __init__(self, world, ttl):
        self.world, self.ttl = world, ttl
        self.revision, self.down_until = 0, 0.0
        self.holder, self.term, self.ends = None, 0, 0.0
        self.sync, self.paused = None, False

    def answers(self):
        return self.world.events.now >= self.down_until

    def tick(self):
        if self.holder is not None and self.answers() and self.world.events.now >= self.ends:
            self.holder, self.term = None, 0

    def stop(self, seconds):
        """After an election, leases live a full time longer."""
        self.down_until = self.world.events.now + seconds
        self.ends = max(self.ends, self.down_until + self.ttl)

    def campaign(self, name):
        self.tick()
        if self.holder is not None:
            return 0
        self.revision += 1
        self.holder, self.term = name, self.revision
        self.ends = self.world.events.now + self.ttl + self.world.random.uniform(0.0, 0.5)
        return self.term

    def renew(self, term):
        self.tick()
        if self.term != term:
            return False
        self.ends = max(self.ends, self.world.events.now + self.ttl)
        return True

    def give_back(self, term):
        self.tick()
        if self.term == term:
            self.holder, self.term = None, 0

    def write(self, term, sync):
        self.tick()
        if self.term != term:
            return False
        self.sync = sync
        return True


class World(object):
    def __init__(self, seed, names, ttl):
        self.random = random.Random(seed)
        self.events = Events()
        self.root = Node(None)
        self.boots = itertools.count(1)
        self.names = names
        self.blocked = set()  # (from, to)
        self.loss = 0.0
        self.store = Store(self, ttl)
        self.databases = {name: Database(self, name) for name in names}
        self.last = self.root  # the last acknowledged transaction
        self.acknowledged_by = 0  # the term of its leader
        self.forced = self.clocks_jumped = False
        self.log = []

    def note(self, text):
        self.log.append("%7.2f %s" % (self.events.now, text))

    def delay(self):
        return self.random.choice((0.001, 0.002, 0.005, 0.02, 0.1))

    def reachable(self, one, other, both=False):
        blocked = self.blocked
        return (one, other) not in blocked and not (both and (other, one) in blocked)

    def lost(self):
        return self.loss and self.random.random() < self.loss

    def frozen(self, database):
        return database.frozen_until > self.events.now

    def send(self, sender, receiver, call, *arguments):
        """Over a connection: what is blocked or lost is sent again, until the connection is given up."""
        self.events.at(self.delay(), self.deliver, sender, receiver, call, arguments, 0)

    def deliver(self, sender, receiver, call, arguments, tries):
        target = self.databases[receiver]
        if not self.reachable(sender, receiver) or self.lost() or self.frozen(target):
            if tries < 60:
                self.events.at(0.3, self.deliver, sender, receiver, call, arguments, tries + 1)
            return
        call(*arguments)

    # --- what must hold ---
    def acknowledged(self, database, node):
        term = database.open_term
        if not self.forced:
            if term < self.acknowledged_by and self.last.contains(node):
                return  # late news of a write that the newer leader has had from its beginning
            if term < self.acknowledged_by:
                raise Violation("%s acknowledged in term %d after term %d had" % (database.name, term, self.acknowledged_by))
            if not node.contains(self.last):
                raise Violation("%s acknowledged without an acknowledged write" % database.name)
        self.last, self.acknowledged_by = node, term

    def opened(self, database):
        if not self.forced and not database.log.contains(self.last):
            raise Violation("%s takes writes and lacks an acknowledged one" % database.name)
        for other in self.databases.values():
            awake = other.open and other.state == "up" and not self.frozen(other) and self.keepers[other.name].alive()
            if other is not database and awake and not self.clocks_jumped:
                raise Violation("%s and %s take writes at the same time" % (other.name, database.name))
