"""A small service for notes. Its answers name the hosts that served them: web server, app server, database, cache."""

import json
import os
import socket
import uuid
from pathlib import Path

from flask import Flask, jsonify, redirect, render_template, request

import settings
from errors import Conflict, Unavailable

app = Flask(__name__)

HOST = socket.gethostname()
RELEASE = Path(__file__).resolve().parent.name
# Seconds that a note stays in the cache, characters of a note, notes in one answer.
TTL = 3600
LONGEST = 4000
MOST = 1000

store = settings.store()
copies = settings.copies()


def served_by():
    """The hosts that served this request, the first one first."""
    return {
        "web": request.headers.get("X-Web-Host", ""),
        "app": HOST,
        "worker": os.getpid(),
        "release": RELEASE,
        "client": request.headers.get("X-Real-IP", request.remote_addr),
        "request": request.headers.get("X-Request-Id", ""),
    }


def unreachable():
    """The addresses of REQUIRES (host:port, separated by commas) that accept no connection."""
    return [address for address in settings.addresses("REQUIRES") if not connects(address)]


def connects(address):
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=0.5):
            return True
    except (OSError, ValueError):
        return False


@app.after_request
def name_host(response):
    response.headers["X-App-Host"] = HOST
    return response


@app.get("/")
def page():
    return render_template("page.html", served=served_by(), notes=store is not None)


@app.get("/whoami")
def whoami():
    return jsonify(served_by())


@app.get("/healthz")
def healthz():
    """This process answers. The services that it depends on do not count."""
    return "ok\n", 200, {"Content-Type": "text/plain"}


@app.get("/readyz")
def readyz():
    """This process can serve every page: the services that it depends on answer too. One copy of the cache is enough."""
    missing = unreachable()
    database = store.health() if store is not None else {}
    cache = copies.health()
    ready = not missing and all(database.values()) and (not cache or any(cache.values()))
    answer = jsonify(ready=ready, unreachable=missing, database=database, cache=cache)
    return answer, 200 if ready else 503


# --- notes ---


def refused(code, message):
    return jsonify(error=message), code


@app.before_request
def need_store():
    if request.path.startswith("/notes") and store is None:
        return refused(503, "no database is configured")
    return None


@app.errorhandler(Unavailable)
def unavailable(error):
    app.logger.warning("database: %s", error)
    return refused(503, "the database does not answer: try again with the same id")


def key_of(note_id):
    return f"notes:{note_id}"


def plain(note):
    return {**note, "created": note["created"].isoformat(timespec="microseconds")}


def answer_with(note, code, db="", cache="", copy=""):
    """A note, and the servers that had it: `cache` is hit, miss, or stored."""
    served = {**served_by(), "db": db, "cache": cache, "copy": copy}
    response = jsonify({**note, "served": served})
    for name, value in (("X-Db-Host", db), ("X-Cache", cache), ("X-Cache-Copy", copy)):
        if value:
            response.headers[name] = value
    return response, code


def canonical(text):
    """A UUID in its canonical form, or None."""
    try:
        return str(uuid.UUID(text))
    except (ValueError, AttributeError, TypeError):
        return None


@app.get("/notes/<note_id>")
def read(note_id):
    """`from=primary` reads from the primary, and not from the cache."""
    wanted = canonical(note_id)
    if wanted is None:
        return refused(404, "no such note")
    if request.args.get("from") == "primary":
        note, server = store.read(wanted, primary=True)
        return answer_with(plain(note), 200, db=server) if note else refused(404, "no such note")
    value, copy = copies.get(key_of(wanted), TTL)
    if value is not None:
        return answer_with(json.loads(value), 200, cache="hit", copy=copy)
    note, server = store.read(wanted)
    if note is None:
        return refused(404, "no such note")
    note = plain(note)
    copies.set(key_of(wanted), json.dumps(note), TTL)
    return answer_with(note, 200, db=server, cache="miss")


@app.post("/notes")
@app.post("/notes/")
def create():
    given = request.get_json(silent=True) if request.is_json else request.form
    if not hasattr(given, "get"):
        return refused(400, "send an object with `text`, or a form")
    text = given.get("text")
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        return refused(400, f"`text`: 1 to {LONGEST} characters")
    note_id = canonical(given.get("id") or str(uuid.uuid4()))
    if note_id is None:
        return refused(400, "`id`: a UUID, or nothing")
    try:
        # Acknowledged only after the commit. With the same id, it is safe to try again.
        note, made, server = store.create(note_id, text, HOST)
    except Conflict:
        return refused(409, "another note has this id")
    note = plain(note)
    kept = copies.set(key_of(note_id), json.dumps(note), TTL)
    if not request.is_json and request.accept_mimetypes.best == "text/html":
        return redirect("/notes/", 303)
    return answer_with(note, 201 if made else 200, db=server, cache="stored", copy=",".join(kept))


@app.get("/notes")
def listing():
    """For audits: every note after a sequence number; `from=primary` reads from the primary only."""
    after = request.args.get("after", 0, type=int)
    limit = request.args.get("limit", 100, type=int)
    if after < 0 or not 1 <= limit <= MOST:
        return refused(400, f"`after`: from 0 on, `limit`: 1 to {MOST}")
    notes, server = store.after(after, limit, request.args.get("from") == "primary")
    return jsonify(notes=[plain(note) for note in notes], served={**served_by(), "db": server})


@app.get("/notes/")
def latest():
    notes, server = store.latest(20)
    return render_template("notes.html", notes=notes, served={**served_by(), "db": server}, longest=LONGEST)
