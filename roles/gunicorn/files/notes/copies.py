"""A cache with a full copy on every server: writes go to all, reads come from the first copy with the item."""

import socket
import time
import zlib

# Seconds. A healthy server answers within a millisecond; a dead one must not delay every request.
TIMEOUT = 0.2
LEFT_ALONE = 1.0


class Server:
    """One copy. After a failure it is not used for a second, as if it were empty."""

    def __init__(self, address):
        from pymemcache.client.base import Client  # needed only with a cache

        host, _, port = address.rpartition(":")
        self.name = address
        self.back_at = 0.0
        self.client = Client(
            (host.strip("[]"), int(port)), connect_timeout=TIMEOUT, timeout=TIMEOUT, no_delay=True
        )

    def ask(self, verb, *args, **kwargs):
        """Whether it answered, and the answer."""
        if time.monotonic() < self.back_at:
            return False, None
        # Twice, because a restart of the server ends the kept connection. But wait for a timeout only once.
        for _ in range(2):
            try:
                return True, getattr(self.client, verb)(*args, **kwargs)
            except socket.timeout:
                break
            except Exception:  # a refusal or a broken answer: try once more
                self.client.close()
        self.client.close()
        self.back_at = time.monotonic() + LEFT_ALONE
        return False, None


class Copies:
    """Not thread-safe: each `sync` worker of Gunicorn has its own."""

    def __init__(self, addresses):
        self.servers = [Server(address) for address in addresses]

    def in_turn(self, key):
        """All servers. The first one depends on the key, so that the servers share the reads."""
        first = zlib.crc32(key.encode()) % len(self.servers) if self.servers else 0
        return self.servers[first:] + self.servers[:first]

    def get(self, key, ttl):
        """The value and the server that had it. A server that answered without the value gets it again."""
        without = []
        for server in self.in_turn(key):
            answered, value = server.ask("get", key)
            if value is not None:
                for other in without:
                    # Not `set`, because a newer value may have been written meanwhile.
                    other.ask("add", key, value, expire=ttl, noreply=False)
                return value, server.name
            if answered:
                without.append(server)
        return None, None

    def set(self, key, value, ttl):
        """The servers that stored it."""
        return [
            server.name
            for server in self.servers
            if server.ask("set", key, value, expire=ttl, noreply=False)[1]
        ]

    def health(self):
        """Server → whether it answers."""
        return {server.name: server.ask("version")[0] for server in self.servers}
