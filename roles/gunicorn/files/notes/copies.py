"""A cache of which every server holds a copy: writes go to all, reads to the first that has it."""

import socket
import time
import zlib

# Seconds. A server that is well answers within a millisecond; one that is not must not hold up every request.
TIMEOUT = 0.2
LEFT_ALONE = 1.0


class Server:
    """One copy. After a failure it is left alone for a second, as if it held nothing."""

    def __init__(self, address):
        from pymemcache.client.base import Client  # only where there is a cache is it needed

        host, _, port = address.rpartition(":")
        self.name = address
        self.back_at = 0.0
        self.client = Client(
            (host.strip("[]"), int(port)), connect_timeout=TIMEOUT, timeout=TIMEOUT, no_delay=True
        )

    def ask(self, verb, *args, **kwargs):
        """Whether it answered, and what."""
        if time.monotonic() < self.back_at:
            return False, None
        # Twice, as a connection that was kept does not outlive a restart of its server. But it is waited for only once.
        for _ in range(2):
            try:
                return True, getattr(self.client, verb)(*args, **kwargs)
            except socket.timeout:
                break
            except Exception:  # a refusal, a broken answer: it is not there
                self.client.close()
        self.client.close()
        self.back_at = time.monotonic() + LEFT_ALONE
        return False, None


class Copies:
    """Not for threads: each process of Gunicorn's `sync` workers has its own."""

    def __init__(self, addresses):
        self.servers = [Server(address) for address in addresses]

    def in_turn(self, key):
        """All servers; keys begin with different ones, so that the reading is shared."""
        first = zlib.crc32(key.encode()) % len(self.servers) if self.servers else 0
        return self.servers[first:] + self.servers[:first]

    def get(self, key, ttl):
        """The value and the server that had it. A server that answered without it is given it again."""
        without = []
        for server in self.in_turn(key):
            answered, value = server.ask("get", key)
            if value is not None:
                for other in without:
                    # Not `set`: somebody may have written a newer one since.
                    other.ask("add", key, value, expire=ttl, noreply=False)
                return value, server.name
            if answered:
                without.append(server)
        return None, None

    def set(self, key, value, ttl):
        """The servers that took it."""
        return [
            server.name
            for server in self.servers
            if server.ask("set", key, value, expire=ttl, noreply=False)[1]
        ]

    def health(self):
        """Server → whether it answers."""
        return {server.name: server.ask("version")[0] for server in self.servers}
