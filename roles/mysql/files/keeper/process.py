"""The process of the daemon: whether it runs, which boot it is, its start and its end."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import subprocess
import time
from typing import NamedTuple, Optional


class Process(NamedTuple):
    """`boot` differs for every start of the daemon, also over restarts of the machine."""

    pid: int
    boot: str


@functools.lru_cache(maxsize=None)
def machine_boot() -> str:
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()[:8]


def started(pid: int) -> Optional[str]:
    """When a process began, in ticks since the machine booted; None: there is no such process, or it has ended."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def boot_of(pid: int) -> Optional[str]:
    began = started(pid)
    return None if began is None else "%s-%d-%s" % (machine_boot(), pid, began)


class Unit(object):
    """The daemon's unit. It is never started at boot: only the keeper starts it."""

    def __init__(self, name: str, environment: str):
        self.name, self.environment = name, environment
        self.owed = os.path.join(os.path.dirname(environment), "restart")  # until the next start, also over the keeper's end
        self.known: Optional[Process] = None

    def process(self) -> Optional[Process]:
        """systemd is asked only when the process that is known has ended, for it is slow to ask."""
        known = self.known
        if known is None or boot_of(known.pid) != known.boot:
            state = run("systemctl", "show", "-p", "MainPID", "--value", self.name).strip()
            pid = int(state) if state.isdigit() else 0
            boot = boot_of(pid) if pid else None
            self.known = None if boot is None else Process(pid, boot)
        return self.known

    def is_changing(self) -> bool:
        """Whether systemd is starting or stopping it."""
        return run("systemctl", "is-active", self.name, check=False).strip() in ("activating", "deactivating", "reloading")

    def start(self, options: str) -> None:
        """Begins to start it; `options` are for the daemon's command line."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.owed)
        self.begin(options)

    def begin(self, options: str) -> None:
        with open(self.environment, "w", encoding="ascii") as file:
            file.write("MYSQLD_OPTS=%s\n" % options)
        run("systemctl", "reset-failed", self.name, check=False)
        run("systemctl", "start", "--no-block", self.name)

    def stop(self, limit: float = 120.0) -> None:
        """A start that begins at the same moment would cancel it: then it is asked for again."""
        for more in (True, True, False):
            try:
                run("systemctl", "stop", self.name, limit=limit)
                return
            except OSError:
                if not more:
                    raise
                time.sleep(0.5)

    def owe_restart(self) -> None:
        """Its settings have changed. Whoever can't restart it now leaves that to `pay_restart`."""
        with open(self.owed, "w", encoding="ascii"):
            pass

    def pay_restart(self) -> None:
        """Ends it if it has not been started since a restart was asked for. The keeper starts it, as it then has to."""
        if os.path.exists(self.owed):
            self.stop()

    def kill(self) -> None:
        """Ends it at once, and waits until it has ended."""
        process = self.process()
        if process is None:
            return
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        end = time.monotonic() + 2.0
        while started(process.pid) is not None and time.monotonic() < end:
            time.sleep(0.01)


def run(*command: str, check: bool = True, limit: float = 20.0) -> str:
    """Runs a program, and returns what it printed. Raises OSError with its last line when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        raise OSError("%s did not end within %.0f s" % (command[0], limit)) from None
    if check and done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise OSError("%s ended with %d: %s" % (command[0], done.returncode, lines[-1] if lines else ""))
    return done.stdout
