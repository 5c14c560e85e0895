"""The load: wrk and redis-benchmark on the generator's core, and what the servers' side spent meanwhile."""

import dataclasses
import json
import os
import pathlib
import resource
import subprocess
import time

from rig import CPU, Failure, core_busy

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent / "wrk"


@dataclasses.dataclass
class Sample:
    """One run of the generator against one server."""

    requests: int  # answered
    refused: int  # of these, neither 2xx nor 3xx
    per_second: float
    cpu_us: float  # of the servers' side, a request
    user_us: float  # of the first process alone, in user mode, a request
    server_busy: float  # part of its core that the servers' side used, 0...1
    generator_busy: float  # part of its core that the generator used: near 1 it was the bottleneck
    foreign: float  # part of the servers' core that somebody else used
    p50_ms: float = 0
    p99_ms: float = 0
    sold: int = 0  # by the workers meanwhile, where there were any

    @property
    def per_cpu_second(self):
        return 1e6 / self.cpu_us

    def figures(self):
        return {name: float(f"{value:.4g}") if isinstance(value, float) else value
                for name, value in dataclasses.asdict(self).items()}


def _generator_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Meter:
    """Processor time of the servers' side and of the generator over a `with`."""

    def __init__(self, bench, processes, first):
        self.core, self.processes, self.first = bench.options.server_core, processes, first

    def __enter__(self):
        self.generator, self.busy = _generator_seconds(), core_busy(self.core)
        self.cpu, self.own = CPU(self.processes), CPU([self.first])
        self.begin = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.begin
        cpu, own = CPU(self.processes), CPU([self.first])
        self.total_ns, self.user_ns = cpu.total - self.cpu.total, own.user - self.own.user
        self.foreign_ns = max(0, core_busy(self.core) - self.busy - self.total_ns)
        self.generator_seconds = _generator_seconds() - self.generator


def run_wrk(options, script, port, connections, seconds=None, **environment):
    """One run of a wrk script: the figures of its `report.lua`."""
    command = ["taskset", "-c", options.load_core, "wrk", "-t1", f"-c{connections}", f"-d{seconds or options.seconds}s",
               "--latency", "--timeout", "10s", "-s", SCRIPTS / script, f"http://127.0.0.1:{port}"]
    environment = {**os.environ, "JSON": "1", "ITEM": "bench", **environment}
    result = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True)
    found = [line[5:] for line in result.stdout.splitlines() if line.startswith("json ")]
    if result.returncode or not found:
        raise Failure(f"wrk failed: {result.stdout[-500:]}{result.stderr[-500:]}")
    figures = json.loads(found[0])
    if not figures["requests"] or figures["socket_errors"]:
        raise Failure(f"{script} at port {port}: {figures['requests']} answers, "
                      f"{figures['socket_errors']} broken connections")
    return figures


def wrk(bench, script, server, connections, seconds=None, processes=None, first=None, **environment):
    """One run of a wrk script against `server.port`.

    `processes` are those whose CPU time counts, all of the server's when not given; `first` whose user time does.
    """
    processes = processes or server.processes
    with Meter(bench, processes, first or processes[-1]) as meter:
        figures = run_wrk(bench.options, script, server.port, connections, seconds, **environment)
    requests = figures["requests"]
    return Sample(
        requests, figures["refused"], requests / (figures["duration_us"] / 1e6), meter.total_ns / 1e3 / requests,
        meter.user_ns / 1e3 / requests, meter.total_ns / 1e9 / meter.seconds,
        meter.generator_seconds / meter.seconds, meter.foreign_ns / 1e9 / meter.seconds,
        figures["p50_us"] / 1e3, figures["p99_us"] / 1e3)


def redis_benchmark(bench, redis, count, connections, *words):
    """Pipelined calls of one command, 64 deep on each connection; a `Sample` without latencies."""
    command = ["taskset", "-c", bench.options.load_core, "redis-benchmark", "-s", redis.socket, "--csv", "-P", "64",
               "-c", connections, "-n", count, "-r", "2000000000", *words]
    with Meter(bench, [redis.process], redis.process) as meter:
        result = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    rows = [line.split('","') for line in result.stdout.splitlines() if line.startswith('"') and "rps" not in line]
    if result.returncode or not rows:
        raise Failure(f"redis-benchmark failed: {result.stdout[-500:]}{result.stderr[-500:]}")
    return Sample(
        count, 0, float(rows[0][1].strip('"')), meter.total_ns / 1e3 / count, meter.user_ns / 1e3 / count,
        meter.total_ns / 1e9 / meter.seconds, meter.generator_seconds / meter.seconds,
        meter.foreign_ns / 1e9 / meter.seconds)
