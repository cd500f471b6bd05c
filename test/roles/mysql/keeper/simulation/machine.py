"""A keeper in virtual time: the same decisions as on a host, with a model of everything around them."""

from __future__ import annotations

from decide import decide, fenced, lost, won
from model import Answer, Daemon, Leader, Memory, Store, View

LIMIT = 0.7  # seconds for a request


class Keeper(object):
    def __init__(self, world, config, name):
        self.world, self.config, self.name = world, config, name
        self.database = world.databases[name]
        self.rate = world.random.uniform(0.995, 1.005)
        self.offset = world.random.uniform(0.0, 100.0)
        self.generation = 0
        self.frozen_until = 0.0
        self.up = False
        self.copying = False
        self.start()

    def clock(self):
        return self.world.events.now * self.rate + self.offset

    def start(self):
        self.generation += 1
        self.up = True
        self.memory = Memory()
        self.answers, self.looked, self.sees = {}, self.clock(), 0
        if self.database.open:  # what ends a keeper closes its database
            self.close()
        self.world.events.process(self.loop(), self.waits())
        self.world.events.process(self.renewals(), self.waits())
        self.world.events.process(self.guard(), self.waits())

    def stop(self):
        self.up = False
        self.generation += 1
        self.copying = False

    def waits(self):
        generation = self.generation

        def now():
            if generation != self.generation:
                return None
            return max(0.0, self.frozen_until - self.world.events.now)

        return now

    # --- its three threads ---
    def guard(self):
        while True:
            if self.database.open and self.clock() >= self.memory.deadline:
                self.close()
            yield 0.1

    def renewals(self):
        while True:
            term, asked = self.memory.term, self.clock()
            if term and asked - self.looked < 3.0:
                result = []
                yield from self.ask_store(lambda store: store.renew(term), result)
                if result and self.memory.term == term:
                    self.memory = self.winning(term, asked) if result[0] else lost(self.memory)
            yield self.config.ttl / 6

    def loop(self):
        while True:
            view = []
            yield from self.look(view)
            self.looked = self.clock()
            self.memory, actions = decide(view[0], self.memory)
            done = False
            for action in actions:
                result = []
                yield from self.act(action, result)
                if not result:
                    break
                done = True
            yield 0.01 if done else self.world.random.uniform(0.2, 0.4)

    # --- what it sees ---
    def look(self, view):
        began = self.clock()
        daemon = self.observe()
        yield 0.005
        asked, result = self.clock(), []
        yield from self.ask_store(self.snapshot, result)
        store = result[0]._replace(asked=asked) if result else None
        self.sees = store.leader.term if store is not None and store.leader is not None else 0
        asked = self.clock()
        passed = 0.0
        delays = sorted((self.world.delay(), name) for name in self.config.members if name != self.name)
        for delay, name in delays:
            other = self.world.keepers[name]
            if not self.world.reachable(self.name, name, both=True) or self.world.lost() or not other.alive():
                delay = LIMIT
            if delay > passed:
                yield delay - passed
                passed = delay
            if delay < LIMIT and other.alive():
                self.answers[name] = other.answer(asked)
        view.append(View(self.name, self.config, began, self.clock(), daemon, store, dict(self.answers)))

    def snapshot(self, store):
        store.tick()
        leader = Leader(store.holder, store.term) if store.holder is not None else None
        return Store(0.0, leader, store.sync, store.paused)

    def alive(self):
        return self.up and self.frozen_until <= self.world.events.now

    def answer(self, asked):
        return Answer(asked, self.observe(), self.memory.fence, self.sees)

    def observe(self):
        database = self.database
        if self.copying:
            return Daemon("copying")
        state = database.state
        if state == "up" and self.world.frozen(database):
            if database.hung_since is None:
                database.hung_since = self.world.events.now
            hung = self.world.events.now - database.hung_since >= 2.0
            return Daemon("hung" if hung else "slow", database.boot)
        database.hung_since = None
        return Daemon(
            state,
            database.boot,
            database.fresh,
            database.open,
            database.armed,
            database.source,
            database.listening,
            database.connection is not None,
            database.applying,
            database.silent(),
            database.received,
            database.log,
            database.log,
            database.broken,
            frozenset(database.unlocked),
        )

    def ask_store(self, question, result):
        """One request. It may be carried out although its answer is lost."""
        world = self.world
        there, back = world.delay(), world.delay()
        if not world.reachable(self.name, "store") or world.lost():
            yield LIMIT
            return
        yield there
        if not world.store.answers():
            yield LIMIT
            return
        answer = question(world.store)
        if not world.reachable("store", self.name) or world.lost():
            yield LIMIT
            return
        yield back
        result.append(answer)

    # --- what it does ---
    def act(self, action, result):
        verb, value = action
        database = self.database
        if verb in ("campaign", "adopt", "write", "give-back"):
            yield from self.act_on_store(verb, value, result)
            return
        if verb == "fence":
            yield from self.fence(*value)
            result.append(True)
            return
        yield 1.5 if self.world.random.random() < 0.02 else self.world.random.choice((0.002, 0.01, 0.05))
        if verb == "kill":
            database.crash()
        elif verb == "start":
            yield self.world.random.choice((0.3, 1.0))
            database.start(value)
        elif verb == "close":
            yield from self.closing()
        elif verb == "copy":
            yield from self.copy(value)
        elif self.world.frozen(database) or database.state != "up":
            return  # it does not answer: what would come next is not done
        else:
            self.act_on_database(verb, value)
        result.append(True)

    def act_on_database(self, verb, value):
        database, memory = self.database, self.memory
        if verb == "open":
            if memory.term == value and self.clock() < memory.deadline:
                self.open(value)
        elif verb == "found":
            database.fresh = False
        elif verb == "shut":
            if not database.waiting():
                database.open = False
        elif verb == "follow":
            if value.term >= memory.fence and not database.open:
                database.follow(self.world.databases[value.name])
        elif verb == "forget":
            database.stop()
            database.received = database.log
            database.source = None
        elif verb == "stop":
            database.stop()
        elif verb == "apply":
            database.applying = True
            self.world.events.at(0.02, database.apply, database.boot)
        elif verb in ("arm", "disarm"):
            database.armed = verb == "arm"
            database.apply(database.boot)
        elif verb == "lock":
            database.lock(value)
        elif verb == "unlock":
            database.unlocked |= value
        else:
            raise ValueError(verb)

    def open(self, term):
        self.database.open, self.database.open_term = True, term
        self.world.opened(self.database)

    def close(self):
        """What a guard does: at once, or it ends the daemon."""
        if self.world.frozen(self.database) or self.database.waiting():
            if self.world.random.random() < 0.3 and not self.world.frozen(self.database):
                self.database.committed = self.database.log  # its sessions were ended: they commit, unacknowledged
            else:
                self.database.crash()
        self.database.open = False

    def closing(self):
        yield 0.01
        if self.database.waiting():
            yield 0.35
        self.close()

    def act_on_store(self, verb, value, result):
        asked, answer, memory = self.clock(), [], self.memory
        if verb == "campaign":
            yield from self.ask_store(lambda store: store.campaign(self.name), answer)
            if answer and answer[0]:
                self.memory = self.winning(answer[0], asked)
                result.append(True)
        elif verb == "adopt":
            yield from self.ask_store(lambda store: store.renew(value), answer)
            if answer and answer[0]:
                self.memory = self.winning(value, asked)
                result.append(True)
        elif verb == "write":
            yield from self.ask_store(lambda store: store.write(memory.term, value), answer)
            if answer and answer[0]:
                result.append(True)
        elif verb == "give-back":
            self.memory = lost(memory)
            if self.database.open:
                self.close()
            yield from self.ask_store(lambda store: store.give_back(memory.term), answer)
            result.append(True)

    def winning(self, term, asked):
        return won(self.memory, term, asked, self.clock(), self.config.ttl - self.config.margin)

    def fence(self, term, names):
        for name in sorted(names):
            asked, other = self.clock(), self.world.keepers[name]
            yield self.world.delay()
            if not self.world.reachable(self.name, name) or self.world.lost() or not other.alive():
                continue
            if not other.take_fence(term):
                continue
            yield self.world.delay()
            if self.world.reachable(name, self.name):
                self.answers[name] = other.answer(asked)

    def take_fence(self, term):
        if term < self.memory.fence or term < self.memory.term or self.world.frozen(self.database):
            return False
        self.memory = fenced(self.memory, term)
        if self.database.state == "up":
            self.database.stop()
        return True

    def copy(self, donor):
        """Replaces the data by the donor's. The old ones are kept aside."""
        database, other = self.database, self.world.databases[donor]
        if not self.world.reachable(self.name, donor, both=True) or other.state != "up":
            return
        self.copying = True
        tip = other.log
        yield self.world.random.uniform(0.5, 2.0)
        self.copying = False
        if not self.world.reachable(self.name, donor, both=True) or other.state != "up":
            return
        if not database.fresh:
            database.kept_aside.append(database.log)
        aside = database.kept_aside
        database.wipe()
        database.kept_aside = aside
        database.log = database.committed = database.received = tip
        database.fresh = False
        database.start("leader")
