"""What monitoring asks of the store, and how its data file is kept small."""
import concurrent.futures

from store import Trouble, answers, ask, look, request, status

OK, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3
# A data file is rewritten only where that frees something: the member answers nobody meanwhile.
FREE_SHARE, FREE_BYTES = 0.25, 8 << 20
FULL_WARNING, FULL_CRITICAL = 80, 95


def all_answers(settings, members):
    """Member → its status, or `None`; asked at the same time."""
    with concurrent.futures.ThreadPoolExecutor(max(1, len(members))) as pool:
        return list(zip(members, pool.map(lambda one: answers(settings, one), members)))


def own_first(settings):
    return sorted(settings.voters, key=lambda one: one["name"] != settings.name)


def check_health(settings):
    """Whether this member has a majority behind it: etcd reads a key through the leader. An alarm for want of space does not count
    here: it has a check of its own, and a greater quota must be rolled out in spite of it."""
    try:
        code, text = request(settings, "GET", settings.local + "/health?exclude=NOSPACE", None, 5.0)
    except Trouble as error:
        return CRITICAL, f"etcd does not answer: {error}"
    well = code == 200 and '"health":"true"' in text
    return (OK if well else CRITICAL), f"etcd says: {text.strip()[:200]}"


def check_voters(settings):
    """Whether the store can lose a voter."""
    try:
        store = look(settings, own_first(settings))
    except Trouble as error:
        return CRITICAL, str(error)
    found = all_answers(settings, store.voting())
    silent = [one.title() for one, said in found if said is None]
    missing = [one["name"] for one in settings.voters if not any(one["peer"] in m.peers for m in store.voting())]
    alive, needed = len(found) - len(silent), len(found) // 2 + 1
    leader = next((said["leader"] for _, said in found if said is not None), None)
    known = store.by_id(leader)
    if known is None:
        return CRITICAL, "the store has no leader"
    text = f"{alive} of {len(found)} voters answer, {known.title()} leads"
    if silent:
        text += f"; silent: {', '.join(silent)}"
    if missing:
        text += f"; not a voter yet: {', '.join(missing)}"
    if alive < needed:
        return CRITICAL, text
    if alive == needed and len(found) > 1:
        text += "; no voter is to spare: if one more fails, nothing can be written"
    return (WARNING if silent or missing else OK), text


def check_alarms(settings):
    """Whether etcd itself has raised an alarm: with NOSPACE it takes no writes."""
    try:
        said = ask(settings, settings.local, "/v3/maintenance/alarm", {"action": "GET"})
    except Trouble as error:
        return UNKNOWN, f"etcd does not answer here: {error}"
    raised = sorted({str(one.get("alarm", "?")) for one in said.get("alarms", [])})
    return (CRITICAL, f"alarm {', '.join(raised)}") if raised else (OK, "no alarm")


def check_space(settings):
    """How much of the quota the data file of this member uses."""
    try:
        size = int(status(settings, settings.local).get("dbSize", "0"))
    except Trouble as error:
        return UNKNOWN, f"etcd does not answer here: {error}"
    percent = size * 100 // settings.quota
    level = CRITICAL if percent >= FULL_CRITICAL else WARNING if percent >= FULL_WARNING else OK
    return level, f"{size >> 20} MiB of {settings.quota >> 20} MiB used ({percent} %)"


def defragment(settings):
    """Rewrites the data file of this member where that frees enough. All members must be well. A leader hands over first, as it
    answers nobody meanwhile. Returns a sentence."""
    try:
        store = look(settings, own_first(settings))
    except Trouble as error:
        return f"skipped: {error}"
    found = all_answers(settings, store.members)
    silent = [one.title() for one, said in found if said is None]
    if silent:
        return f"skipped: {', '.join(silent)} is not well"
    said = status(settings, settings.local)
    me = said.get("header", {}).get("member_id")
    size, used = int(said.get("dbSize", "0")), int(said.get("dbSizeInUse", "0"))
    full = full_members(settings)
    # After a compaction, etcd counts space as free only with the next write, which a full member does not take.
    if not full and (size - used < FREE_BYTES or size - used < size * FREE_SHARE):
        return f"nothing to do: {size >> 20} MiB, {used >> 20} MiB of them in use"
    heir = next((one.id for one in store.voting() if one.id != me), None)
    if said.get("leader") == me and heir is not None:
        ask(settings, settings.local, "/v3/maintenance/transfer-leadership", {"targetID": heir}, 6.0)
    ask(settings, settings.local, "/v3/maintenance/defragment", {}, 120.0)
    now = int(status(settings, settings.local).get("dbSize", "0"))
    text = f"rewrote the data file: {size >> 20} MiB before, {now >> 20} MiB now"
    return text + (disarm(settings, me, now) if me in full else "")


def full_members(settings):
    said = ask(settings, settings.local, "/v3/maintenance/alarm", {"action": "GET"})
    return [one.get("memberID") for one in said.get("alarms", []) if one.get("alarm") == "NOSPACE"]


def disarm(settings, me, size):
    """Ends the alarm NOSPACE of this member where there is space again."""
    if size * 100 >= settings.quota * FULL_WARNING:
        return "; the alarm NOSPACE stays"
    ask(settings, settings.local, "/v3/maintenance/alarm", {"action": "DEACTIVATE", "memberID": me, "alarm": "NOSPACE"})
    return "; there is space again: the alarm NOSPACE is off"
