"""The processes of one scenario: Redis, queue process, scheduler, workers, and an order service where it needs one."""

import base64
import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time

from load import fill
from rig import CPU, Failure, free_port
from servers import BINARIES, Client, Sluice
from stores import Redis


class StoreReader(Redis):
    """A further connection to the Redis of a plant, for a thread of its own."""

    def __init__(self, redis):
        self.socket, self.process = redis.socket, redis.process
        self.connection = self._connect()
        self.stream = self.connection.makefile("rb")


class Worker:
    """One worker process, with its counters taken ten times a second by a thread of its own."""

    def __init__(self, plant, name, flags, environment):
        self.name, self.port = name, free_port()
        self.process = plant.start(
            "sluice-worker", "--ops-listen", f"127.0.0.1:{self.port}", "--node-name", name, *flags, name=name,
            **environment)
        self.settings = []  # (since, milliseconds, slots), newest last
        self.alive = []  # [from, to), the last one open
        self.pauses = []  # (from, to)
        self.samples = []  # (time, settled, in flight)
        self.stays = []  # (milliseconds, variation, buckets) of phases that are over
        self.id = None
        self._ends = False
        self._thread = None

    def wait_ready(self):
        self.process.wait_ready()
        self.alive.append([time.monotonic(), None])
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        connection = None
        while not self._ends:
            begin = time.monotonic()
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                connection.request("GET", "/metrics")
                page = connection.getresponse().read().decode()
                settled = re.search(r'^sluice_settles_total\{outcome="settled"\} (\d+)', page, re.M)
                in_flight = re.search(r"^sluice_in_flight (\d+)", page, re.M)
                if settled and in_flight:
                    # Between asking and answering: that is when the figures were taken.
                    middle = (begin + time.monotonic()) / 2
                    self.samples.append((middle, int(settled[1]), int(in_flight[1])))
            except (OSError, http.client.HTTPException):
                connection = None
            time.sleep(max(0.01, 0.1 - (time.monotonic() - begin)))

    def delay(self, **fields):
        """Changes the delay sink; the stays of the phase before are kept."""
        client = Client(self.port)
        before = client.expect([200], "GET", "/ops/v1/delay")
        after = client.expect([200], "PUT", "/ops/v1/delay", fields)
        if self.settings:
            self.stays.append((before["ms"], before["variation_percent"], before["stay_us"]["buckets"]))
        self.settings.append((time.monotonic(), after["ms"], after["slots"]))

    def forget_stays(self):
        self.stays = []
        Client(self.port).expect([200], "PUT", "/ops/v1/delay", {})

    def keep_stays(self):
        state = Client(self.port).expect([200], "GET", "/ops/v1/delay")
        self.stays.append((state["ms"], state["variation_percent"], state["stay_us"]["buckets"]))

    def kill(self):
        """Ends it as a power cut would."""
        self.process.child.send_signal(signal.SIGKILL)
        self.alive[-1][1] = time.monotonic()
        self.end_watch()

    def pause(self, seconds):
        begin = time.monotonic()
        self.process.child.send_signal(signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            self.process.child.send_signal(signal.SIGCONT)
        self.pauses.append((begin, time.monotonic()))

    def end_watch(self):
        self._ends = True
        if self._thread:
            self._thread.join(5)

    def settled(self, moment):
        """Purchases settled until then, between two samples in proportion."""
        before, after = None, None
        for sample in list(self.samples):
            if sample[0] <= moment:
                before = sample
            elif after is None:
                after = sample
        if before is None:
            return 0
        if after is None:
            return before[1]
        return before[1] + (after[1] - before[1]) * (moment - before[0]) / (after[0] - before[0])

    def slots_at(self, moment):
        return next((slots for since, _, slots in reversed(self.settings) if since <= moment), 0)

    def ideal(self, begin, end):
        """Orders it could have placed at best: slots by time, while it lived and was not stopped."""
        marks = sorted({begin, end, *(s for s, _, _ in self.settings), *(p for pause in self.pauses for p in pause),
                        *(edge for life in self.alive for edge in life if edge)})
        total = 0.0
        for left, right in zip(marks, marks[1:]):
            middle = (left + right) / 2
            lives = any(a <= middle and (b is None or middle < b) for a, b in self.alive)
            stopped = any(a <= middle < b for a, b in self.pauses)
            if left < begin or right > end or not lives or stopped:
                continue
            milliseconds, slots = next(((m, n) for s, m, n in reversed(self.settings) if s <= middle), (1, 0))
            total += slots / (milliseconds / 1000) * (right - left)
        return total


class OrderService:
    """`order-service` with its control port; it judges with what it counted itself."""

    def __init__(self, plant, **settings):
        port, control = free_port(), free_port()
        self.secret = plant.folder / "webhook-secret"
        self.secret.write_text("whsec_" + base64.b64encode(os.urandom(32)).decode())
        self.url = f"http://127.0.0.1:{port}/orders"
        self.process = plant.rig.start("order-service", [
            BINARIES / "order-service", "--listen", f"127.0.0.1:{port}", "--control", f"127.0.0.1:{control}",
            "--secret-file", self.secret, "--settings", json.dumps(settings)])
        self.process.wait_ready()
        self.client = Client(control)

    def change(self, **settings):
        self.client.expect([200], "PUT", "/control", settings)

    def stats(self):
        return self.client.expect([200], "GET", "/stats")


class Plant(Sluice):
    """Use it in `with`; everything it started ends with it."""

    def __init__(self, rig):
        super().__init__(rig)
        self.workers, self.scheduler, self.scheduler_port = [], None, free_port()

    def item(self, name, purchases, weight=1, ticket_every=0):
        """An item with a backlog; `{sequence: ticket}` of every so many."""
        self.admin.expect([201], "PUT", f"/admin/v1/items/{name}", {
            "stock": purchases, "queue_limit": purchases + 1, "weight": weight})
        return fill(self.port, name, purchases, ticket_every)

    def add_workers(
            self, workers, flags=("--sink", "delay"), milliseconds=None, slots=None, variation=50, **environment):
        """A scheduler and workers; returns when all serve."""
        if self.scheduler is None:
            self.scheduler = self.start("sluice-scheduler", "--ops-listen", f"127.0.0.1:{self.scheduler_port}")
        started = [Worker(self, f"w{len(self.workers) + number}", list(flags) + (
            ["--delay-ms", milliseconds, "--delay-slots", slots] if milliseconds else []), environment)
            for number in range(workers)]
        if not self.workers:
            self.scheduler.wait_ready()
        for worker in started:
            worker.wait_ready()
            if milliseconds:
                worker.delay(ms=milliseconds, slots=slots, variation_percent=variation)
        self.workers += started
        return started

    @property
    def processes(self):
        return [self.redis.process, self.queue, self.scheduler, *(worker.process for worker in self.workers)]

    def resources(self):
        """What the scheduler publishes of each resource; empty where it publishes none."""
        nodes = self.admin.expect([200], "GET", "/admin/v1/nodes")["nodes"]
        return [resource for node in nodes if node["role"] == "scheduler" for resource in node.get("resources", [])]

    def windows(self):
        """The window of every worker or group, from the scheduler's metrics, by its labels."""
        connection = http.client.HTTPConnection("127.0.0.1", self.scheduler_port, timeout=2)
        connection.request("GET", "/metrics")
        page = connection.getresponse().read().decode()
        connection.close()
        return {labels: float(value) for labels, value in re.findall(r"^sluice_\w*window(\{.*\}) (\S+)$", page, re.M)}

    def cpu(self, *processes):
        """Seconds of processor time so far."""
        return CPU(processes).total / 1e9

    def __exit__(self, *_):
        for worker in self.workers:
            worker.end_watch()
        # Nothing of it is looked at any more: no worker needs to finish what it holds.
        for process in self.rig.processes:
            process.child.kill()
        for process in reversed(self.rig.processes):
            process.stop()
        self.rig.processes.clear()
        self.redis.stream.close()
        self.redis.connection.close()


def knows_webhook():
    """Whether the worker that was built has the webhook sink."""
    page = subprocess.run([str(BINARIES / "sluice-worker"), "--help"], capture_output=True, text=True).stdout
    return re.search(r"--sink \S*webhook", page) is not None


def need(*programs):
    for program in programs:
        if not (BINARIES / program).exists():
            raise Failure(f"there is no {BINARIES / program}: `make build` makes it")
