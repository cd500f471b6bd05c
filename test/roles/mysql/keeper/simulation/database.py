"""A model of a replicated database: what is written where, what a crash keeps, and who acknowledges what.

A log is the node of its last transaction; each node knows the one before it. So two logs share exactly what they share.
"""

from __future__ import annotations


class Node(object):
    """A transaction after all that came before it. It is also the position and the history of a daemon."""

    __slots__ = ("parent", "depth")

    def __init__(self, parent):
        self.parent = parent
        self.depth = 0 if parent is None else parent.depth + 1

    def covers(self, other):
        """Positions are compared by their number, as the daemons do; content is compared by `contains`."""
        return self.depth >= other.depth

    def contains(self, other):
        node = self
        while node.depth > other.depth:
            node = node.parent
        return node is other


class Connection(object):
    """From a replica to the leader whose transactions it takes."""

    __slots__ = ("replica", "leader", "boot", "taken", "served", "heard")

    def __init__(self, replica, leader):
        self.replica, self.leader, self.boot = replica, leader, leader.boot
        self.taken = self.served = True  # by each of its two ends
        self.heard = replica.world.events.now


class Database(object):
    def __init__(self, world, name):
        self.world, self.name = world, name
        self.root = world.root
        self.frozen_until = 0.0
        self.hung_since = None
        self.kept_aside = []
        self.wipe()

    def wipe(self):
        """An empty disk."""
        self.log = self.committed = self.received = self.root
        self.fresh, self.state, self.boot = True, "off", ""
        self.open = self.armed = self.listening = self.applying = False
        self.open_term, self.source, self.broken = 0, None, ""
        self.connection, self.unlocked, self.conns, self.attempt = None, set(), {}, 0

    # --- what happens to it ---
    def crash(self):
        """The process ends. What was received and not applied is gone."""
        self.state, self.open, self.armed = "off", False, False
        self.listening = self.applying = False
        self.received = self.log
        self.hang_up()
        for name in list(self.conns):
            self.end(name)
        self.frozen_until = 0.0

    def start(self, role):
        """As a replica, it cuts off what is in its log and was not committed, and even a little more."""
        if self.state != "off":
            return
        if role == "replica":
            cut = self.world.random.choice((0, 0, 1, 2))
            keep = max(0, self.committed.depth - cut)
            while self.log.depth > keep:
                self.log = self.log.parent
        self.committed = self.received = self.log
        self.state, self.boot = "up", "boot%d" % next(self.world.boots)
        self.open_term, self.broken = 0, ""

    def hang_up(self):
        if self.connection is not None:
            self.connection.taken = False
        self.connection = None

    # --- what its keeper does ---
    def write(self):
        """A program writes: the transaction is in the log, and waits for an acknowledgement."""
        self.log = self.received = Node(self.log)
        if not self.armed:
            self.acknowledge(self.log)
        for connection in list(self.conns.values()):
            self.world.send(self.name, connection.replica.name, connection.replica.receive, connection, self.log)

    def acknowledge(self, node):
        if node.depth > self.committed.depth and self.log.contains(node):
            self.committed = node
            self.world.acknowledged(self, node)

    def lock(self, names):
        for name in names:
            self.unlocked.discard(name)
            self.end(name)

    def end(self, name):
        """Of a leader: its end of a connection. The replica notices it at once, or as nothing comes any more."""
        connection = self.conns.pop(name, None)
        if connection is not None:
            connection.served = False
            notices = 0.05 if self.world.reachable(self.name, name) else 3.0
            self.world.events.at(notices, connection.replica.ended, connection)

    def ended(self, connection):
        if self.connection is connection:
            self.connection = None
            self.attempt += 1
            self.connect(connection.leader, self.attempt)

    def follow(self, leader):
        """Both daemons throw away what they had received and not yet applied."""
        self.hang_up()
        self.received = self.log
        self.source, self.listening, self.applying = leader.name, True, True
        self.attempt += 1
        self.connect(leader, self.attempt)

    def connect(self, leader, attempt):
        if attempt != self.attempt or not (self.listening and self.source == leader.name and self.connection is None and self.state == "up"):
            return
        if self.world.frozen(self) or not self.world.reachable(self.name, leader.name, both=True):
            self.world.events.at(0.4, self.connect, leader, attempt)
        elif leader.state != "up" or self.world.frozen(leader) or self.name not in leader.unlocked:
            self.world.events.at(0.3, self.connect, leader, attempt)
        elif not leader.log.contains(self.received):
            self.broken, self.listening = "the leader lacks what this member has", False
        else:
            connection = self.connection = leader.conns[self.name] = Connection(self, leader)
            self.acknowledgement(connection, self.received)
            self.world.send(leader.name, self.name, self.receive, connection, leader.log)

    def receive(self, connection, node):
        if not (connection.taken and connection is self.connection and self.state == "up"):
            return
        self.fresh = False
        if node.depth > self.received.depth:
            self.received = node
            self.world.events.at(self.world.random.uniform(0.001, 0.1), self.apply, self.boot)
        self.acknowledgement(connection, node)

    def acknowledgement(self, connection, node):
        leader = connection.leader
        self.world.send(self.name, leader.name, leader.heard, connection, node)

    def heard(self, connection, node):
        if connection.served and self.boot == connection.boot and self.armed and self.state == "up":
            self.acknowledge(node)

    def apply(self, boot):
        if self.state == "up" and self.boot == boot and self.applying and not self.armed:
            self.log = self.committed = self.received

    def stop(self):
        """Takes nothing more from its source. What it has acknowledged is on its way all the same."""
        self.listening = False
        self.hang_up()

    def silent(self):
        """Seconds since the leader was last heard; its heartbeats come twice a second."""
        connection = self.connection
        if connection is None:
            return 0.0
        leader, now = connection.leader, self.world.events.now
        if self.world.reachable(leader.name, self.name) and leader.boot == connection.boot and not self.world.frozen(leader):
            connection.heard = now
        return now - connection.heard

    def waiting(self):
        return self.log is not self.committed and self.armed
