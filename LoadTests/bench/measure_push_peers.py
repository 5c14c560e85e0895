"""Event streams beside what Debian has for them, in the same minutes: nchan and pushpin."""

import time

from bench import Line, measurement, ratios, require
from listeners import Listeners, quantile
from measure_push import end_of_sale
from push_peers import Nchan, Pushpin
from rig import CPU


class Side:
    """What one side of a pair took: for the 400 bytes to each listener, and for each that it holds."""

    def __init__(self, last, cpu_us, memory):
        self.last, self.cpu_us, self.memory = last, cpu_us, memory

    @property
    def per_cpu_second(self):
        return 1e6 / self.cpu_us

    @property
    def per_mib(self):
        return (1 << 20) / self.memory


def ours(bench, count):
    found = end_of_sale(bench, count)
    return Side(found["last"], found["cpu_us"], found["memory"])


def peer(bench, kind):
    """One message for all listeners of a peer."""
    count = kind.streams
    with kind(bench.rig) as server:
        before = server.memory()
        with Listeners(bench, server.port, [server.path] * count, rate=server.rate) as listeners:
            listeners.wait_ready(100)
            time.sleep(2)
            memory = (server.memory() - before) / count
            cpu, begin = CPU(server.processes), time.monotonic_ns()
            server.publish()
            listeners.wait_told()
            cost = (CPU(server.processes).total - cpu.total) / 1e3 / count
            figures = listeners.finish()
            require(figures["told"] == count, f"{count - figures['told']} listeners of the peer were never told")
            return Side((quantile(figures["told_at"], 1) - begin) / 1e6, cost, memory)


def compare(bench, kind, name):
    mine, theirs = bench.in_turn(lambda: ours(bench, kind.streams), lambda: peer(bench, kind))
    runs = {"detail": {key: [vars(side) for side in sides] for key, sides in (("sluice", mine), (name, theirs))}}
    yield Line(f"push-{name}-cpu", f"events a CPU second, {name} = 1", "ratio", ratios(mine, theirs, "per_cpu_second"),
               **runs)
    yield Line(f"push-{name}-memory", f"streams a MiB, {name} = 1", "ratio", ratios(mine, theirs, "per_mib"))
    yield Line(f"push-{name}-last", f"until the last of {kind.streams:,} has its event, {name} = 1", "ratio",
               ratios(mine, theirs, "last"), more_is_better=False, is_compared=False,
               note=f"{quantile([side.last for side in theirs], 0.5):.0f} ms")


@measurement("push-nchan-cpu", "push-nchan-memory", "push-nchan-last")
def nchan(bench):
    yield from compare(bench, Nchan, "nchan")


@measurement("push-pushpin-cpu", "push-pushpin-memory", "push-pushpin-last")
def pushpin(bench):
    yield from compare(bench, Pushpin, "pushpin")
