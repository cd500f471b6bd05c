"""Plays random histories of faults against the keeper's decisions, and stops at the first that breaks a promise.

usage: simulate.py [--histories N] [--seed S] [--faults N] [--mutant NAME] [--one SEED]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../../../../../roles/mysql/files/keeper/decisions")]

from history import play  # noqa: E402
from world import Violation  # noqa: E402


def change(mutant):
    """Leaves one rule out, once in each process."""
    if mutant:
        from mutants import MUTANTS

        MUTANTS[mutant]()


def one(work):
    """Plays one history: its seed and, if it broke a promise, how."""
    seed, faults = work
    members = 5 if seed % 4 == 3 else 3
    try:
        return seed, play(seed, members, 1 + seed % faults), None
    except Violation as violation:
        return seed, 0.0, (str(violation), violation.log)


def main():
    if os.environ.get("PYTHONHASHSEED") != "0":  # the same seed must play the same history
        os.execve(sys.executable, [sys.executable] + sys.argv, dict(os.environ, PYTHONHASHSEED="0"))
    parser = argparse.ArgumentParser()
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1000000)
    parser.add_argument("--faults", type=int, default=6)
    parser.add_argument("--mutant")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    options = parser.parse_args()
    began = time.time()
    print("seeds from %d" % options.seed, flush=True)
    work = ((options.seed + index, options.faults) for index in range(options.histories))
    slowest, waited = 0.0, 0
    with multiprocessing.Pool(options.processes, change, [options.mutant]) as pool:
        for seed, seconds, violation in pool.imap_unordered(one, work, 20):
            if violation is not None:
                print("seed %d: %s\n%s" % (seed, violation[0], "\n".join(violation[1])))
                pool.terminate()
                return 1
            waited += seconds > 35.0
            slowest = max(slowest, seconds if seconds <= 35.0 else 0.0)
    took = time.time() - began
    print(
        "%d histories in %.0f s: no acknowledged write lost, never two leaders that acknowledge; whole again after %.0f s "
        "at most; in %d of them a person had to say how to go on" % (options.histories, took, slowest - 18.0, waited)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
