"""The clock of all deadlines: it never jumps, and counts while the machine is suspended."""

import time


def now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)
