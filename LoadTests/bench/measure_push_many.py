"""The end of a sale to more streams than one process may hold, over four of them."""

import contextlib
import time

from bench import Line, measurement
from listeners import Listeners, quantile
from measure_push import FLAGS, ITEM, buy, delays
from rig import CPU, resident
from servers import Sluice

PROCESSES, STREAMS = 4, 50_000


def memory_of(queues):
    return sum(resident(queue.child.pid, "RssAnon") for queue in queues)


def end_of_sale(bench):
    """One wins, all the others are shown that it is over. Listener n is at process n modulo four."""
    with Sluice(bench.rig, flags=FLAGS) as sluice, contextlib.ExitStack() as stack:
        sluice.put(ITEM, 1)
        ports = [sluice.port, *(sluice.add_queue() for _ in range(PROCESSES - 1))]
        queues = [sluice.queue, *sluice.others]
        tickets = buy(sluice, STREAMS)
        before = memory_of(queues)
        groups = []
        for index, port in enumerate(ports):
            mine = tickets[index::PROCESSES]
            paths = [f"/v1/tickets/{ticket}/events" for _, ticket in mine]
            # One of them notes what the store announces.
            flags = {"redis": sluice.redis.socket} if index == 0 else {}
            group = stack.enter_context(Listeners(bench, port, paths, **flags))
            group.sequences = [sequence for sequence, _ in mine]
            groups.append(group)
        for group in groups:
            group.wait_ready()
        memory = (memory_of(queues) - before) / STREAMS
        sluice.pause(ITEM)
        sluice.start_workers()
        time.sleep(2)  # what connecting and pausing have left to do is done
        cpu = CPU(queues)
        sluice.resume(ITEM)
        for group in groups:
            group.wait_told()
        cost = (CPU(queues).total - cpu.total) / 1e3 / STREAMS
        figures = [group.finish() for group in groups]
    notified = figures[0]["notified"]
    found = [delay for group, one in zip(groups, figures) for delay in delays(group, one, notified)]
    return {"p50": quantile(found, 0.5), "last": max(found), "cpu_us": cost, "memory": memory}


@measurement("push-many-p50", "push-many-last", "push-many-cpu", "push-many-memory")
def many(bench):
    sides = [end_of_sale(bench) for _ in range(bench.options.rounds)]
    rows = [("push-many-p50", f"the end of a sale to {STREAMS:,} streams over {PROCESSES} processes, p50", "ms", "p50"),
            ("push-many-last", "the same, the last of them", "ms", "last"),
            ("push-many-cpu", "processor time of the queue processes a listener, the same", "us", "cpu_us"),
            ("push-many-memory", "memory of ours a stream, the same", "B", "memory")]
    for name, title, unit, key in rows:
        yield Line(name, title, unit, [side[key] for side in sides], more_is_better=False, is_compared=False)
