"""A private Redis, kept as `sluice up` keeps its own, and a small client of it."""

import shutil
import socket
import time

from rig import Failure

CONFIGURATION = """
dir "{folder}"
port 0
unixsocket redis.sock
unixsocketperm 700
daemonize no
appendonly yes
appendfsync {fsync}
save ""
aof-load-truncated yes
no-appendfsync-on-rewrite no
maxmemory-policy noeviction
lazyfree-lazy-user-del yes
lazyfree-lazy-server-del yes
lazyfree-lazy-expire yes
lazyfree-lazy-user-flush yes
slowlog-log-slower-than 1000
latency-tracking no
"""


class Redis:
    """A fresh Redis on the servers' core, reachable by its socket alone. Use it in `with`; its files go away after."""

    def __init__(self, rig, fsync="everysec"):
        self.rig = rig
        self.folder = rig.place("redis")
        self.socket = self.folder / "redis.sock"
        (self.folder / "redis.conf").write_text(CONFIGURATION.format(folder=self.folder, fsync=fsync))
        self.process = rig.start("redis", ["redis-server", self.folder / "redis.conf"])
        self.connection = self._connect()
        self.stream = self.connection.makefile("rb")

    def _connect(self):
        for _ in range(500):
            try:
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(str(self.socket))
                return connection
            except OSError:
                connection.close()
                time.sleep(0.01)
        raise Failure(f"redis-server does not answer: {self.process.tail()}")

    def call(self, *words):
        """One command; an error reply raises."""
        data = [b"*%d\r\n" % len(words)]
        for word in words:
            raw = word if isinstance(word, bytes) else str(word).encode()
            data.append(b"$%d\r\n%s\r\n" % (len(raw), raw))
        self.connection.sendall(b"".join(data))
        return self._reply()

    def _reply(self):
        line = self.stream.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise Failure(f"Redis says {rest.decode()}")
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.stream.read(int(rest) + 2)[:-2].decode(errors="replace")
        if kind == b"*":
            return [self._reply() for _ in range(int(rest))]
        return rest.decode()

    def counted(self, *command):
        """What a command answers, a number, once what was under way when the generator stopped has been counted too."""
        value = None
        while value != (value := int(self.call(*command) or 0)):
            time.sleep(0.05)
        return value

    def used_memory(self):
        """Bytes."""
        for line in self.call("INFO", "memory").splitlines():
            if line.startswith("used_memory:"):
                return int(line.split(":")[1])
        raise Failure("Redis tells no used_memory")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.connection.close()
        self.rig.stop(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)
