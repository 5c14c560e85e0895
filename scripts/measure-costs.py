#!/usr/bin/env python3
"""Measures what each part costs and prints the tables of docs/capacity-planning.md.

scripts/measure-costs.py [--seconds 2] [--server-core 0] [--load-core 1]

Needs wrk and redis-server; SLUICE_BIN_DIR says where the programs are, .build/release when not given. Everything runs
on loopback, in a temporary folder, and is ended at the end. The programs and Redis share one core, the load has the
other; a cost is processor time (user + system) over what was done, so it holds when the cores are not fully used, too.
What else runs on the machine makes every figure larger."""
import argparse
import datetime
import os
import pathlib
import platform
import resource
import socket
import statistics
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "LoadTests/bench"))

from generator import run_wrk  # noqa: E402  after the path of what it shares with `make bench`
from rig import CPU, Failure, Rig, resident  # noqa: E402
from servers import Sluice  # noqa: E402

class Costs:
    """One store with a queue process, and what each process spent on what was done."""

    def __init__(self, options, rig):
        self.options, self.tickets, self.items, self.runs = options, rig.folder / "tickets", [], 0
        self.sluice = Sluice(rig, flags=["--max-connections", 20000])
        self.sluice.redis.call("CONFIG", "SET", "auto-aof-rewrite-percentage", "0")
        self.scheduler = None

    def processes(self):
        others = [self.scheduler] if self.scheduler else []
        return {process.name: process for process in [self.sluice.redis.process, self.sluice.queue, *others]}

    def cpu(self, *more):
        """Microseconds of processor time of each process so far."""
        processes = self.processes() | {process.name: process for process in more}
        return {name: CPU([process]).total / 1e3 for name, process in processes.items()}

    def put(self, item, stock):
        self.sluice.put(item, stock)
        self.items.append(item)

    def schedule(self, runs):
        """Begins or ends the scheduler."""
        if runs:
            self.scheduler = self.sluice.start("sluice-scheduler")
            self.scheduler.wait_ready()
        else:
            self.sluice.rig.stop(self.scheduler)
            self.scheduler = None

    def load(self, script, connections, least=200_000, **environment):
        """Runs wrk, three times or until `least` requests are done: requests, µs of each process (medians), p99."""
        slices, total = [], 0
        while total < least or len(slices) < 3:
            self.runs += 1
            before = self.cpu()
            figures = run_wrk(
                self.options, script, self.sluice.port, connections, RUN=f"{self.runs:04d}",
                TICKETS=str(self.tickets), **environment)
            after, done = self.cpu(), figures["requests"]
            slices.append({name: (after[name] - before[name]) / done for name in after})
            total += done
        costs = {name: statistics.median(each[name] for each in slices) for name in slices[0]}
        return total, costs, f"p99 {figures['p99_us'] / 1e3:.2f}ms, {figures['bytes'] / done:.0f} B an answer"

    def total(self, field):
        redis = self.sluice.redis
        return sum(int(redis.call("HGET", f"sluice:{{{item}}}:meta", field) or 0) for item in self.items)

    def drain(self, *flags):
        """Runs a worker until nobody waits; returns purchases, microseconds of each process, purchases a second."""
        waiting = self.total("tail") - self.total("head")
        before, began = self.cpu(), time.monotonic()
        worker = self.sluice.start("sluice-worker", *flags)
        worker.wait_ready()
        while self.total("sold") < self.total("tail") and time.monotonic() - began < 120:
            time.sleep(0.1)
        rate, after = waiting / (time.monotonic() - began), self.cpu(worker)
        self.sluice.rig.stop(worker)
        return waiting, {name: (after[name] - before.get(name, 0)) / waiting for name in after}, f"{rate:,.0f}/s"


def measure(bench):
    rows = []

    def row(what, done, costs, note):
        parts = [costs.get(name, 0) for name in ("sluice-queue", "redis", "sluice-worker", "sluice-scheduler")]
        cells = [f"{part:.2f}" if part >= 0.005 else "–" for part in parts]
        rows.append(f"| {what} | {done:,} | {' | '.join(cells)} | {note} |")

    used_memory = bench.sluice.redis.used_memory

    def purchases(item, connections):
        bench.put(item, 1_000_000_000)
        time.sleep(1.5)
        empty, before = used_memory(), bench.total("tail")
        done, costs, note = bench.load("purchase.lua", connections, ITEM=item)
        time.sleep(1.5)  # by now the buffers of the append-only file are written and gone
        row(f"purchase, {connections} connections", done, costs, note)
        return (used_memory() - empty) / (bench.total("tail") - before)

    bench.put("warm", 1_000_000_000)
    bench.load("purchase.lua", 64, ITEM="warm")
    each = [purchases("wide", 512)]
    bench.tickets.write_text(bench.sluice.client.buy("wide", 1)[0] + "\n")
    row("poll of a waiting ticket, 512 connections", *bench.load("poll.lua", 512))
    row("the same, a connection each", *bench.load("poll.lua", 64, least=0, FIELD="Connection: close"))
    bench.put("gone", 0)
    row("refusal `sold-out`, 512 connections", *bench.load("purchase.lua", 512, ITEM="gone"))
    bench.schedule(True)
    row("order, sink `none`", *bench.drain("--sink", "none"))
    bench.schedule(False)
    each.append(purchases("narrow", 64))
    bench.schedule(True)
    row("order, sink `delay`, 1 ms, 1,000 slots", *bench.drain(*"--sink delay --delay-ms 1 --delay-slots 1000".split()))
    return rows, each


def connection_bytes(bench, count=5_000):
    """Resident bytes of a fresh sluice-queue for each idle connection that has been served once."""
    sluice = bench.sluice
    sluice.rig.stop(sluice.queue)
    sluice.start_queue()
    pid = sluice.queue.child.pid
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before = resident(pid)
    links = [socket.create_connection(("127.0.0.1", sluice.port)) for _ in range(count)]
    for link in links:
        link.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    if not all(link.recv(4096).startswith(b"HTTP/1.1 200") for link in links):
        raise Failure("a connection was not served")
    return (resident(pid) - before) / count


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, default in (("--seconds", 2), ("--server-core", 0), ("--load-core", 1)):
        parser.add_argument(name, type=int, default=default)
    options = parser.parse_args()
    try:
        with Rig(options.server_core, "costs") as rig:
            bench = Costs(options, rig)
            rows, each = measure(bench)
            connection = connection_bytes(bench)
    except Failure as failure:
        sys.exit(f"measure: {failure}")
    print(f"`scripts/measure-costs.py`, {datetime.date.today()}: {os.cpu_count()} vCPU {platform.machine()}, "
          f"Linux {platform.release()}\n\n| what | done | queue µs | Redis µs | worker µs | scheduler µs | |\n"
          "| --- | ---: | ---: | ---: | ---: | ---: | --- |")
    print("\n".join(rows))
    print(f"\n| what | bytes |\n| --- | ---: |\n| purchase waiting in Redis | {min(each):.0f}–{max(each):.0f} |\n"
          f"| idle connection in sluice-queue, resident | {connection:,.0f} |")

main()
