"""The servers that are compared: Sluice, nginx with constant answers, and nginx with Lua on the same kind of Redis."""

import http.client
import json
import os
import pathlib
import subprocess
import time

from rig import Failure, free_port
from stores import Redis

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BINARIES = pathlib.Path(os.environ.get("SLUICE_BIN_DIR", ROOT / ".build/release")).resolve()


class Client:
    """One keep-alive connection for the few requests that the runner makes itself."""

    def __init__(self, port, token=None):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method, path, body=None, **headers):
        """Status, headers and parsed body, None where there is none."""
        text = json.dumps(body) if body is not None else None
        self.connection.request(method, path, text, {**self.headers, **headers})
        answer = self.connection.getresponse()
        data = answer.read()
        return answer.status, answer.headers, json.loads(data) if data else None

    def expect(self, statuses, method, path, body=None):
        status, _, parsed = self.ask(method, path, body)
        if status not in statuses:
            raise Failure(f"{method} {path} on port {self.port} answered {status}: {parsed}")
        return parsed

    def buy(self, item, count, prefix="warm"):
        """Purchases one after the other by users of 16 bytes; their tickets in order."""
        path = f"/v1/items/{item}/purchases"
        bodies = ({"user": f"{prefix}{number:0{16 - len(prefix)}d}"} for number in range(count))
        return [self.expect([202], "POST", path, body)["ticket"] for body in bodies]

    def wait_item(self, item, test, seconds=60, pause=0.005):
        """Looks at the item until `test` holds for its body, and returns it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            body = self.expect([200], "GET", f"/v1/items/{item}")
            if test(body):
                return body
            time.sleep(pause)
        raise Failure(f"{item} did not come so far within {seconds} s: {body}")


def wait_http(process, port, path):
    for _ in range(500):
        try:
            Client(port).ask("GET", path)
            return
        except (OSError, http.client.HTTPException, ValueError):
            time.sleep(0.01)
    raise Failure(f"{process.name} does not serve; its log ends with:\n{process.tail()}")


class Sluice:
    """A queue process with a fresh Redis; scheduler and worker run only when asked for. Use it in `with`."""

    def __init__(self, rig, loops=1, fsync="everysec", flags=()):
        self.rig = rig
        self.redis = Redis(rig, fsync)
        self.folder = rig.place("sluice")
        self.key, self.token_file = self.folder / "key", self.folder / "token"
        self.key.write_text(os.urandom(32).hex())
        self.token_file.write_text(token := os.urandom(32).hex())
        self.port, self.admin_port = free_port(), free_port()
        self.store = ["--redis-url", f"unix://{self.redis.socket}", "--log-level", "warn"]
        self.flags = ["--loops", loops, "--durability", "safe" if fsync == "always" else "fast", *flags]
        self.others = []
        self.start_queue()
        self.client, self.admin = Client(self.port), Client(self.admin_port, token)

    def _start_queue(self, port, admin_port):
        process = self.start(
            "sluice-queue", "--listen", f"127.0.0.1:{port}", "--admin-listen", f"127.0.0.1:{admin_port}",
            "--ticket-key-file", self.key, "--admin-token-file", self.token_file, *self.flags)
        process.wait_ready()
        return process

    def start_queue(self):
        self.queue = self._start_queue(self.port, self.admin_port)

    def add_queue(self):
        """Starts one more on this store; its port."""
        port = free_port()
        self.others.append(self._start_queue(port, free_port()))
        return port

    def start(self, program, *flags, name=None, **environment):
        """Starts one of our programs on this store; it is not waited for."""
        return self.rig.start(name or program, [BINARIES / program, *self.store, *flags], **environment)

    @property
    def processes(self):
        return [self.redis.process, self.queue, *self.others]

    def put(self, item, stock, queue_limit=100_000_000):
        self.admin.expect([200, 201], "PUT", f"/admin/v1/items/{item}", {"stock": stock, "queue_limit": queue_limit})

    def pause(self, item):
        self.admin.expect([200, 204], "POST", f"/admin/v1/items/{item}/pause")

    def resume(self, item):
        self.admin.expect([200, 204], "POST", f"/admin/v1/items/{item}/resume")

    def admitted(self, item):
        """Purchases that the store itself has counted: the last sequence given."""
        return self.redis.counted("HGET", f"sluice:{{{item}}}:meta", "tail")

    def start_workers(self):
        """Starts a scheduler and a worker on the servers' core."""
        started = [self.start(name) for name in ("sluice-scheduler", "sluice-worker")]
        self.others += started
        for process in started:
            process.wait_ready()

    def stop_workers(self):
        self.rig.stop(*reversed(self.others))
        self.others = []

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.stop_workers()
        self.rig.stop(self.queue)
        self.redis.__exit__(*failure)


class Nginx:
    """The reference: one worker process, constant answers of the same sizes as ours, nothing logged."""

    def __init__(self, rig):
        self.port = free_port()
        folder = rig.place("nginx")
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        text = (HERE / "nginx.conf.in").read_text().replace("@LISTEN@", f"127.0.0.1:{self.port}")
        (folder / "nginx.conf").write_text(text.replace("@USER@", user))
        self.process = rig.start("nginx", ["nginx", "-e", "stderr", "-p", f"{folder}/", "-c", "nginx.conf"])
        self.processes = [self.process]
        wait_http(self.process, self.port, "/v1/items/bench")


class Peer:
    """nginx with Lua (LoadTests/peers/nginx-lua) with a fresh Redis. Use it in `with`."""

    def __init__(self, rig):
        self.rig = rig
        self.redis = Redis(rig)
        self.port = free_port()
        self.nginx = rig.start(
            "nginx-lua", [ROOT / "LoadTests/peers/nginx-lua/run.sh"], PEER_REDIS=str(self.redis.socket),
            PEER_LISTEN=f"127.0.0.1:{self.port}", PEER_PREFIX=str(rig.place("peer")))
        self.processes = [self.redis.process, self.nginx]
        wait_http(self.nginx, self.port, "/v1/items/bench")
        self.client = Client(self.port)

    def put(self, item, stock, queue_limit=100_000_000):
        self.client.expect([201], "PUT", f"/admin/v1/items/{item}", {"stock": stock, "queue_limit": queue_limit})

    def drain(self, running):
        """Lets the draining timer run, or not."""
        self.client.expect([200], "PUT", "/admin/v1/worker", {"running": running})

    def admitted(self, item):
        return self.redis.counted("HLEN", f"{{{item}}}:users")

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.rig.stop(self.nginx)
        self.redis.__exit__(*failure)
