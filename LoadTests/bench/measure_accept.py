"""Purchases that are let in, against nginx `return 202`."""

from bench import Line, all_real, bottleneck, detail, measurement, ratios
from generator import wrk
from servers import Sluice

STOCK = 1_000_000_000  # never sold out here


def purchases(bench, connections, draining=False, **settings):
    """One run of purchases on a fresh store, each 202 of them verified."""
    with Sluice(bench.rig, **settings) as sluice:
        sluice.put("bench", STOCK)
        if draining:
            sluice.start_workers()
            sluice.client.buy("bench", 100)
            sluice.client.wait_item("bench", lambda item: item["sold"] == 100)
        before = sluice.admitted("bench")
        sample = wrk(bench, "purchase.lua", sluice, connections, first=sluice.queue)
        all_real([sample], sluice.admitted("bench") - before, connections)
        if draining:
            sample.sold = sluice.admin.expect([200], "GET", "/admin/v1/items/bench")["sold"]
        return sample


def accepted(bench, connections):
    theirs, ours = bench.in_turn(
        lambda: wrk(bench, "purchase.lua", bench.nginx, connections), lambda: purchases(bench, connections))
    yield Line(
        f"accepted-{connections}",
        f"accepted purchases/s, nginx `return 202` = 1, {connections} connections, no workers", "ratio",
        ratios(ours, theirs), note=bottleneck(ours), detail=detail(nginx=theirs, sluice=ours))
    yield Line(
        f"accepted-{connections}-cpu", "the same by CPU second of front door and Redis", "ratio",
        ratios(ours, theirs, "per_cpu_second"))
    yield Line(
        f"p99-{connections}", f"p99 of a purchase at full load, {connections} connections", "ms",
        [sample.p99_ms for sample in ours], more_is_better=False, is_compared=False)


@measurement("accepted-512", "accepted-512-cpu", "p99-512")
def accepted_512(bench):
    yield from accepted(bench, 512)


@measurement("accepted-64", "accepted-64-cpu", "p99-64")
def accepted_64(bench):
    yield from accepted(bench, 64)


@measurement("draining-512")
def draining_512(bench):
    """Scheduler and worker share the core with front door and Redis, and sell as fast as they can."""
    theirs, ours = bench.in_turn(
        lambda: wrk(bench, "purchase.lua", bench.nginx, 512), lambda: purchases(bench, 512, draining=True))
    sold = sum(sample.sold for sample in ours) / sum(sample.requests for sample in ours)
    yield Line(
        "draining-512",
        "accepted purchases/s while the worker drains on the same core, nginx `return 202` = 1, 512 connections",
        "ratio", ratios(ours, theirs),
        note=f"{min(sold, 1):.0%} were sold by the end of the run; {bottleneck(ours)}",
        detail=detail(nginx=theirs, sluice=ours))
