"""Virtual time: events in the order of their moments, and processes as generators that yield the seconds they sleep."""

from __future__ import annotations

import heapq


class Events(object):
    def __init__(self):
        self.now = 0.0
        self.queue = []
        self.count = 0

    def at(self, delay, call, *arguments):
        self.count += 1
        heapq.heappush(self.queue, (self.now + delay, self.count, call, arguments))

    def run(self, until):
        queue = self.queue
        while queue and queue[0][0] <= until:
            self.now, _, call, arguments = heapq.heappop(queue)
            call(*arguments)
        self.now = until

    def process(self, steps, waits):
        """Runs a generator. `waits()`: seconds for which the process is frozen now, or None when it has ended."""

        def resume():
            pause = waits()
            if pause is None:
                return
            if pause:
                self.at(pause, resume)
                return
            try:
                self.at(next(steps), resume)
            except StopIteration:
                pass

        self.at(0.0, resume)
