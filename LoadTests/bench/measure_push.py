"""Results that are pushed: how soon each listener has its own, what it takes, and how it leaves purchases alone."""

import contextlib
import json
import time

from bench import Line, measurement, require
from listeners import Listeners, decided_at, quantile
from rig import CPU, resident
from sender import Sender, purchase
from servers import Sluice

STREAMS = 15_000  # on one process, whose limit of descriptors is 20,000 here
FLAGS = ["--max-connections", "19000", "--max-streams", "15000"]
ITEM = "push"


def buy(sluice, count, item=ITEM):
    """Tickets with their sequences, in the order of these."""
    sender = Sender(sluice.port, 8)
    answers = sender.flood([purchase(item, f"buyer{number:011d}") for number in range(count)])
    bodies = [json.loads(answer[answer.index(b"\r\n\r\n") + 4:]) for answer in answers]
    return sorted((body["sequence"], body["ticket"]) for body in bodies)


@contextlib.contextmanager
def with_listeners(bench, count, stock, **flags):
    """A sluice whose item has `count` waiting, all of whom listen; it sells when its workers are started."""
    with Sluice(bench.rig, flags=FLAGS) as sluice:
        sluice.put(ITEM, stock)
        tickets = buy(sluice, count)
        process = sluice.queue.child.pid
        before = resident(process, "RssAnon")
        ending = "" if flags.get("polls") else "/events"
        paths = [f"/v1/tickets/{ticket}{ending}" for _, ticket in tickets]
        with Listeners(bench, sluice.port, paths, redis=sluice.redis.socket, **flags) as listeners:
            listeners.connected_ms = listeners.wait_ready()
            listeners.memory = (resident(process, "RssAnon") - before) / count
            listeners.sequences = [sequence for sequence, _ in tickets]
            yield sluice, listeners


def delays(listeners, figures, notified=None):
    """Milliseconds from the store's announcement to the listener, for each; of what others noted, where it is given."""
    require(figures["told"] == figures["listeners"], f"{figures['listeners'] - figures['told']} were never told")
    times, end, ended = decided_at(figures["notified"] if notified is None else notified)
    return [(told - times.get(sequence, end if sequence <= ended else None)) / 1e6
            for sequence, told in zip(listeners.sequences, figures["told_at"])]


def one_by_one(bench, count, milliseconds, slots):
    """All win, some at a time, as fast as the service behind takes them: p50, p99 and most of the delays."""
    with with_listeners(bench, count, count) as (sluice, listeners):
        cpu = CPU([sluice.queue])
        sluice.others.append(sluice.start("sluice-scheduler"))
        sluice.others.append(sluice.start(
            "sluice-worker", SLUICE_SINK="delay", SLUICE_DELAY_MS=str(milliseconds), SLUICE_DELAY_SLOTS=str(slots)))
        listeners.wait_told(120)
        cost = (CPU([sluice.queue]).total - cpu.total) / 1e3 / count
        found = delays(listeners, listeners.finish())
    return [quantile(found, 0.5), quantile(found, 0.99), max(found), cost]


@measurement("push-1000-p50", "push-1000-p99", "push-15000-p99")
def single(bench):
    """Winners who are decided one after the other, while all the others listen."""
    few = [one_by_one(bench, 1_000, 4, 1) for _ in range(bench.options.rounds)]
    many = [one_by_one(bench, STREAMS, 2, 4) for _ in range(bench.options.rounds)]
    for name, column in (("p50", 0), ("p99", 1)):
        yield Line(f"push-1000-{name}", f"{name} from the deciding script to the listener, 1,000 of them", "ms",
                   [one[column] for one in few], more_is_better=False, is_compared=False)
    yield Line("push-15000-p99", f"p99 of the same, {STREAMS:,} listeners", "ms", [one[1] for one in many],
               more_is_better=False, is_compared=False, detail={"few": few, "many": many})


def end_of_sale(bench, count, **flags):
    """One wins and all the others are told that it is over."""
    with with_listeners(bench, count, 1, **flags) as (sluice, listeners):
        sluice.pause(ITEM)
        sluice.start_workers()
        time.sleep(2)  # what connecting and pausing have left to do is done
        cpu = CPU([sluice.queue])
        sluice.resume(ITEM)
        listeners.wait_told()
        cost = (CPU([sluice.queue]).total - cpu.total) / 1e3 / count
        found = delays(listeners, listeners.finish())
        return {"p50": quantile(found, 0.5), "last": max(found), "cpu_us": cost, "memory": listeners.memory,
                "connected": listeners.connected_ms}


@measurement("push-memory", "push-end-p50", "push-end-last", "push-end-cpu", "push-polls-last")
def end(bench):
    streams = [end_of_sale(bench, STREAMS) for _ in range(bench.options.rounds)]
    polls = [end_of_sale(bench, STREAMS, polls=1) for _ in range(bench.options.rounds)]
    rows = [("push-memory", f"memory of ours a stream, {STREAMS:,} of them", "B", "memory", streams),
            ("push-end-p50", f"the end of the sale to {STREAMS:,} streams, p50", "ms", "p50", streams),
            ("push-end-last", "the same, the last of them", "ms", "last", streams),
            ("push-end-cpu", "processor time of the queue process a listener, the same", "us", "cpu_us", streams),
            ("push-polls-last", f"the end of the sale to {STREAMS:,} polls that wait, the last of them", "ms", "last",
             polls)]
    for name, title, unit, key, sides in rows:
        yield Line(name, title, unit, [side[key] for side in sides], more_is_better=False,
                   is_compared=name == "push-memory", detail={"runs": sides} if name == "push-end-last" else {})


@measurement("push-idle")
def idle(bench):
    """What streams cost in which nothing happens but heartbeats, and looks at where each buyer stands."""
    spent = []
    for _ in range(bench.options.rounds):
        with with_listeners(bench, 10_000, 1) as (sluice, _):
            time.sleep(2)
            cpu, begin = CPU([sluice.queue]), time.monotonic()
            time.sleep(30)
            spent.append((CPU([sluice.queue]).total - cpu.total) / 1e9 / (time.monotonic() - begin) * 100)
    yield Line("push-idle", "of a core, taken by 10,000 idle streams", "%", spent, more_is_better=False,
               is_compared=False)
