"""How a host becomes a voter of the store, and how a voter leaves it. One member is changed at a time, always by the live
list of members, which only a majority can change. Data of a store are never deleted: what must go is moved aside."""
import glob
import os
import secrets
import struct
import subprocess
import time

from store import Absent, NoMajority, Refused, Trouble, answers, ask, client_of, look, status

# etcd refuses a change of members until all voters have been connected for 5 s.
PATIENCE = 50.0
# A learner gets all data of the store before it becomes a voter.
LEARNING = 400.0
PASSING = ("unhealthy cluster", "not enough started members", "in sync with leader", "leader changed", "timed out",
           "no leader", "too many learner")


def say(text):
    print(text, flush=True)


def change(settings, store, path, body, done):
    """Asks for a change of the list of members until it is made: etcd refuses it for reasons that pass by themselves, and a
    change whose leader is lost is never answered. `done`: how etcd refuses a change that an earlier request has made."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            ask(settings, store.url, path, body, 4.0)
            return
        except Trouble as error:
            if done in str(error):
                return
            passes = any(words in str(error) for words in PASSING) or not isinstance(error, Refused)
            if time.monotonic() > end or not passes:
                raise
        time.sleep(0.3)


def identity(data):
    """(cluster, member) as the log of the data has them, as decimal strings; `None` where there is no log.

    Each segment of the log begins with a checksum record and a metadata record. A record is framed by its length, with the
    length of its padding in the highest byte (etcd, server/wal/encoder.go)."""
    segments = sorted(glob.glob(os.path.join(glob.escape(data), "member", "wal", "*.wal")))
    if not segments:
        return None
    with open(segments[-1], "rb") as file:
        head = file.read(4096)
    at = 0
    for _ in range(2):
        (frame,) = struct.unpack_from("<Q", head, at)
        size = frame & ~(0xFF << 56)
        record = fields_of(head[at + 8:at + 8 + size])
        if record.get(1) == 1:
            metadata = fields_of(record.get(3, b""))
            return str(metadata.get(2, 0)), str(metadata.get(1, 0))
        at += 8 + size + ((frame >> 56) & 7 if frame >> 63 else 0)
    raise Trouble(f"cannot read the head of {segments[-1]}")


def fields_of(message):
    """The fields of a protobuf message that has numbers and bytes only."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = number()
        value = number()
        if key & 7 == 2:
            value, at = message[at:at + value], at + value
        found[key >> 3] = value
    return found


def move_aside(settings, why):
    """Data that this host must not use any more stay on its disk, under a name that says when and why."""
    if not os.path.lexists(settings.data) or (os.path.isdir(settings.data) and not os.listdir(settings.data)):
        return
    aside = f"{settings.data}.{why}-{time.strftime('%Y-%m-%dT%H%M%SZ', time.gmtime())}"
    os.rename(settings.data, aside)
    say(f"moved {settings.data} to {aside}")


