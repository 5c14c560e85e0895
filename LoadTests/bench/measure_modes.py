"""The front door against itself: user time in our code, unbatched, two loops."""

import subprocess

import measure_accept
import measure_reads
from bench import Line, bottleneck, detail, measurement, ratios
from rig import Void
from servers import BINARIES

ENOUGH = 200_000  # requests that user time is taken over


def user_time(run):
    """Microseconds of user time a request in the front door, over at least `ENOUGH` requests."""
    samples = []
    while sum(sample.requests for sample in samples) < ENOUGH:
        samples.append(run())
    requests = sum(sample.requests for sample in samples)
    return sum(sample.user_us * sample.requests for sample in samples) / requests, requests


def cpu_line(name, title, figures):
    value, requests = figures
    return Line(name, title, "us", [value], more_is_better=False, is_compared=False, note=f"{requests:,} requests")


@measurement("user-cpu-purchase")
def user_cpu_purchase(bench):
    figures = user_time(lambda: measure_accept.purchases(bench, 512))
    yield cpu_line("user-cpu-purchase", "user CPU in `sluice-queue` a purchase, 512 connections", figures)


@measurement("user-cpu-poll")
def user_cpu_poll(bench):
    with measure_reads.with_tickets(bench, False) as (sluice, tickets):
        figures = user_time(lambda: measure_reads.answers(
            bench, "poll.lua", sluice, TICKETS=tickets, first=sluice.queue))
    yield cpu_line("user-cpu-poll", "user CPU in `sluice-queue` a poll, 512 connections", figures)


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
