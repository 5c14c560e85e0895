"""Streams that are cut: by their clients, by the death of their process, and those that find no place."""

import signal
import time

from bench import Line, measurement, require
from listeners import Listeners, quantile
from measure_push import FLAGS, ITEM, STREAMS, buy
from servers import Sluice

BUDGET = 2_000  # polls a second, which those who come back are to keep to
CUTS, CUT_LISTENERS = 1_000, 2_000


def busiest(times, seconds=1.0):
    """The most of some times (ns) that lie within so many seconds, a second."""
    most, first = 0, 0
    ordered = sorted(times)
    for last, value in enumerate(ordered):
        while ordered[first] < value - seconds * 1e9:
            first += 1
        most = max(most, last - first + 1)
    return most / seconds


def paths(sluice, count):
    sluice.put(ITEM, count)
    return [f"/v1/tickets/{ticket}/events" for _, ticket in buy(sluice, count)]


@measurement("push-return-last", "push-return-rate", "push-return-errors")
def returns(bench):
    """The queue process is killed and started again at once; its clients obey `retry:`."""
    found = []
    for _ in range(bench.options.rounds):
        with Sluice(bench.rig, flags=FLAGS) as sluice:
            with Listeners(bench, sluice.port, paths(sluice, STREAMS), returns=1) as listeners:
                listeners.wait_ready()
                time.sleep(1)
                sluice.queue.child.send_signal(signal.SIGKILL)
                sluice.queue.child.wait()
                killed = time.monotonic_ns()
                sluice.rig.stop(sluice.queue)
                sluice.start_queue()
                time.sleep(20)
                figures = listeners.finish()
        back = [time for _, _, time in figures["back"]]
        require(len(back) == STREAMS, f"{STREAMS - len(back)} of {STREAMS:,} did not come back within 20 s")
        errors = sum(value for status, value in figures.items() if status.startswith("5"))
        found.append(((max(back) - killed) / 1e9, (quantile(back, 0.99) - killed) / 1e9, busiest(back), errors))
    yield Line("push-return-last", f"{STREAMS:,} streams whose process was killed: the last is back after", "ms",
               [1000 * one[0] for one in found], more_is_better=False, is_compared=False,
               note=f"99 of 100 after {1000 * quantile([one[1] for one in found], 0.5):,.0f} ms")
    yield Line("push-return-rate", "the busiest second of their return, the poll budget = 1", "ratio",
               [one[2] / BUDGET for one in found], more_is_better=False, is_compared=False)
    yield Line("push-return-errors", "answers 5xx to them", "", [one[3] for one in found], more_is_better=False,
               is_compared=False)


@measurement("push-cuts-missed")
def cuts(bench):
    """A thousand connections are cut while the sale goes on: who comes back hears what he missed."""
    missed, done = [], []
    for _ in range(bench.options.rounds):
        with Sluice(bench.rig, flags=FLAGS) as sluice:
            flags = {"returns": 1, "cuts": 100}
            with Listeners(bench, sluice.port, paths(sluice, CUT_LISTENERS), **flags) as listeners:
                listeners.wait_ready()
                sluice.others.append(sluice.start("sluice-scheduler"))
                sluice.others.append(sluice.start(
                    "sluice-worker", SLUICE_SINK="delay", SLUICE_DELAY_MS="10", SLUICE_DELAY_SLOTS="1"))
                listeners.wait_told(60)
                figures = listeners.finish()
        missed.append(figures["listeners"] - figures["told"])
        done.append(figures["returned"])
    require(min(done) >= CUTS / 2, f"only {min(done)} connections were cut and came back")
    yield Line("push-cuts-missed", f"final states missed by {CUT_LISTENERS:,} streams of which many were cut", "",
               missed, more_is_better=False, is_compared=False, note=f"{min(done):,} cuts and returns")


@measurement("push-cap-refused", "push-cap-retry")
def cap(bench):
    """Newcomers where there are as many streams as there may be."""
    flags = ["--max-connections", "19000", "--max-streams", "1000"]
    with Sluice(bench.rig, flags=flags) as sluice:
        all_paths = paths(sluice, 1_200)
        with Listeners(bench, sluice.port, all_paths[:1_000]) as inside:
            inside.wait_ready()
            pauses = []
            for path in all_paths[1_000:]:
                status, headers, body = sluice.client.ask("GET", path)
                require(status == 503 and headers["Retry-After"], f"a newcomer was answered {status}: {body}")
                pauses.append(body["retry_after_ms"])
            figures = inside.finish()
    require(figures["lost"] == 0, f"{figures['lost']} of those inside lost their stream")
    yield Line("push-cap-refused", "newcomers that 1,000 streams, as many as there may be, turn away by 503", "",
               [len(pauses)], is_compared=False)
    yield Line("push-cap-retry", "the median pause that they are given", "ms", [quantile(pauses, 0.5)],
               is_compared=False, note=f"{min(pauses):,} to {max(pauses):,} ms, {len(set(pauses))} different ones")
