"""Answers from memory, against nginx `return 200` by CPU second: refusals, polls, looks at the item."""

import contextlib

from bench import Line, bottleneck, detail, measurement, ratios, require
from generator import wrk
from servers import Sluice

TICKETS = 1000


@contextlib.contextmanager
def sold_out(bench):
    """A server whose item `gone` has sold its last unit, workers stopped."""
    with Sluice(bench.rig) as sluice:
        sluice.put("gone", 1)
        sluice.start_workers()
        sluice.client.buy("gone", 1)
        sluice.client.wait_item("gone", lambda item: item["state"] == "sold_out")
        sluice.stop_workers()
        status, _, body = sluice.client.ask("POST", "/v1/items/gone/purchases", {"user": "a-newcomer"})
        require(status == 410 and body["code"] == "sold-out", f"after the end a newcomer got {status}: {body}")
        yield sluice


@contextlib.contextmanager
def with_tickets(bench, is_final, flags=()):
    """A server and a file of tickets: all waiting, or half of them sold and half sold out."""
    with Sluice(bench.rig, flags=flags) as sluice:
        sluice.put("bench", TICKETS // 2)
        tickets = sluice.client.buy("bench", TICKETS)
        if is_final:
            sluice.start_workers()
            sluice.client.wait_item("bench", lambda item: item["waiting"] == 0)
            sluice.stop_workers()
        bodies = [sluice.client.expect([200], "GET", f"/v1/tickets/{ticket}") for ticket in tickets]
        require(all(body["final"] == is_final for body in bodies), "not all tickets are where they should be")
        path = sluice.folder / "tickets"
        path.write_text("".join(ticket + "\n" for ticket in tickets))
        yield sluice, str(path)


def refusals(bench, server):
    sample = wrk(bench, "purchase.lua", server, 512, ITEM="gone")
    require(sample.refused == sample.requests, f"only {sample.refused} of {sample.requests} were refused")
    return sample


def answers(bench, script, server, **environment):
    sample = wrk(bench, script, server, 512, **environment)
    require(sample.refused == 0, f"{sample.refused} of {sample.requests} were not answered")
    return sample


def line(name, title, theirs, ours):
    return Line(
        name, f"{title} per CPU second, nginx = 1, 512 connections", "ratio", ratios(ours, theirs, "per_cpu_second"),
        note=bottleneck(ours), detail=detail(nginx=theirs, sluice=ours))


@measurement("refused-512")
def refused_512(bench):
    with sold_out(bench) as sluice:
        theirs, ours = bench.in_turn(
            lambda: wrk(bench, "purchase.lua", bench.nginx, 512, ITEM="gone"), lambda: refusals(bench, sluice))
    yield line("refused-512", "refused after the sell-out", theirs, ours)


def polls(bench, name, title, is_final):
    with with_tickets(bench, is_final) as (sluice, tickets):
        theirs, ours = bench.in_turn(
            lambda: wrk(bench, "poll.lua", bench.nginx, 512, TICKETS=tickets),
            lambda: answers(bench, "poll.lua", sluice, TICKETS=tickets))
    yield line(name, title, theirs, ours)


@measurement("polls-waiting-512")
def polls_waiting(bench):
    yield from polls(bench, "polls-waiting-512", "polls of waiting tickets", False)


@measurement("polls-final-512")
def polls_final(bench):
    yield from polls(bench, "polls-final-512", "polls of final tickets", True)


@measurement("item-200-512", "item-304-512")
def item_views(bench):
    """An item that nobody buys, in full and with the tag of the last answer."""
    with Sluice(bench.rig) as sluice:
        sluice.put("bench", 1000)
        _, headers, _ = sluice.client.ask("GET", "/v1/items/bench")
        tag = headers["ETag"]
        theirs, ours = bench.in_turn(
            lambda: wrk(bench, "item.lua", bench.nginx, 512), lambda: answers(bench, "item.lua", sluice))
        yield line("item-200-512", "item status, 200", theirs, ours)

        status, _, _ = sluice.client.ask("GET", "/v1/items/bench", **{"If-None-Match": tag})
        require(status == 304, f"the tag of the last answer was answered {status}, not 304")
        theirs, ours = bench.in_turn(
            lambda: wrk(bench, "item.lua", bench.nginx, 512, ITEM="same", ETAG=tag),
            lambda: answers(bench, "item.lua", sluice, ETAG=tag))
        yield line("item-304-512", "item status, 304", theirs, ours)
