"""What a keeper sees, remembers and does. Values only; decide.py says what follows from them."""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, NamedTuple, Optional, Tuple

# A member of the set: its name, and the boot of its daemon. A daemon that was started again has thrown away what it had
# received and not applied, so what it acknowledged before does not count for its new boot.
Entry = Tuple[str, str]


class Position(object):
    """Transactions that a daemon has. Two of one history are always comparable."""

    def covers(self, other: Any) -> bool:
        """Whether these are all of the other's transactions, or more."""
        raise NotImplementedError


class History(object):
    """All transactions that a daemon's data come from, with the servers that wrote them."""

    def contains(self, position: Any) -> bool:
        """Whether a daemon at this position has nothing that this daemon lacks."""
        raise NotImplementedError


class Daemon(NamedTuple):
    """The database of one host, as its keeper saw it."""

    # off · starting · up · slow (this look got no answer) · hung (none for `hang` seconds) · copying (its data are replaced)
    state: str
    boot: str = ""
    fresh: bool = False  # it has no data of anybody
    open: bool = False  # it takes writes
    armed: bool = False  # its commits wait for an acknowledgement
    source: Optional[str] = None  # the member that it is configured to follow
    listening: bool = False  # it takes transactions from its source, or tries to
    connected: bool = False  # it is connected to its source
    applying: bool = False
    silent: float = 0.0  # seconds since anything came from its source, while it is connected
    received: Any = None  # Position: all it has received, applied or not
    applied: Any = None  # Position: all it has applied or written
    history: Any = None  # History
    broken: str = ""  # why it can't follow with the data that it has
    unlocked: FrozenSet[str] = frozenset()  # members that may take its transactions, and so acknowledge them


class Leader(NamedTuple):
    """Who holds the lease. `term`: the revision of the store at which the key was created."""

    name: str
    term: int


class Sync(NamedTuple):
    """The last leader that took writes, and the members that may have acknowledged its writes."""

    leader: str
    term: int
    members: FrozenSet[Entry] = frozenset()
    complete: bool = False  # every acknowledged write is on at least one of `members`
    next: Optional[str] = None  # the member to which the leader has handed over


class Store(NamedTuple):
    """What the quorum store said. `asked`: the time before the request was sent."""

    asked: float
    leader: Optional[Leader] = None
    sync: Optional[Sync] = None
    paused: bool = False


class Answer(NamedTuple):
    """What another keeper said of its member. `asked`: the time before the request was sent, by this host's clock."""

    asked: float
    daemon: Daemon
    fence: int = 0  # it takes nothing from leaders of a lower term
    sees: int = 0  # the term of the leader that it sees; 0: none


class Config(NamedTuple):
    """Times in seconds."""

    members: Tuple[str, ...]
    primary: str  # the member that begins a new cluster
    ttl: float = 5.0  # of the lease
    margin: float = 0.5  # a leader closes so long before its lease can end
    quiet: float = 2.0  # a member that has heard nothing of its leader for so long takes nothing more, until it hears of it
    drop: float = 2.0  # a member that has not followed for so long leaves the set
    patience: float = 2.0  # how long others wait for the member that should lead
    backoff: float = 1.0  # how long a member that could not lead waits before it tries again
    handing: float = 3.0  # how long a planned move may take
    isolated: float = 5.0  # a leader whom nobody has followed for so long gives the others a chance
    acks: int = 1  # copies that must have a write before it is acknowledged: 1, or 0


class Handing(NamedTuple):
    """A planned move that is under way."""

    to: str
    until: float


class Move(NamedTuple):
    """That this member became the leader though nobody had asked for it: in place of which one, and when."""

    before: str
    at: float


class Memory(NamedTuple):
    """What one look can't show. It is lost when the keeper ends, and nothing is lost with it."""

    term: int = 0  # the term of the lease that this member holds; 0: none
    deadline: float = 0.0  # until when it may take writes
    won: float = 0.0  # when it got the lease
    fence: int = 0
    vacant: Optional[float] = None  # since when nobody leads
    rest: float = 0.0  # it does not try to lead before this time
    gave_way: float = 0.0  # when it last gave the others a chance
    handing: Optional[Handing] = None
    forced: bool = False  # a person has said that this member must lead, whatever is lost
    said: Tuple[Tuple[Entry, Any], ...] = ()  # what each of the set had at the last look of this leader
    well: Tuple[Tuple[Entry, float], ...] = ()  # when each of the set was last seen to follow this leader


class View(NamedTuple):
    """All that a decision is made of. `began`: when this look began; what is older is not fresh."""

    me: str
    config: Config
    began: float
    now: float
    daemon: Daemon
    store: Optional[Store]
    answers: Dict[str, Answer]


class Action(NamedTuple):
    """One thing to do. What each does is in docs/keeper.md; `value` depends on the verb."""

    verb: str
    value: Any = None
