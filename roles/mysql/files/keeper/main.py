"""Starts the keeper of this host. usage: main.py CONFIGURATION | main.py close CONFIGURATION"""

from __future__ import annotations

import importlib
import logging
import os
import socket
import ssl
import sys
import threading
from typing import Optional

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, HERE + "/decisions"]

from daemon import Database  # noqa: E402
from keeper import Keeper  # noqa: E402
from peers import Peers  # noqa: E402
from rest import Server  # noqa: E402
from settings import Settings, load  # noqa: E402
from status import Status  # noqa: E402
from store import Client, Keys  # noqa: E402

NOTIFY_SOCKET = os.environ.pop("NOTIFY_SOCKET", "")  # programs that it starts have nothing to tell systemd


def notify_systemd(text: str) -> None:
    """The protocol of sd_notify: one datagram."""
    path = NOTIFY_SOCKET
    if path:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifier:
            notifier.connect("\0" + path[1:] if path.startswith("@") else path)
            notifier.send(text.encode())


def between_members(settings: Settings, purpose: ssl.Purpose) -> ssl.SSLContext:
    """Both sides show the certificate of a member."""
    context = ssl.create_default_context(purpose, cafile=settings.folder + "/ca.pem")
    context.load_cert_chain(settings.folder + "/cert.pem", settings.folder + "/key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def to_store(settings: Settings) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=settings.folder + "/store-ca.pem")
    context.load_cert_chain(settings.folder + "/store-cert.pem", settings.folder + "/store-key.pem")
    return context


def database_of(settings: Settings) -> Database:
    with open(settings.folder + "/replication", encoding="ascii") as file:
        password = file.read().strip()
    return Database(settings, importlib.import_module(settings.engine), password)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    if sys.argv[1] == "close":  # after the keeper has ended, however it did
        database_of(load(sys.argv[2])).close_if_it_runs()
        return
    settings = load(sys.argv[1])
    os.makedirs("/run/provision-keeper", exist_ok=True)
    database = database_of(settings)

    def keys() -> Keys:
        return Keys(Client(settings.store, to_store(settings), settings.request), settings.cluster, settings.name)

    if settings.alone:
        run(Keeper(settings, database, None, None, None), settings, inside=None)
        return
    peers = Peers(settings, between_members(settings, ssl.Purpose.SERVER_AUTH), database.engine)
    inside = between_members(settings, ssl.Purpose.CLIENT_AUTH)
    run(Keeper(settings, database, keys(), keys(), peers), settings, inside)


def run(keeper: Keeper, settings: Settings, inside: Optional[ssl.SSLContext]) -> None:
    """Its threads and ports, until it is ended. The only member talks to nobody."""
    status = Status(keeper)
    servers = [Server(settings.bind, settings.read_port, keeper, status, None)]
    threads = [keeper.guard]
    if inside is not None:
        servers.append(Server(settings.bind, settings.keeper_port, keeper, status, inside))
        threads.append(keeper.renew)
    for work in threads + [server.serve_forever for server in servers]:
        threading.Thread(target=work, daemon=True).start()
    keeper.database.unit.pay_restart()
    notify_systemd("READY=1")
    keeper.loop(lambda: notify_systemd("WATCHDOG=1"))


if __name__ == "__main__":
    main()