def write_start(settings, state, members):
    """What etcd needs at its first start alone. In /run, and removed by the unit: no later start can use it."""
    os.makedirs(os.path.dirname(settings.start), exist_ok=True)
    lines = [f"ETCD_INITIAL_CLUSTER={','.join(f'{name}={url}' for name, url in members)}",
             f"ETCD_INITIAL_CLUSTER_STATE={state}"]
    if state == "new":
        # A store that is founded again is another one, which no member of the old one can take for its own.
        lines.append(f"ETCD_INITIAL_CLUSTER_TOKEN=provision-{secrets.token_hex(8)}")
    with open(settings.start, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def found(settings):
    """The first voter of a new store. The role asks for it only where every voter said in this run that it has no data."""
    if identity(settings.data) is not None:
        raise Trouble(f"{settings.data} has the data of a store. A new one is not founded over it")
    if os.path.exists(settings.known):
        raise Trouble(f"this host was a voter before. Remove {settings.known} to found an empty store")
    for one in settings.others():
        try:
            status(settings, one["client"])
        except Absent:
            continue
        except Trouble as error:
            # Other roles' stages may not have opened the port yet; without data, nothing can answer there as a store.
            if "no answer" in str(error) or "No route" in str(error):
                continue
            raise Trouble(f"{one['name']} answers as a voter: {error}. A new store is not founded beside it") from error
        raise Trouble(f"{one['name']} answers as a voter. A new store is not founded beside it")
    move_aside(settings, "without-log")
    write_start(settings, "new", [(settings.name, settings.peer)])
    say(f"{settings.name} founds a new store")


def join(settings):
    """A place in the living store for a host without data. It starts as a learner, whose absence harms nobody."""
    if identity(settings.data) is not None:
        raise Trouble(f"{settings.data} has the data of a store, and is not thrown away")
    store = look(settings, settings.others())
    for old in store.members:
        if old.name == settings.name or settings.peer in old.peers:
            say(f"removes the former member {old.title()} of this host, whose data are lost")
            remove(settings, store, old)
    for gone in strangers(settings, store):
        if answers(settings, gone) is None:
            say(f"removes {gone.title()}, which left the inventory and does not answer")
            remove(settings, store, gone)
    move_aside(settings, "without-log")
    body = {"peerURLs": [settings.peer], "isLearner": True}
    change(settings, store, "/v3/cluster/member/add", body, "already exists")
    entries = look(settings, settings.others()).members
    members = [(one.name or settings.name, url) for one in entries for url in one.peers
               if one.name or settings.peer in one.peers]
    write_start(settings, "existing", members)
    say(f"added {settings.name} as a learner")


def remove(settings, store, member):
    """Removes a member. A leader hands over first."""
    url = client_of(settings, member)
    heir = next((one for one in store.voting() if one.id != member.id and client_of(settings, one) == store.url), None)
    if url is not None and heir is not None:
        try:
            if status(settings, url).get("leader") == member.id:
                ask(settings, url, "/v3/maintenance/transfer-leadership", {"targetID": heir.id}, 6.0)
        except Trouble:
            pass  # it does not answer, so it does not lead for long
    change(settings, store, "/v3/cluster/member/remove", {"ID": member.id}, "member not found")


def strangers(settings, store):
    """Members that left the inventory. One that only moved still has its name or its URL."""
    names = {one["name"] for one in settings.voters}
    urls = {one["peer"] for one in settings.voters}
    return [one for one in store.members if one.name not in names and not urls & set(one.peers)]


def settle(settings, last):
    """Waits until this host is a voter, and helps where that needs a change of the list. `last`: then former voters go."""
    began = time.monotonic()
    end = began + PATIENCE
    rejoined = False
    while True:
        own = identity(settings.data)
        try:
            store = look(settings, settings.others() + [one for one in settings.voters if one["name"] == settings.name])
            if own is not None:
                if own[0] != store.cluster:
                    raise Trouble(f"{settings.data} has the data of another store ({own[0]}, not {store.cluster}). "
                                  "Move that folder away, then run again")
                me = store.by_id(own[1])
                if is_settled(settings, store, me):
                    break
                if me is not None and me.learner and me.name:
                    end = began + LEARNING
                if me is None and not rejoined:
                    rejoined = True
                    rejoin(settings)
        except NoMajority:
            if time.monotonic() > end:
                raise
        if time.monotonic() > end:
            raise Trouble(f"{settings.name} is not a voter after {end - began:g} s. Its log says why: journalctl -u etcd")
        time.sleep(0.2)
    with open(settings.known, "w", encoding="utf-8") as file:
        file.write(f"{store.cluster}\n")
    if last:
        dismiss(settings)


def is_settled(settings, store, me):
    """Whether this host is a voter under its own URL; takes the next step towards it where it is not."""
    if me is None:
        return False
    if me.peers != [settings.peer]:
        say(f"moves {settings.name} from {', '.join(me.peers)} to {settings.peer}")
        ask(settings, store.url, "/v3/cluster/member/update", {"ID": me.id, "peerURLs": [settings.peer]}, 6.0)
        return False
    if not me.learner:
        return bool(me.name)
    try:
        ask(settings, store.url, "/v3/cluster/member/promote", {"ID": me.id}, 6.0)
        say(f"{settings.name} has all data, and is a voter now")
    except Refused as error:
        if not any(words in str(error) for words in PASSING):
            raise
    return False


def rejoin(settings):
    """This member was removed while it was away. Its old data cannot be used any more, and are kept aside."""
    say(f"{settings.name} was removed from the store: it joins again")
    subprocess.run(settings.stop_daemon, check=True)
    move_aside(settings, "removed")
    join(settings)
    subprocess.run(settings.start_daemon, check=True)


def dismiss(settings):
    """Removes the former voters, one after another."""
    while True:
        store = look(settings, settings.voters)
        gone = strangers(settings, store)
        if not gone:
            return
        say(f"removes {gone[0].title()}, which left the inventory")
        remove(settings, store, gone[0])
