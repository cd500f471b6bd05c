"""One history: a cluster begins, faults strike it at random, they end, and all must be whole again."""

from __future__ import annotations

from machine import Keeper
from model import Config, Handing
from world import Violation, World

TROUBLE = (3.0, 15.0)  # seconds between which faults begin
CALM = 18.0  # when the last one has ended
WATCHDOG = 1.2  # seconds after which a keeper that hangs is ended; less than the lease without its margin
PERSON = 35.0  # when a person says how to go on, where only a person can
LAST = 60.0  # until when all must be whole


class History(object):
    def __init__(self, seed, members=3, faults=4, disks=True):
        names = tuple("db%d" % (index + 1) for index in range(members))
        acks = 0 if seed % 5 == 0 else 1
        self.config = Config(names, names[0], ttl=2.0, margin=0.3, drop=1.5, patience=1.5, isolated=3.0, acks=acks)
        self.world = World(seed, names, self.config.ttl)
        self.random = self.world.random
        self.names, self.disks = names, disks
        self.world.keepers = {}
        for name in names:
            self.world.keepers[name] = Keeper(self.world, self.config, name)
        kinds = [
            self.crash, self.crash, self.freeze, self.freeze_host, self.freeze_keeper, self.crash_keeper, self.power,
            self.power, self.cut, self.cut, self.cut_one_way, self.cut_store, self.cut_pair, self.stop_store, self.lose,
            self.jump, self.lie, self.part, self.hand_over, self.hand_over, self.lose_disk, self.power_all, self.crash_all,
        ]  # fmt: skip
        for _ in range(faults):
            self.world.events.at(self.random.uniform(*TROUBLE), self.strike, kinds)
        self.world.events.process(self.programs(), lambda: 0.0)

    def programs(self):
        """They write to whoever takes writes, wherever that is."""
        while self.world.events.now < LAST:
            for database in self.world.databases.values():
                if database.open and database.state == "up" and not self.world.frozen(database):
                    if database.log.depth - database.committed.depth < 5:
                        database.write()
            yield self.random.uniform(0.05, 0.5)

    # --- faults ---
    def strike(self, kinds):
        """One fault, and often a second one while its consequences are under way."""
        self.random.choice(kinds)()
        if self.random.random() < 0.4:
            self.world.events.at(self.random.uniform(0.1, 3.0), self.random.choice((self.crash, self.power, self.cut)))

    def victim(self):
        """The leader half of the time."""
        holder = self.world.store.holder
        return holder if holder is not None and self.random.random() < 0.5 else self.random.choice(self.names)

    def length(self):
        return min(self.random.choice((0.3, 1.0, 3.0, 8.0)), CALM - self.world.events.now)

    def note(self, *words):
        self.world.note("%s" % " ".join(str(word) for word in words))

    def crash(self):
        name = self.victim()
        self.note("crash", name)
        self.world.databases[name].crash()

    def freeze(self):
        name, seconds = self.victim(), self.length()
        self.note("freeze daemon", name, seconds)
        self.hold(self.world.databases[name], seconds)

    def hold(self, what, seconds):
        what.frozen_until = max(what.frozen_until, self.world.events.now + seconds)

    def freeze_host(self):
        name, seconds = self.victim(), self.length()
        self.note("freeze host", name, seconds)
        self.hold(self.world.databases[name], seconds)
        self.hold(self.world.keepers[name], seconds)

    def freeze_keeper(self):
        name, seconds = self.victim(), self.length()
        keeper = self.world.keepers[name]
        self.note("freeze keeper", name, seconds)
        self.hold(keeper, seconds)
        if seconds > WATCHDOG:
            self.world.events.at(WATCHDOG, self.watchdog, keeper, keeper.generation)

    def watchdog(self, keeper, generation):
        if keeper.generation == generation:
            keeper.frozen_until = 0.0
            self.restart(keeper)

    def crash_keeper(self):
        name = self.victim()
        self.note("crash keeper", name)
        keeper = self.world.keepers[name]
        keeper.stop()
        keeper.close()
        self.world.events.at(self.random.choice((0.5, 4.0)), self.power_on, keeper, keeper.generation)

    def restart(self, keeper):
        keeper.stop()
        keeper.start()

    def power(self, name=None):
        name = name or self.victim()
        self.note("power off", name)
        keeper = self.world.keepers[name]
        keeper.stop()
        keeper.frozen_until = 0.0
        self.world.databases[name].crash()
        self.world.events.at(self.length(), self.power_on, keeper, keeper.generation)

    def power_on(self, keeper, generation):
        if keeper.generation == generation:
            keeper.start()

    def power_all(self):
        for name in self.names:
            self.power(name)

    def crash_all(self):
        self.note("crash all")
        for database in self.world.databases.values():
            database.crash()

    def lose_disk(self):
        if not self.disks:
            return
        name = self.victim()
        self.note("lose disk", name)
        self.power(name)
        database = self.world.databases[name]
        database.wipe()
        database.lost_disk = True

    def block(self, pairs, seconds):
        pairs = [pair for pair in pairs if pair not in self.world.blocked]
        self.world.blocked.update(pairs)
        self.world.events.at(seconds, self.world.blocked.difference_update, pairs)

    def others(self, name):
        return [other for other in self.names if other != name] + ["store"]

    def cut(self):
        name, seconds = self.victim(), self.length()
        self.note("cut", name, seconds)
        out = [(name, other) for other in self.others(name)]
        self.block(out + [(other, one) for one, other in out], seconds)

    def part(self):
        """The leader is cut off until another one leads. As it comes back, the other one goes."""
        name = self.world.store.holder
        if name is not None:
            seconds = self.random.uniform(2.0, 4.5)
            self.note("cut off, then its successor goes", name, seconds)
            out = [(name, other) for other in self.others(name)]
            self.block(out + [(other, one) for one, other in out], seconds)
            self.world.events.at(seconds + self.random.uniform(0.05, 1.0), self.successor_goes, name)

    def successor_goes(self, before):
        holder = self.world.store.holder
        if holder not in (None, before):
            self.power(holder)

    def cut_one_way(self):
        name, seconds = self.victim(), self.length()
        pairs = [(name, other) for other in self.others(name)]
        if self.random.random() < 0.5:
            pairs = [(other, one) for one, other in pairs]
        self.note("cut one way", pairs, seconds)
        self.block(pairs, seconds)

    def cut_store(self):
        name, seconds = self.victim(), self.length()
        self.note("cut from the store", name, seconds)
        self.block([(name, "store"), ("store", name)], seconds)

    def cut_pair(self):
        one, seconds = self.victim(), self.length()
        other = self.random.choice([name for name in self.names if name != one])
        self.note("cut", one, "and", other, seconds)
        self.block([(one, other), (other, one)], seconds)

    def stop_store(self):
        seconds = self.length()
        self.note("store without majority", seconds)
        self.world.store.stop(seconds)

    def lose(self):
        self.world.loss = self.random.choice((0.02, 0.2))
        self.note("loss", self.world.loss)
        self.world.events.at(self.length(), self.keep)

    def keep(self):
        self.world.loss = 0.0

    def jump(self):
        name = self.victim()
        by = self.random.uniform(-10.0, 10.0)
        self.note("clock jumps", name, by)
        self.world.keepers[name].offset += by
        self.world.clocks_jumped = True

    def lie(self):
        """The leader is cut off from the store, and its clock tells it that its lease is young."""
        name = self.world.store.holder
        if name is not None:
            self.note("cut from the store with a clock that went back", name)
            self.world.keepers[name].offset -= 8.0
            self.world.clocks_jumped = True
            self.block([(name, "store"), ("store", name)], 6.0)

    def hand_over(self):
        holder = self.world.store.holder
        if holder is None:
            return
        to = self.random.choice([name for name in self.names if name != holder])
        keeper = self.world.keepers[holder]
        self.note("hand over", holder, to)
        if keeper.memory.term:
            keeper.memory = keeper.memory._replace(handing=Handing(to, keeper.clock() + 3.0))

    # --- what must be in the end ---
    def run(self):
        self.world.events.run(CALM + 2.0)
        while self.world.events.now < LAST:
            if not self.lacking():
                return self.world.events.now
            if self.world.events.now >= PERSON and self.may_wait():
                self.force()
            self.world.events.run(self.world.events.now + 1.0)
        raise Violation("not whole again: " + self.lacking())

    def force(self):
        """A person takes the member that has most, knowing what may be lost."""
        self.world.forced = True
        name = max(self.names, key=lambda one: (not self.world.databases[one].fresh, self.world.databases[one].received.depth))
        keeper = self.world.keepers[name]
        keeper.memory = keeper.memory._replace(forced=True, rest=0.0)

    def lacking(self):
        """What is not as it should be; nothing when all is whole."""
        world = self.world
        leaders = [one for one in world.databases.values() if one.open and one.state == "up"]
        if len(leaders) != 1:
            return "%d leaders" % len(leaders)
        (leader,) = leaders
        if not leader.log.contains(world.last) and not world.forced:
            return "acknowledged writes"
        sync = world.store.sync
        if sync is None or not sync.complete or len(sync.members) != len(self.names) - 1:
            return "members of the set: %s" % (sync,)
        for database in world.databases.values():
            if database is not leader and (database.connection is None or database.source != leader.name):
                return "%s does not follow" % database.name
        return ""

    def may_wait(self):
        """Whether nobody can know that a member has all acknowledged writes, so that a person must say."""
        sync = self.world.store.sync
        if sync is None:
            return any(getattr(one, "lost_disk", False) for one in self.world.databases.values())
        if not getattr(self.world.databases[sync.leader], "lost_disk", False):
            return False
        boots = {(name, one.boot) for name, one in self.world.databases.items()}
        return not sync.complete or not sync.members <= boots


def play(seed, members, faults, disks=True):
    """Runs one history. Returns the seconds until all was whole again, or raises a Violation."""
    history = History(seed, members, faults, disks)
    try:
        return history.run()
    except Violation as violation:
        violation.log = history.world.log
        raise
