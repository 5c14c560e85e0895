"""The front door against itself: user time in our code, unbatched, two loops."""

import subprocess

import measure_accept
import measure_reads
from bench import Line, bottleneck, detail, measurement, ratios
from generator import wrk
from rig import Void
from servers import BINARIES

ENOUGH = 600_000  # requests that user time is taken over: it is counted in ticks of 10 ms


def user_times(*sides):
    """Microseconds of user time a request of each side, over at least `ENOUGH` requests each, run in turn."""
    samples = [[] for _ in sides]
    while min(sum(sample.requests for sample in side) for side in samples) < ENOUGH:
        for side, run in zip(samples, sides):
            side.append(run())
    totals = [sum(sample.requests for sample in side) for side in samples]
    times = [sum(sample.user_us * sample.requests for sample in side) / total for side, total in zip(samples, totals)]
    return times, totals


def cpu_lines(name, title, answer, run, reference):
    """The time of our code, and what nginx takes in the same minutes to say the same every time."""
    (ours, theirs), (requests, _) = user_times(run, reference)
    yield Line(
        f"user-cpu-{name}", f"user CPU in `sluice-queue` {title}, 512 connections", "us", [ours], more_is_better=False,
        is_compared=False, note=f"{requests:,} requests; nginx `{answer}` {theirs:.2f} us")
    yield Line(
        f"user-cpu-{name}-nginx", f"the same, nginx `{answer}` = 1", "ratio", [ours / theirs], more_is_better=False)


@measurement("user-cpu-purchase", "user-cpu-purchase-nginx")
def user_cpu_purchase(bench):
    yield from cpu_lines(
        "purchase", "a purchase", "return 202", lambda: measure_accept.purchases(bench, 512),
        lambda: wrk(bench, "purchase.lua", bench.nginx, 512))


@measurement("user-cpu-poll", "user-cpu-poll-nginx")
def user_cpu_poll(bench):
    with measure_reads.with_tickets(bench, False) as (sluice, tickets):
        yield from cpu_lines(
            "poll", "a poll", "return 200",
            lambda: measure_reads.answers(bench, "poll.lua", sluice, TICKETS=tickets, first=sluice.queue),
            lambda: wrk(bench, "poll.lua", bench.nginx, 512, TICKETS=tickets))


@measurement("batching-512")
def batching(bench):
    help_text = subprocess.run([BINARIES / "sluice-queue", "--help"], capture_output=True, text=True).stdout
    if "--batch " not in help_text:
        raise Void("not measured: this sluice-queue has no --batch")
    single, ours = bench.in_turn(
        lambda: measure_accept.purchases(bench, 512, flags=["--batch", "1"]),
        lambda: measure_accept.purchases(bench, 512))
    yield Line(
        "batching-512", "accepted purchases/s, batched, `--batch 1` = 1, 512 connections", "ratio",
        ratios(ours, single), note=bottleneck(ours), detail=detail(unbatched=single, sluice=ours))


@measurement("two-loops-512")
def two_loops(bench):
    """Both loops share the servers' core, so that CPU time is compared and not the number of cores."""
    one, two = bench.in_turn(
        lambda: measure_accept.purchases(bench, 512), lambda: measure_accept.purchases(bench, 512, loops=2))
    yield Line(
        "two-loops-512", "CPU a purchase with two loops (front door and Redis), one loop = 1, 512 connections", "ratio",
        ratios(two, one, "cpu_us"), more_is_better=False, detail=detail(one=one, two=two))
