"""Against what a strong engineer builds in an afternoon: nginx with Lua on the same kind of Redis."""

import contextlib
import statistics

import measure_accept
import measure_reads
from bench import Line, all_real, detail, measurement, ratios, require
from generator import wrk
from servers import Peer

STRONG_ENOUGH = 0.22  # of nginx' accepted purchases; below that the peer is no yardstick


def line(name, title, figure, sides):
    theirs, ours, peers = sides
    strength = statistics.median(ratios(peers, theirs))
    require(strength >= STRONG_ENOUGH, f"the peer reached only {strength:.2f} of nginx, less than {STRONG_ENOUGH}")
    return Line(
        name, title, "ratio", ratios(ours, peers, figure), note=f"the peer reached {strength:.2f} of nginx",
        detail=detail(nginx=theirs, sluice=ours, peer=peers))


def peer_purchases(bench):
    with Peer(bench.rig) as peer:
        peer.drain(False)
        peer.put("bench", measure_accept.STOCK)
        sample = wrk(bench, "purchase.lua", peer, 512)
        # A request that waits a second for a connection to Redis gets a 503; a few in the first burst are forgiven.
        all_real([sample], peer.admitted("bench"), 512, most_refused=0.01)
        return sample


@measurement("peer-accepted-512")
def accepted(bench):
    sides = bench.in_turn(
        lambda: wrk(bench, "purchase.lua", bench.nginx, 512), lambda: measure_accept.purchases(bench, 512),
        lambda: peer_purchases(bench))
    yield line("peer-accepted-512", "accepted purchases/s, nginx with Lua = 1, 512 connections", "per_second", sides)


@contextlib.contextmanager
def peer_with_tickets(bench):
    with Peer(bench.rig) as peer:
        peer.drain(False)
        peer.put("bench", measure_reads.TICKETS)
        path = bench.rig.place("tickets") / "peer"
        path.write_text("".join(ticket + "\n" for ticket in peer.client.buy("bench", measure_reads.TICKETS)))
        yield peer, str(path)


@measurement("peer-polls-512")
def polls(bench):
    with measure_reads.with_tickets(bench, False) as (sluice, ours), peer_with_tickets(bench) as (peer, theirs):
        sides = bench.in_turn(
            lambda: wrk(bench, "poll.lua", bench.nginx, 512, TICKETS=ours),
            lambda: measure_reads.answers(bench, "poll.lua", sluice, TICKETS=ours),
            lambda: measure_reads.answers(bench, "poll.lua", peer, TICKETS=theirs))
    yield line(
        "peer-polls-512", "polls of waiting tickets per CPU second, nginx with Lua = 1, 512 connections",
        "per_cpu_second", sides)


@contextlib.contextmanager
def peer_sold_out(bench):
    with Peer(bench.rig) as peer:
        peer.put("gone", 1)
        peer.client.buy("gone", 1)
        peer.client.wait_item("gone", lambda item: item["state"] == "sold_out")
        peer.drain(False)
        yield peer


@measurement("peer-refused-512")
def refused(bench):
    with measure_reads.sold_out(bench) as sluice, peer_sold_out(bench) as peer:
        sides = bench.in_turn(
            lambda: wrk(bench, "purchase.lua", bench.nginx, 512, ITEM="gone"),
            lambda: measure_reads.refusals(bench, sluice), lambda: measure_reads.refusals(bench, peer))
    yield line(
        "peer-refused-512", "refused after the sell-out per CPU second, nginx with Lua = 1, 512 connections",
        "per_cpu_second", sides)
