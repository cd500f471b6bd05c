"""A database of a test: a real mariadbd of its own folder, in place of the unit that systemd runs on a host."""

from __future__ import annotations

import os
import signal
import shutil
import subprocess
import tempfile
import time

import paths  # noqa: F401
import sql
from process import Process, Unit, boot_of


class UnitHere(Unit):
    """The same questions and orders, without systemd."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="keeper-")
        super(UnitHere, self).__init__("mariadb", self.folder + "/daemon.env")
        self.daemon, self.starts = None, []
        self.data = self.folder + "/data"
        sql.SOCKET = self.folder + "/sock"
        user = ["--user=root"] if os.getuid() == 0 else []
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", "--datadir=" + self.data, "--auth-root-authentication-method=socket",
             "--skip-test-db"] + user, check=True, capture_output=True)  # fmt: skip
        self.command = [
            "/usr/sbin/mariadbd", "--no-defaults", "--datadir=" + self.data, "--socket=" + sql.SOCKET, "--skip-networking",
            "--pid-file=%s/pid" % self.folder, "--read-only=1", "--log-bin=%s/binlog" % self.data, "--server-id=1",
            "--max-connections=20",
        ] + user  # fmt: skip

    def process(self):
        if self.daemon is None or self.daemon.poll() is not None:
            return None
        boot = boot_of(self.daemon.pid)
        return None if boot is None else Process(self.daemon.pid, boot)

    def is_changing(self):
        return False

    def begin(self, options):
        if self.process() is None:
            self.starts.append(options)
            nowhere = subprocess.DEVNULL
            self.daemon = subprocess.Popen(self.command + options.split(), stdout=nowhere, stderr=nowhere)

    def stop(self, limit=120.0):
        if self.process() is not None:
            self.daemon.terminate()
            self.daemon.wait(limit)

    def kill(self):
        self.hit(signal.SIGKILL)
        self.daemon.wait(5)

    def hit(self, number):
        """What happens to it from outside."""
        os.kill(self.daemon.pid, number)

    def remove(self):
        if self.process() is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def eventually(question, limit=20.0):
    """The answer as soon as it is true."""
    end = time.monotonic() + limit
    while True:
        answer = question()
        if answer or time.monotonic() >= end:
            return answer
        time.sleep(0.05)
