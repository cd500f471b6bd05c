"""What the keeper says of its member and of the cluster, for balancers, monitoring, the tool and people."""

from __future__ import annotations

import math
import time
from typing import Any, Dict, List, Optional, Tuple

import copies
from clock import now

Reply = Tuple[int, Any]
OLD = 2.0  # seconds after which what the loop has seen no longer counts


class Status(object):
    def __init__(self, keeper: Any):
        self.keeper = keeper

    # --- what balancers ask ---
    def read(self, path: str, query: Dict[str, List[str]]) -> Reply:
        checks = {
            "/primary": self.is_leader, "/leader": self.is_leader, "/read-write": self.is_leader,
            "/part": self.takes_part, "/health": self.answers, "/readiness": self.answers, "/liveness": self.is_alive,
            "/sync": lambda: self.serves_reads() and self.is_sync(),
            "/async": lambda: self.serves_reads() and not self.is_sync(),
        }  # fmt: skip
        if path in checks:
            return (200 if checks[path]() else 503), self.document()
        if path in ("/replica", "/read-only"):
            lag = query.get("lag", ["3600"])[0]
            if not lag.isdigit():
                return 400, "`lag` must be whole seconds"
            good = self.serves_reads(int(lag)) or (path == "/read-only" and self.is_leader())
            return (200 if good else 503), self.document()
        if path in ("/", "/patroni", "/member"):
            return (200 if path != "/member" or self.is_leader() or self.follows() else 503), self.document()
        if path == "/cluster":
            return 200, self.cluster()
        return 404, "no such path"

    def is_alive(self) -> bool:
        return now() - self.keeper.looked < OLD

    def answers(self) -> bool:
        return self.is_alive() and self.keeper.seen.state == "up"

    def is_leader(self) -> bool:
        """Open, and certain that nobody else is."""
        memory, seen = self.keeper.memory, self.keeper.seen
        open_ = seen.open and memory.handing is None
        return open_ and bool(memory.term) and now() < memory.deadline and self.is_alive()

    def takes_part(self) -> bool:
        """Leads or follows. A leader may be closed for a moment, while members take copies."""
        return self.follows() or bool(self.answers() and self.keeper.memory.term)

    def is_sync(self) -> bool:
        sync = self.keeper.sync
        return sync is not None and (self.keeper.settings.name, self.keeper.seen.boot) in sync.members

    def follows(self) -> bool:
        """Whether it takes part as a copy. It has followed once: copies go on answering when the leader is gone."""
        seen = self.keeper.seen
        takes = seen.source is not None and seen.applying and not seen.open
        return self.answers() and takes and self.behind() is not None

    def serves_reads(self, lag: float = math.inf) -> bool:
        """Whether reads may come here: not to a former leader, until its programs have noticed. `lag`: seconds behind at most."""
        behind = self.behind()
        refuses = self.keeper.database.refusing is not None
        return self.follows() and not refuses and behind is not None and behind <= lag

    def behind(self) -> Optional[float]:
        """Seconds; None: not known."""
        database = self.keeper.database
        if database.replica is None or not database.heard:
            return None
        silent = now() - database.heard
        if self.keeper.seen.applied is not None and self.keeper.seen.applied.covers(self.keeper.seen.received):
            return silent
        behind = database.engine.lag(database.replica)
        return silent + (behind or 0)

    # --- what people and the tool ask ---
    def document(self) -> Dict[str, Any]:
        keeper, seen = self.keeper, self.keeper.seen
        store, sync = keeper.store, keeper.sync
        lag = self.behind()
        return {
            "state": "running" if seen.state == "up" else seen.state,
            "role": "primary" if self.is_leader() else "replica",
            "timeline": sync.term if sync is not None else 0,
            "gtid": "" if seen.applied is None else str(seen.applied),
            "received": "" if seen.received is None else str(seen.received),
            "boot": seen.boot,
            "open": seen.open,
            "source": seen.source,
            "lag": None if lag is None else round(lag, 1),
            "sync": None if sync is None else {"leader": sync.leader, "term": sync.term, "complete": sync.complete,
                                               "members": sorted("%s@%s" % one for one in sync.members)},
            "store": store is not None,
            "pause": store is not None and store.paused,
            "dcs_last_seen": int(time.time() - (now() - store.asked)) if store is not None else 0,
            "waits_for": self.waiting(),
            "reason": keeper.reason or seen.broken,
            "kept_aside": copies.aside(),
            "patroni": {"version": "1", "scope": keeper.settings.cluster, "name": keeper.settings.name},
        }  # fmt: skip

    def cluster(self) -> Dict[str, Any]:
        keeper = self.keeper
        answers = keeper.peers.look(keeper.config.members)
        store = keeper.store
        leader = store.leader.name if store is not None and store.leader is not None else None
        sync = store.sync.members if store is not None and store.sync is not None else frozenset()
        members = []
        for name, member in keeper.settings.members.items():
            seen = keeper.seen if name == keeper.settings.name else answers[name].daemon if name in answers else None
            fresh = name == keeper.settings.name or (name in answers and now() - answers[name].asked < OLD)
            role = "leader" if name == leader else "sync_standby" if seen and (name, seen.boot) in sync else "replica"
            state = "unreachable" if not fresh or seen is None else "streaming" if seen.connected else seen.state
            members.append({
                "name": name, "role": role, "state": "running" if state == "up" else state,
                "host": member.address, "port": keeper.settings.database_port,
                "gtid": "" if seen is None or seen.received is None else str(seen.received),
            })  # fmt: skip
        return {"members": members, "scope": keeper.settings.cluster, "pause": store is not None and store.paused}

    # --- why something is not done ---
    def waiting(self) -> str:
        """Whom or what a cluster without a leader waits for, as words after `it waits for`; empty when there is a leader."""
        keeper, store = self.keeper, self.keeper.store
        if keeper.settings.alone:
            source = keeper.seen.source
            return "" if source is None else "a person: it has followed %s, which may have more" % source
        if store is None:
            return "an answer of the store"
        if store.leader is not None:
            return ""
        if store.sync is None:
            silent = [name for name in keeper.config.members if name != keeper.settings.name and not self.fresh(name)]
            return "all members to say what data they have, before a cluster begins" + listed(" (no answer: %s)", silent)
        sync = store.sync
        missing = sorted({name for name, boot in sync.members if not self.same_boot(name, boot)})
        if not sync.complete or missing:
            return "%s, which led last and has every acknowledged write%s" % (
                sync.leader, listed(", or %s as they were", missing if sync.complete else []))  # fmt: skip
        return "a member to take the lease"

    def fresh(self, name: str) -> bool:
        answer = self.keeper.peers.answers.get(name)
        return answer is not None and now() - answer.asked < OLD and answer.daemon.state == "up"

    def same_boot(self, name: str, boot: str) -> bool:
        if name == self.keeper.settings.name:
            return self.keeper.seen.boot == boot
        return self.fresh(name) and self.keeper.peers.answers[name].daemon.boot == boot

    def best_candidate(self) -> Optional[str]:
        sync = self.keeper.store.sync
        return min((name for name, boot in sync.members if self.same_boot(name, boot)), default=None)

    def refuses_switchover(self, leader: Optional[str], candidate: Optional[str]) -> Optional[Reply]:
        keeper = self.keeper
        if keeper.store is not None and keeper.store.paused:
            return 412, "the cluster is paused, so nobody could take over: resume it first"
        if not self.is_leader():
            return 412, "%s does not lead" % keeper.settings.name
        if leader is not None and leader != keeper.settings.name:
            return 412, "%s does not lead: %s does" % (leader, keeper.settings.name)
        if candidate is not None and candidate not in keeper.settings.members:
            return 400, "%s is not a member" % candidate
        if candidate == keeper.settings.name:
            return 412, "%s leads already" % candidate
        sync = keeper.sync
        ready = set() if sync is None or not sync.complete else {n for n, boot in sync.members if self.same_boot(n, boot)}
        if candidate is None and not ready:
            return 412, "no other member has every acknowledged write"
        if candidate is not None and candidate not in ready:
            return 412, "%s is not in the set of members that have every acknowledged write" % candidate
        return None

    def refuses_failover(self, candidate: Optional[str]) -> Optional[Reply]:
        keeper = self.keeper
        if candidate is not None and candidate != keeper.settings.name:
            return 400, "ask the keeper of %s itself" % candidate
        if keeper.settings.alone:
            return None
        leader = keeper.store.leader if keeper.store is not None else None
        if keeper.store is None:
            return 412, "the store does not answer"
        if leader is not None:
            return 412, "%s holds the lease: ask it to hand over" % leader.name
        return None


def listed(text: str, names: List[str]) -> str:
    return text % ", ".join(names) if names else ""
