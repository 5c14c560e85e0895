#!/usr/bin/env python3
"""Measures what it takes to show, archive and delete the purchases of a large sale.

scripts/measure-books.py [--purchases 1000000]

Needs redis-server; SLUICE_BIN_DIR says where the programs are, .build/release when not given. All are bought and sold,
then exported as NDJSON and CSV, archived, and deleted, with the memory of the queue process and of Redis before and
after, and the calls that Redis took longer than 2 ms for. Exit 3 where a goal is missed: memory of a million rows below
32 MiB, used_memory at most 2 % above before, no call of the deletion of more than 2 ms."""
import argparse
import http.client
import pathlib
import platform
import socket
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "LoadTests/bench"))

from rig import Failure, Rig, resident  # noqa: E402  after the path of what it shares with `make bench`
from servers import Sluice  # noqa: E402

ACCEPTED = b"HTTP/1.1 202"
TOGETHER = 256  # requests that one connection has under way
MOST_MEMORY = 32 * 1024 * 1024  # of the queue process, for all rows
MOST_REST = 0.02  # of Redis, after the deletion
SLOW = 2000  # microseconds


def buy(port, numbers):
    """Purchases of as many users, many under way at once."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for start in range(numbers.start, numbers.stop, TOGETHER):
            part = range(start, min(numbers.stop, start + TOGETHER))
            bodies = [f'{{"user":"buyer-{number:010d}"}}' for number in part]
            connection.sendall("".join(
                "POST /v1/items/books/purchases HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n{body}" for body in bodies).encode())
            data, found = b"", 0
            while found < len(part):
                chunk = connection.recv(1 << 18)
                if not chunk:
                    raise Failure("a connection was closed")
                data = data[1 - len(ACCEPTED):] + chunk  # no whole one of those that were counted
                found += data.count(ACCEPTED)


def used_memory(redis):
    """Bytes, once Redis has freed what it frees in the background."""
    for _ in range(600):
        lines = dict(line.split(":", 1) for line in redis.call("INFO", "memory").split("\r\n") if ":" in line)
        if lines["lazyfree_pending_objects"] == "0":
            return int(lines["used_memory"])
        time.sleep(0.1)
    raise Failure("Redis does not free what was unlinked")


def slow_calls(redis):
    """What took longer, in microseconds, since this was read last; Redis keeps it in its memory until then."""
    slow = [entry[2] for entry in redis.call("SLOWLOG", "GET", 1000)]
    redis.call("SLOWLOG", "RESET")
    return slow


class Peak:
    """The most memory of a process while something goes on."""

    def __init__(self, pid):
        self.pid, self.most, self.goes_on = pid, resident(pid), True
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while self.goes_on:
            self.most = max(self.most, resident(self.pid))
            time.sleep(0.02)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.goes_on = False
        self.thread.join()


def export(sluice, accept, pause=0.0):
    """Reads all of the books. Returns rows and bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", sluice.admin_port, timeout=600)
    connection.request("GET", "/admin/v1/items/books/purchases", headers={**sluice.admin.headers, "Accept": accept})
    answer, rows, count = connection.getresponse(), 0, 0
    while chunk := answer.read(1 << 20):
        rows, count = rows + chunk.count(b"\n"), count + len(chunk)
        time.sleep(pause)
    return rows, count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--purchases", type=int, default=1_000_000)
    count = parser.parse_args().purchases
    missed = []
    with Rig(name="books") as rig:
        folder = rig.place("archive")
        with Sluice(rig, flags=["--archive-dir", folder]) as sluice:
            redis, queue = sluice.redis, sluice.queue.child.pid
            sluice.start_workers()
            sluice.put("warm", 10)
            sluice.client.buy("warm", 10)
            sluice.client.wait_item("warm", lambda item: item["sold"] == 10)
            before = used_memory(redis)
            sluice.put("books", count)
            share = -(-count // 8)
            buyers = [threading.Thread(target=buy, args=(sluice.port, range(at, min(count, at + share))))
                      for at in range(0, count, share)]
            for thread in buyers:
                thread.start()
            for thread in buyers:
                thread.join()
            sluice.client.connection.close()  # idle for too long; the next request opens it again
            sluice.client.wait_item("books", lambda item: item["sold"] == count, seconds=600)
            full = used_memory(redis)
            print(f"{platform.machine()}, {time.strftime('%Y-%m-%d')}; {count:,} purchases sold,"
                  f" {(full - before) / count:.0f} B each in Redis", flush=True)
            redis.call("CONFIG", "SET", "slowlog-log-slower-than", SLOW)
            redis.call("CONFIG", "SET", "slowlog-max-len", 1000)
            redis.call("SLOWLOG", "RESET")
            for accept, pause in [("application/x-ndjson", 0), ("text/csv", 0), ("text/csv", 0.005)]:
                redis.call("CONFIG", "RESETSTAT")
                start, resting = time.perf_counter(), resident(queue)
                with Peak(queue) as peak:
                    rows, size = export(sluice, accept, pause)
                seconds = time.perf_counter() - start
                calls = redis.call("INFO", "commandstats").split("cmdstat_evalsha:")[1].split("usec_per_call=")[1]
                print(f"{accept}{', read slowly' if pause else ''}: {rows:,} lines, {size / 1e6:.0f} MB"
                      f" in {seconds:.1f} s;"
                      f" queue process {resting / 2**20:.1f} MiB before, {peak.most / 2**20:.1f} at most;"
                      f" a page costs Redis {calls.split(',')[0]} us", flush=True)
                if rows < count or peak.most - resting > MOST_MEMORY:
                    missed.append(f"{accept}: rows or memory")
            sluice.admin.connection.close()
            sluice.admin.connection.timeout = 600
            sluice.admin.expect([200], "POST", "/admin/v1/items/books/close")
            start, resting = time.perf_counter(), resident(queue)
            with Peak(queue) as peak:
                manifest = sluice.admin.expect([200], "POST", "/admin/v1/items/books/archive")
            print(f"archived {manifest['purchases']:,} in {time.perf_counter() - start:.1f} s,"
                  f" {manifest['bytes'] / 1e6:.0f} MB; queue process {resting / 2**20:.1f} MiB before,"
                  f" {peak.most / 2**20:.1f} at most", flush=True)
            pages = slow_calls(redis)
            start = time.perf_counter()
            sluice.admin.expect([204], "DELETE", "/admin/v1/items/books")
            taken, slow = time.perf_counter() - start, slow_calls(redis)
            rest = used_memory(redis)
            print(f"deleted in {taken * 1000:.0f} ms: used_memory {before:,} before, {full:,} full, {rest:,} after"
                  f" ({(rest - before) / before * 100:+.1f} %)", flush=True)
            print(f"calls of Redis above {SLOW} us: {len(pages)} before the deletion, {len(slow)} in it")
            if rest - before > MOST_REST * before:
                missed.append("memory of Redis")
            if slow:
                missed.append("slow calls: " + ", ".join(f"{time} us" for time in slow))
    print("missed: " + ", ".join(missed) if missed else "all goals kept")
    return 3 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"measure-books: {failure}")
