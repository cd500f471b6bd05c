"""An application that can be slow, and that writes down each POST it gets."""

import os
import time


def app(environ, start):
    path = environ["PATH_INFO"]
    if path.startswith("/slow/"):
        time.sleep(float(path.rpartition("/")[2]))
    if environ["REQUEST_METHOD"] == "POST":
        with open(os.environ["LEDGER"], "a") as ledger:
            ledger.write(environ["QUERY_STRING"] + "\n")
    status = "500 Internal Server Error" if path == "/healthz" and os.path.exists(os.environ["ILL"]) else "200 OK"
    told = [environ["HTTP_HOST"], environ.get("HTTP_X_FORWARDED_FOR", ""), os.environ["NAME"]]
    start(status, [("Content-Type", "text/plain")])
    return [" ".join(told).encode()]
