"""A small web application that says which hosts served the page."""

import os
import socket
from pathlib import Path

from flask import Flask, jsonify, render_template, request

app = Flask(__name__)

HOST = socket.gethostname()
RELEASE = Path(__file__).resolve().parent.name


def served_by():
    """Who took part in this request, the first to meet it first."""
    return {
        "web": request.headers.get("X-Web-Host", ""),
        "app": HOST,
        "worker": os.getpid(),
        "release": RELEASE,
        "client": request.headers.get("X-Real-IP", request.remote_addr),
        "request": request.headers.get("X-Request-Id", ""),
    }


def unreachable():
    """The addresses of REQUIRES (host:port, separated by commas) that take no connection."""
    wanted = [address for address in os.environ.get("REQUIRES", "").split(",") if address]
    return [address for address in wanted if not connects(address)]


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
    return render_template("page.html", served=served_by())


@app.get("/whoami")
def whoami():
    return jsonify(served_by())


@app.get("/healthz")
def healthz():
    """This process answers; says nothing of what it depends on."""
    return "ok\n", 200, {"Content-Type": "text/plain"}


@app.get("/readyz")
def readyz():
    """This process could serve a page: what it depends on answers too."""
    missing = unreachable()
    return jsonify(ready=not missing, unreachable=missing), 503 if missing else 200
