"""What buyers who wait for nobody meet: the knee, well below it and far above it, and beside thousands of idle ones."""

import contextlib
import json
import resource
import socket
import subprocess

import measure_reads
from bench import Line, bottleneck, detail, measurement, ratios, require
from generator import wrk
from rig import Failure, resident
from servers import BINARIES, ROOT, Sluice

IDLE = 15_000  # connections
SOURCES = 8  # 127.0.0.2 and on: one address has too few ports to spare


@measurement("knee", "knee-70-p99", "knee-70-p999", "knee-300")
def knee(bench):
    """The whole sale, workers included, on the servers' core; `sluice-load --find-knee` on the other."""
    with Sluice(bench.rig) as sluice:
        sluice.start_workers()
        path = sluice.folder / "knee.json"
        command = ["taskset", "-c", bench.options.load_core, BINARIES / "sluice-load", "--scenario", "steady",
                   "--find-knee", "--quiet", "--url", f"http://127.0.0.1:{sluice.port}", "--admin-url",
                   f"http://127.0.0.1:{sluice.admin.port}", "--token-file", sluice.folder / "token", "--json", path]
        result = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True)
        if not path.exists():
            raise Failure(f"sluice-load failed: {result.stdout[-500:]}{result.stderr[-500:]}")
        found = json.loads(path.read_text())
    well, over = found.get("at70_percent"), found.get("at300_percent")
    require(found["knee_per_s"] > 0 and well and over, "no knee was found")
    yield Line("knee", "arrivals/s that are answered in time, whole sale on one core", "/s", [found["knee_per_s"]],
               is_compared=False)
    for name, figure in (("p99", "p99_ms"), ("p999", "p999_ms")):
        yield Line(f"knee-70-{name}", f"{name.replace('999', '99.9')} at 70 % of it, from when it was due", "ms",
                   [well["latency"][figure]], more_is_better=False, is_compared=False)
    most = max(step["accepted_per_s"] for step in found["steps"] if step["held"])
    yield Line("knee-300", "places given a second at three times the knee, the most below it = 1", "ratio",
               [over["accepted_per_s"] / most],
               note=f"{over['refused']:,} refused, {over['unanswered']:,} unanswered")


@contextlib.contextmanager
def idle_connections(port, count):
    """So many keep-alive connections that were answered once and then ask nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    require(hard >= count + 1_000, f"the limit of open files is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    request = b"GET /livez HTTP/1.1\r\nHost: idle\r\n\r\n"
    sockets = []
    try:
        for number in range(count):
            one = socket.socket()
            one.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT: the port is chosen on connecting
            one.bind((f"127.0.0.{2 + number % SOURCES}", 0))
            one.connect(("127.0.0.1", port))
            one.sendall(request)
            sockets.append(one)
        for one in sockets:
            require(one.recv(4096).startswith(b"HTTP/1.1 200"), "an idle connection was not answered")
        yield sockets
    finally:
        for one in sockets:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@measurement("idle-memory", "idle-cost")
def idle(bench):
    """Two servers alike, one with the idle connections: the same polls at each in turn."""
    flags = ["--max-connections", "20000"]
    with measure_reads.with_tickets(bench, False, flags) as (plain, some):
        with measure_reads.with_tickets(bench, False, flags) as (loaded, others):
            process = loaded.queue.child.pid
            before = resident(process, "RssAnon")
            with idle_connections(loaded.port, IDLE) as sockets:
                taken = (resident(process, "RssAnon") - before) / IDLE
                alone, beside = bench.in_turn(
                    lambda: measure_reads.answers(bench, "poll.lua", plain, TICKETS=some),
                    lambda: measure_reads.answers(bench, "poll.lua", loaded, TICKETS=others))
                for one in sockets:
                    one.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        require(one.recv(1) != b"", "an idle connection was closed")
    yield Line("idle-memory", f"memory of ours an idle connection, {IDLE:,} of them", "B", [taken],
               more_is_better=False)
    yield Line("idle-cost", f"polls a CPU second beside {IDLE:,} idle connections, without them = 1", "ratio",
               ratios(beside, alone, "per_cpu_second"), note=bottleneck(beside),
               detail=detail(alone=alone, beside=beside))
