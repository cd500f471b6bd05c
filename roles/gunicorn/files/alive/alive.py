"""Says whether this application server lives, on a port of its own. Managed by provision.

A proxy must know within a second or two that a server is frozen or dead. A request to the application cannot tell: it waits
while every worker is busy, and looks like a request to a frozen server. So each worker has a thread that answers here. It asks
the application as well: an application that answers is judged by its answer, one that does not answer in time is busy.
"""

import http.client
import select
import socket
import threading
import time

# Seconds that the application has to answer. Together with the way there it must fit into a proxy's limit for a check.
PATIENCE = 0.2

_sockets = []
# Held while a check is answered. A worker that ends takes it and keeps it.
_answering = threading.Lock()


def listen(port):
    """Opens the port, before the workers are forked: they share it, and one of them answers."""
    # Two sockets, as those of the application. A kernel without IPv6 has one.
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        try:
            one = socket.socket(family, socket.SOCK_STREAM)
        except OSError:
            continue
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            one.bind((address, port))
        except OSError:
            if family == socket.AF_INET:
                raise
            one.close()
            continue
        one.listen(128)
        # Every worker hears of a check, and all but one of them are too late to accept it.
        one.setblocking(False)
        _sockets.append(one)


def answer(port, path):
    """Answers from now on, in threads of this worker. The application is at `port`, and `path` says how it is."""
    for one in _sockets:
        threading.Thread(target=_serve, args=(one, port, path), daemon=True).start()


def end():
    """Before this worker ends: the check that it answers gets its answer, and the next one is for another worker."""
    _answering.acquire(timeout=1)


def _serve(listener, port, path):
    while True:
        select.select([listener], [], [])
        with _answering:
            try:
                connection, _ = listener.accept()
            except BlockingIOError:
                continue
            except OSError:
                # Too many open files: the next try needs a pause.
                time.sleep(0.05)
                continue
            with connection:
                try:
                    connection.settimeout(1)
                    connection.recv(4096)
                    connection.sendall(_answer(_status(port, path)))
                except OSError:
                    pass


def _status(port, path):
    """The status that the application answers with; None where it does not answer in time."""
    application = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        application.request("GET", path)
        return application.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        application.close()


def _answer(status):
    if status in (None, 200):
        line, text = "200 OK", "alive\n" if status else "busy\n"
    else:
        line, text = "503 Service Unavailable", f"the application answers {status}\n"
    head = f"HTTP/1.1 {line}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n"
    return (head + text).encode()
