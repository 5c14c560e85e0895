#!/usr/bin/env python3
"""Measures how many payments a second shops can report while a sale runs, and how long one takes at a given rate.

scripts/measure-payments.py [--payments 200000] [--connections 64] [--rate 2000] [--seconds 10] [--sale-rate 1000]

Needs redis-server; SLUICE_BIN_DIR says where the programs are, .build/release when not given. Winners are reserved by
a worker without a sink. Then each is paid once: some at the rate, then all others as fast as the server takes it, while
buyers of another item are sold to. All on loopback, on every core, of which this script needs its share."""
import argparse
import json
import pathlib
import platform
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "LoadTests/bench"))

from rig import CPU, Failure, Rig  # noqa: E402  after the path of what it shares with `make bench`
from sender import Sender, purchase, request  # noqa: E402
from servers import Sluice  # noqa: E402


def sell(port, rate, seconds):
    """The running sale, in a process of its own: new buyers of another item at a rate."""
    Sender(port, 64).pace([purchase("running", f"other-{user}") for user in range(rate * seconds)], rate)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in [("payments", 200_000), ("connections", 64), ("rate", 2000), ("seconds", 10),
                          ("sale-rate", 1000)]:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--sell-to", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.sell_to:
        return sell(options.sell_to, options.sale_rate, options.seconds)
    with Rig() as rig, Sluice(rig) as sluice:
        for item, window in [("paid", 3_600_000), ("running", 0)]:
            sluice.admin.expect([201], "PUT", f"/admin/v1/items/{item}", {
                "stock": 100_000_000, "queue_limit": 100_000_000, "pay_window_ms": window})
        answers = Sender(sluice.port, 16).flood([purchase("paid", f"buyer-{n}") for n in range(options.payments)])
        tickets = [json.loads(answer.split(b"\r\n\r\n", 1)[1])["ticket"] for answer in answers]
        sluice.start_workers()
        sluice.client.wait_item("paid", lambda item: item["held"] == options.payments)
        token = sluice.admin.headers["Authorization"]
        payments = [
            request(f"/admin/v1/tickets/{ticket}/payment", {"outcome": "paid", "reference": f"p-{number}"}, token)
            for number, ticket in enumerate(tickets)]
        paced = options.rate * options.seconds
        seller = subprocess.Popen([
            sys.executable, __file__, "--sell-to", str(sluice.port), "--sale-rate", str(options.sale_rate),
            "--seconds", str(options.seconds + max(5, options.payments // 20_000))])
        time.sleep(1)
        sender = Sender(sluice.admin_port, options.connections)
        sender.pace(payments[:paced], options.rate)
        print(f"{platform.machine()}, {time.strftime('%Y-%m-%d')}; a sale of {options.sale_rate} purchases/s beside it")
        print(f"at {options.rate} payments/s: p50 {sender.percentile(0.5):.1f} ms, p99 {sender.percentile(0.99):.1f} ms,"
              f" longest {sender.percentile(1):.1f} ms")
        sender.times.clear()
        before, start = [CPU([process]).total for process in sluice.processes], time.perf_counter()
        sender.flood(payments[paced:])
        time_taken, count = time.perf_counter() - start, options.payments - paced
        spent = [CPU([process]).total - former for process, former in zip(sluice.processes, before)]
        print(f"as fast as it goes: {count / time_taken:,.0f} payments/s, p99 {sender.percentile(0.99):.1f} ms")
        print("CPU a payment, the sale beside it included: " + ", ".join(
            f"{process.name} {time / count / 1000:.1f} us" for process, time in zip(sluice.processes, spent)))
        is_selling = seller.poll() is None
        seller.wait()
        paid = sluice.admin.expect([200], "GET", "/admin/v1/items/paid")
        running = sluice.admin.expect([200], "GET", "/admin/v1/items/running")
        print(f"sold {paid['sold']}, held {paid['held']}; the sale beside it sold {running['sold']}"
              f"{'' if is_selling else ', and ended before the payments'}")
        return 0 if paid["sold"] == options.payments else 3


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"measure-payments: {failure}")
