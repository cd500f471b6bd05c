"""The keeper of one member of a replicated database. It looks, decides (decide.py), and does what follows, again and again.

Three threads beside the requests: this loop; renewals of the lease; the guard, which closes the database at the deadline.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any, Dict, Iterable, List, Optional

import copies
from alone import decide_alone
from clock import now
from daemon import Database
from decide import decide, fenced, lost, won
from model import Action, Daemon, Handing, Leader, Memory, Move, Store, Sync, View
from peers import Peers, document
from settings import Settings
from sql import Failed, NoAnswer
from store import Keys, Unavailable

log = logging.getLogger("keeper")
TENDED = 10.0  # seconds between two looks at who leads the store
STUCK = 3.0  # seconds after which a loop that hangs renews no lease


class Keeper(object):
    def __init__(self, settings: Settings, database: Database, keys: Keys, renewals: Keys, peers: Peers):
        self.settings, self.config = settings, settings.config
        self.database, self.keys, self.renewals, self.peers = database, keys, renewals, peers
        self.lock = threading.RLock()
        self.memory = Memory(term=1, deadline=float("inf")) if settings.alone else Memory()
        self.lease: Optional[str] = None
        self.looked = now()
        self.seen = Daemon("off")
        self.store: Optional[Store] = None
        self.reason = ""  # why the last copy or action failed
        self.moved: Optional[Move] = None
        self.wake = threading.Event()

    # --- the three threads ---
    def loop(self, alive) -> None:
        while True:
            progress = self.step()
            self.looked = now()
            alive()
            if not progress:
                self.wake.wait(self.settings.tick)
                self.wake.clear()

    def step(self) -> bool:
        """One look and what follows from it. True: something was done, so the next look comes at once."""
        if self.settings.alone:
            self.seen = self.database.look()
            return self.carry_out(decide_alone(self.seen, self.memory))
        view = self.look()
        with self.lock:
            before = self.memory
            self.memory, actions = decide(view._replace(now=now()), self.memory)
            if before.term and not self.memory.term:
                log.warning("the lease of term %d is over", before.term)
        return self.carry_out(actions)

    def carry_out(self, actions: List[Action]) -> bool:
        """In order, up to the first that fails."""
        for action in actions:
            try:
                if not self.act(action):
                    return False
            except (NoAnswer, Failed, Unavailable, OSError) as error:
                self.reason = "%s: %s" % (action.verb, error)
                log.warning("could not %s", self.reason)
                return False
        return bool(actions)

    def renew(self) -> None:
        tended = 0.0
        while True:
            time.sleep(self.settings.renew)
            with self.lock:
                lease, term = self.lease, self.memory.term
            if term and now() - tended > TENDED:
                tended = now()
                self.renewals.move_leader_away(self.settings.store, self.settings.members[self.settings.name].address)
            if not term or lease is None or now() - self.looked > STUCK:
                continue
            try:
                asked = self.renewals.renew(lease)
            except Unavailable:
                continue
            with self.lock:
                if self.memory.term == term:
                    self.memory = lost(self.memory) if asked is None else self.extended(term, asked)

    def guard(self) -> None:
        """Past its deadline a member takes no writes, whatever the other threads do."""
        while True:
            left = self.memory.deadline - now()
            if left <= 0 and self.may_be_open():
                log.warning("closes at the end of its lease")
                self.database.close()
            time.sleep(min(0.1, max(0.01, left)) if left > 0 else 0.1)

    def may_be_open(self) -> bool:
        return self.seen.open or (self.seen.state in ("slow", "hung") and self.memory.deadline > 0)

    # --- what it sees ---
    @property
    def sync(self) -> Optional[Sync]:
        """The set as the last look found it; None: there is none, or the store said nothing."""
        return self.store.sync if self.store is not None else None

    def look(self) -> View:
        began = now()
        self.seen = self.database.look()
        try:
            self.store = self.keys.look()
        except Unavailable:
            self.store = None
        answers = self.peers.look(self.whom_to_ask())
        return View(self.settings.name, self.config, began, now(), self.seen, self.store, answers)

    def whom_to_ask(self) -> Iterable[str]:
        """A leader, and members without one, ask all; others ask the leader, unless they follow it."""
        store = self.store
        if store is None:
            return ()
        leader = store.leader
        if leader is None or leader.name == self.settings.name:
            return self.config.members
        admitted = store.sync is not None and (self.settings.name, self.seen.boot) in store.sync.members
        return () if admitted and self.seen.connected and self.seen.source == leader.name else (leader.name,)

    def sees(self) -> int:
        """The term of the leader that is seen, once it takes writes."""
        store = self.store
        return store.leader.term if store is not None and store.leader is not None else 0

    # --- what it does ---
    def act(self, action: Action) -> bool:
        verb, value = action
        log.info("%s %s", verb, "" if value is None else value)
        database = self.database
        if verb in ("campaign", "adopt", "write", "give-back", "open", "follow"):
            return getattr(self, verb.replace("-", "_"))(value)
        if verb == "fence":
            self.peers.fence(*value)
        elif verb == "copy":
            copies.copy(self, Leader(value, self.sees()))
        elif verb in ("lock", "unlock"):
            getattr(database, verb)(value)
        elif verb == "start":
            copies.start(self, value)
        elif verb in ("kill", "close", "shut", "arm", "found"):
            getattr(database, verb)()
        else:
            database.tell(getattr(database.engine, verb.upper()))
        return True

    # These two only hold while nobody has got a newer term, so they are done under the lock that a fence takes.
    def open(self, term: int) -> bool:
        with self.lock:
            if self.memory.term != term or now() >= self.memory.deadline:
                return False
            self.seen = self.seen._replace(open=True)  # the guard must know, also if this is never answered
            self.database.open()
        return True

    def follow(self, leader: Leader) -> bool:
        with self.lock:
            if leader.term < self.memory.fence:
                return False
            self.database.follow(leader)
        return True

    def extended(self, term: int, asked: float) -> Memory:
        return won(self.memory, term, asked, now(), self.config.ttl - self.config.margin)

    def campaign(self, _: Any) -> bool:
        lease = self.keys.campaign(self.config.ttl)
        if lease is None:
            return False
        with self.lock:
            self.lease, self.memory = lease.number, self.extended(lease.term, lease.asked)
        log.warning("got the lease: term %d", lease.term)
        return True

    def adopt(self, term: int) -> bool:
        """The lease of an earlier process of this keeper."""
        number = self.keys.lease_of_leader
        asked = self.keys.renew(number)
        if asked is None:
            return False
        with self.lock:
            self.lease, self.memory = number, self.extended(term, asked)
        return True

    def write(self, sync: Any) -> bool:
        before = self.sync
        written = self.keys.write(self.memory.term, sync)
        if written:
            self.peers.wake()
            if before is not None and before.leader != sync.leader and before.next is None:
                self.moved = Move(before.leader, now())
        return written

    def give_back(self, _: Any) -> bool:
        with self.lock:
            lease, self.lease, self.memory = self.lease, None, lost(self.memory)
        if self.seen.open:
            self.database.close()
        if lease is not None:
            self.keys.revoke(lease)
        self.peers.wake()
        return True

    def still_leads(self, leader: Leader) -> bool:
        return self.store is not None and self.store.leader == leader

    # --- what others ask for ---
    def fence(self, term: int) -> bool:
        """Takes nothing more from leaders before this term. False: it has promised that to a newer one."""
        with self.lock:
            if term < self.memory.fence or term < self.memory.term:
                return False
            self.memory = fenced(self.memory, term)
            if self.database.look().state == "up":
                self.database.tell(self.database.engine.STOP, 3.0)
        self.wake.set()
        return True

    def answer(self) -> Dict[str, Any]:
        return document(self.database.look(), self.memory.fence, self.sees())

    def hand_over(self, to: str) -> None:
        with self.lock:
            self.memory = self.memory._replace(handing=Handing(to, now() + self.config.handing))
        self.wake.set()

    def restart(self) -> None:
        """Ends the database in order. The loop starts it again, as it then has to."""
        self.database.unit.stop()
        self.wake.set()

    def force(self) -> None:
        with self.lock:
            self.memory = self.memory._replace(forced=True, rest=0.0)
        self.wake.set()
