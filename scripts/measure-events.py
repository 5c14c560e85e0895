#!/usr/bin/env python3
"""Measures how many events a second one reader of the feed gets, and how long an event is under way to one who waits.

scripts/measure-events.py [--sold 200000] [--paid 50000] [--waits 200]

Needs redis-server; SLUICE_BIN_DIR says where the programs are, .build/release when not given. Purchases of one item are
sold at once, those of another reserved and paid. Then one connection reads all of it, a thousand events a request, each
behind the last event of the one before: of each item, and of all. At last a reader waits for single payments. All on
loopback, on every core, of which this script needs its share."""
import argparse
import json
import pathlib
import platform
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "LoadTests/bench"))

from rig import CPU, Failure, Rig  # noqa: E402  after the path of what it shares with `make bench`
from sender import Connection, Sender, purchase, request  # noqa: E402
from servers import Sluice  # noqa: E402


class Reader:
    """One connection to the admin listener that reads on behind the last event it has."""

    def __init__(self, sluice, item=None):
        self.connection, self.last, self.item = Connection(sluice.admin_port), None, item
        self.login = f"Authorization: {sluice.admin.headers['Authorization']}\r\n"

    def ask(self, wait=0):
        query = f"limit=1000&wait={wait}" + (f"&item={self.item}" if self.item else "")
        query += f"&after={self.last}" if self.last else ""
        self.connection.send([f"GET /admin/v1/events?{query} HTTP/1.1\r\nHost: x\r\n{self.login}\r\n".encode()])

    def answer(self):
        """How many events came; the last one's id is all that is read of them."""
        answers = []
        while not answers:
            answers = self.connection.receive()
        head, body = answers[0].split(b"\r\n\r\n", 1)
        if not head.startswith(b"HTTP/1.1 200"):
            raise Failure(f"no events: {answers[0]!r}")
        at = body.rfind(b'"id":"')
        if at >= 0:
            self.last = body[at + 6:body.index(b'"', at + 6)].decode()
        return body.count(b'"specversion"')


def read_all(sluice, item, least):
    """Reads until nothing is left."""
    reader, count, start = Reader(sluice, item), 0, time.perf_counter()
    before = [CPU([process]).total for process in sluice.processes]
    while True:
        reader.ask()
        came = reader.answer()
        count += came
        if came == 0:
            break
    taken = time.perf_counter() - start
    if count < least:
        raise Failure(f"{count} events of {item or 'all items'}, {least} at least must be there")
    spent = [CPU([process]).total - former for process, former in zip(sluice.processes, before)]
    print(f"{item or 'all items'}: {count / taken:,.0f} events/s of {count}; CPU an event: " + ", ".join(
        f"{process.name} {time / count / 1000:.2f} us" for process, time in zip(sluice.processes, spent)))
    return reader


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in [("sold", 200_000), ("paid", 50_000), ("waits", 200)]:
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    with Rig() as rig, Sluice(rig) as sluice:
        for item, window in [("sold", 0), ("paid", 3_600_000)]:
            sluice.admin.expect([201], "PUT", f"/admin/v1/items/{item}", {
                "stock": 100_000_000, "queue_limit": 100_000_000, "pay_window_ms": window})
        count = options.paid + options.waits
        answers = Sender(sluice.port, 16).flood([purchase("paid", f"buyer-{n}") for n in range(count)])
        tickets = [json.loads(answer.split(b"\r\n\r\n", 1)[1])["ticket"] for answer in answers]
        Sender(sluice.port, 16).flood([purchase("sold", f"buyer-{n}") for n in range(options.sold)])
        sluice.start_workers()
        sluice.client.wait_item("paid", lambda item: item["held"] == count)
        sluice.client.wait_item("sold", lambda item: item["sold"] == options.sold)
        token = sluice.admin.headers["Authorization"]
        payments = [
            request(f"/admin/v1/tickets/{ticket}/payment", {"outcome": "paid", "reference": f"p-{number}"}, token)
            for number, ticket in enumerate(tickets)]
        Sender(sluice.admin_port, 16).flood(payments[:options.paid])
        time.sleep(1)  # the leader has put the last of them in order
        print(f"{platform.machine()}, {time.strftime('%Y-%m-%d')}, one reader, 1000 events a request")
        for item, least in [("sold", options.sold), ("paid", 2 * options.paid), (None, options.sold + options.paid)]:
            reader = read_all(sluice, item, least)
        for name, reader in [("of all items", reader), ("of one item", Reader(sluice, "paid"))]:
            while True:
                reader.ask()
                if reader.answer() == 0:
                    break
            times = []
            for _ in range(options.waits // 2):
                reader.ask(wait=20)
                Sender(sluice.admin_port, 1).flood([payments.pop()])
                paid = time.perf_counter()
                while reader.answer() == 0:
                    reader.ask(wait=20)
                times.append(time.perf_counter() - paid)
            times.sort()
            print(f"from the answer to a payment to the reader {name}: p50 {times[len(times) // 2] * 1000:.1f} ms,"
                  f" p99 {times[int(len(times) * 0.99)] * 1000:.1f} ms")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"measure-events: {failure}")
