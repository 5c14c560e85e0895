"""What Redis itself can do, and how near the engine comes: one script a purchase, the drain, memory, fsync."""

import os
import statistics
import time

import measure_accept
from bench import Line, all_real, bottleneck, detail, measurement, ratios, require
from generator import redis_benchmark, wrk
from servers import ROOT, Sluice
from stores import Redis

PINGS = 2_000_000
SINGLE_ADMISSIONS = 200_000
WAITING = 1_000_000  # purchases of the drain
REMEMBERED = 200_000  # purchases that memory is measured with


def pings(bench, connections):
    """PING, 64 deep: on one connection both sides wait for each other in turn, on 16 Redis never waits."""
    with Redis(bench.rig) as redis:
        return redis_benchmark(bench, redis, PINGS, connections, "-t", "ping_mbulk")


def single_admissions(bench):
    """The peer's script, which admits one purchase: dedupe, bound, RPUSH; users of 16 bytes."""
    with Redis(bench.rig) as redis:
        script = (ROOT / "LoadTests/peers/nginx-lua/redis/admit.lua").read_text()
        digest = redis.call("SCRIPT", "LOAD", script)
        redis.call("HSET", "{b}:meta", "head", 0, "limit", measure_accept.STOCK, "ended", 0)
        sample = redis_benchmark(
            bench, redis, SINGLE_ADMISSIONS, 16, "EVALSHA", digest, 3, "{b}:meta", "{b}:users", "{b}:queue",
            "usr-__rand_int__", 1)
        counted = int(redis.call("HLEN", "{b}:users"))
        require(counted > 0.99 * SINGLE_ADMISSIONS, f"the script admitted {counted} of {SINGLE_ADMISSIONS}")
        return sample


@measurement("admit-single", "admit-batched")
def admissions(bench):
    """What batching saves in Redis: front door's batches against one script call each, both by Redis' own CPU."""

    def batched():
        with Sluice(bench.rig) as sluice:
            sluice.put("bench", measure_accept.STOCK)
            sample = wrk(bench, "purchase.lua", sluice, 512, processes=[sluice.redis.process])
            all_real([sample], sluice.admitted("bench"), 512)
            return sample

    ping, single, ours = bench.in_turn(lambda: pings(bench, 16), lambda: single_admissions(bench), batched)
    yield Line(
        "admit-single", "one script a purchase, pipelined on 16 connections, PING/s = 1", "ratio",
        ratios(single, ping), is_compared=False, note=f"{statistics.median(s.per_second for s in ping):,.0f} PING/s",
        detail=detail(ping=ping, single=single))
    yield Line(
        "admit-batched", "purchases per CPU second of Redis, in the front door's batches, one script each = 1", "ratio",
        ratios(ours, single, "per_cpu_second"),
        note=f"{statistics.median(s.cpu_us for s in ours):.2f} us of Redis each",
        detail=detail(single=single, sluice=ours))


def fill(bench, sluice, item, count):
    """Lets in `count` purchases or some more as fast as it goes, each 202 verified; how many there are then."""
    sluice.redis.call("CONFIG", "SET", "auto-aof-rewrite-percentage", 0)  # no fork in the middle of what follows
    begin = counted = sluice.admitted(item)
    runs = []
    while counted - begin < count:
        seconds = max(1, min(10, (begin + count - counted) // 70_000))
        runs.append(wrk(bench, "purchase.lua", sluice, 512, seconds=seconds, first=sluice.queue, ITEM=item))
        counted = sluice.admitted(item)
        all_real(runs, counted - begin, 512)
    return counted


def drained(bench):
    """Purchases a second from a million waiting to all of them final, a tenth as many units."""
    with Sluice(bench.rig) as sluice:
        units = WAITING // 10
        sluice.put("bench", units)
        count = fill(bench, sluice, "bench", WAITING)
        sluice.pause("bench")
        sluice.start_workers()
        begin = time.monotonic()
        sluice.resume("bench")
        item = sluice.client.wait_item("bench", lambda body: body["waiting"] == 0, pause=0.002)
        seconds = time.monotonic() - begin
        require(item["sold"] == units and item["state"] == "sold_out", f"after the drain the item says {item}")
        return {"purchases": count, "seconds": round(seconds, 4), "per_second": round(count / seconds),
                "winners_per_second": round(units / seconds)}


@measurement("drain", "drain-16")
def drain(bench):
    one, many, ours = bench.in_turn(lambda: pings(bench, 1), lambda: pings(bench, 16), lambda: drained(bench))
    seconds = statistics.median(run["seconds"] for run in ours)
    winners = statistics.median(run["winners_per_second"] for run in ours)
    for name, where, samples in [("drain", "one connection", one), ("drain-16", "16 connections", many)]:
        speed = statistics.median(sample.per_second for sample in samples)
        yield Line(
            name, f"drain of 1,000,000 waiting, units for a tenth, purchases/s, pipelined PING/s on {where} = 1",
            "ratio", [run["per_second"] / sample.per_second for run, sample in zip(ours, samples)],
            note=f"all final after {seconds:.2f} s, {winners:,.0f} sold a second, {speed:,.0f} PING/s",
            detail={**detail(ping=samples), "sluice": ours})


@measurement("memory-waiting", "memory-finished")
def memory(bench):
    """Finished means sold, the dearest end: every one has a result and is in the ledger."""
    with Sluice(bench.rig) as sluice:
        sluice.put("bench", measure_accept.STOCK)
        sluice.client.buy("bench", 1)
        before = sluice.redis.used_memory()
        count = fill(bench, sluice, "bench", REMEMBERED)
        time.sleep(1)  # buffers of replies and of the append-only file are given back
        waiting = (sluice.redis.used_memory() - before) / count
        sluice.start_workers()
        sluice.client.wait_item("bench", lambda item: item["waiting"] == 0 and item["sold"] >= count)
        sluice.stop_workers()
        time.sleep(1)
        finished = (sluice.redis.used_memory() - before) / count
    for name, title, value in [("waiting", "waiting", waiting), ("finished", "sold", finished)]:
        yield Line(f"memory-{name}", f"Redis memory a purchase that is {title}, user of 16 bytes", "B", [value],
                   more_is_better=False, note=f"{count:,} purchases")


def fdatasync_ms(folder):
    """Milliseconds of an fdatasync after 4 KiB were appended: the median of 200."""
    times, path = [], folder / "fdatasync"
    with open(path, "wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            begin = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - begin) * 1e3)
    path.unlink()
    return statistics.median(times)


@measurement("fsync-always-512", "fdatasync")
def fsync_always(bench):
    """The same server with `--durability safe` on `appendfsync always` and with `fast` on `everysec`."""
    sync = []

    def always():
        sync.append(fdatasync_ms(bench.rig.folder))
        return measure_accept.purchases(bench, 512, fsync="always")

    relaxed, ours = bench.in_turn(lambda: measure_accept.purchases(bench, 512), always)
    yield Line(
        "fsync-always-512", "accepted purchases/s with `appendfsync always`, `everysec` = 1, 512 connections", "ratio",
        ratios(ours, relaxed), note=bottleneck(relaxed), detail=detail(everysec=relaxed, always=ours))
    yield Line("fdatasync", "fdatasync of 4 KiB on this disk", "ms", sync, more_is_better=False, is_compared=False)
