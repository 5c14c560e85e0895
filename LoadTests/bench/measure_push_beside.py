"""Purchases beside streams in which nothing happens, and beside those that are being sent to."""

import contextlib
import threading
import time

from bench import Line, bottleneck, detail, measurement, ratios, require
from generator import wrk
from listeners import Listeners
from measure_push import FLAGS, ITEM, STREAMS, buy
from servers import Sluice

CONNECTIONS = 64
STOCK = 1_000_000_000  # never sold out here


@contextlib.contextmanager
def with_streams(bench, count):
    """A sluice that sells `bench`, and `count` streams of another item's tickets."""
    with Sluice(bench.rig, flags=FLAGS) as sluice:
        sluice.put("bench", STOCK)
        if not count:
            yield sluice, None
            return
        sluice.put(ITEM, 1)
        paths = [f"/v1/tickets/{ticket}/events" for _, ticket in buy(sluice, count)]
        with Listeners(bench, sluice.port, paths, seconds=300) as listeners:
            listeners.wait_ready()
            time.sleep(1)
            yield sluice, listeners


def purchases(bench, count, ends=False):
    """Accepted purchases, beside so many streams; `ends`: these have their last event meanwhile."""
    with with_streams(bench, count) as (sluice, listeners):
        if ends:
            sluice.pause(ITEM)
            sluice.pause("bench")
            sluice.start_workers()
            sluice.resume("bench")
            sluice.admin.expect([200, 204], "POST", "/admin/v1/items/bench/hold")
            timer = threading.Timer(0.3, lambda: sluice.resume(ITEM))
            timer.start()
        sample = wrk(bench, "purchase.lua", sluice, CONNECTIONS, seconds=1 if ends else None, first=sluice.queue)
        require(sample.refused == 0, f"{sample.refused} purchases were refused")
        if ends:
            timer.join()
            listeners.wait_told()
            figures = listeners.finish()
            require(figures["told"] == count, f"{count - figures['told']} streams had no last event")
        return sample


@measurement("push-beside-idle", "push-beside-end")
def beside(bench):
    alone, idle, ending = bench.in_turn(
        lambda: purchases(bench, 0), lambda: purchases(bench, STREAMS), lambda: purchases(bench, STREAMS, ends=True))
    yield Line("push-beside-idle", f"accepted purchases/s beside {STREAMS:,} idle streams, without them = 1", "ratio",
               ratios(idle, alone), note=bottleneck(idle), detail=detail(alone=alone, idle=idle))
    yield Line("push-beside-end", "the same in a second in which all these have their last event", "ratio",
               ratios(ending, alone), note=bottleneck(ending), detail=detail(ending=ending))
