#!/usr/bin/env python3
"""Measures what an order through a sink costs Redis at a given rate, and with it its payment.

scripts/measure-orders.py [--rate 2000] [--seconds 10] [--workers 1] [--service-ms 20] [--pay]

Needs redis-server; SLUICE_BIN_DIR says where the programs are, .build/release when not given. Purchases are admitted
first, while the item is on hold; then workers bring them to an order service that declares the rate as its cap. What
scripts cost is Redis' own count (`INFO commandstats`); the cost of its process, sockets and the log included, is
processor time. With --pay winners are reserved, and another run measures their payments at the same rate. All on
loopback, on every core."""
import argparse
import json
import pathlib
import platform
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "LoadTests/bench"))

from rig import CPU, Failure, Rig, free_port  # noqa: E402  after the path of what it shares with `make bench`
from sender import Sender, purchase, request  # noqa: E402
from servers import BINARIES, Sluice, wait_http  # noqa: E402

SECRET = "00" * 32


class Span:
    """What Redis did between two moments: scripts run, their time, and processor time of its process (us)."""

    def __init__(self, sluice):
        self.sluice, self.begin = sluice, self.counts(sluice)

    @staticmethod
    def counts(sluice):
        calls = time_taken = 0
        for line in sluice.redis.call("INFO", "commandstats").splitlines():
            if line.startswith("cmdstat_evalsha:"):
                fields = dict(pair.split("=") for pair in line.split(":", 1)[1].split(","))
                calls, time_taken = int(fields["calls"]), int(fields["usec"])
        return calls, time_taken, CPU([sluice.redis.process]).total / 1000

    def text(self, what, count):
        calls, scripts, process = (now - before for now, before in zip(self.counts(self.sluice), self.begin))
        return (f"{what}: {scripts / count:.1f} us of scripts, {process / count:.1f} us of Redis' process;"
                f" {count / calls:.1f} a script call")


def start_service(rig, rate, service_ms):
    """An order service with slots to spare for the rate; its URL."""
    port, control = free_port(), free_port()
    settings = json.dumps({"slots": max(4, 2 * rate * service_ms // 1000), "service_us": service_ms * 1000})
    service = rig.start("order-service", [
        BINARIES / "order-service", "--listen", f"127.0.0.1:{port}", "--control", f"127.0.0.1:{control}",
        "--settings", settings])
    wait_http(service, control, "/control")
    return f"http://127.0.0.1:{port}/orders"


def start_workers(sluice, url, options):
    key, secret = sluice.folder / "key", sluice.folder / "secret"
    secret.write_text(SECRET)
    sink = ["--sink", "webhook", "--sink-url", url, "--sink-secret-file", secret, "--ticket-key-file", key,
            "--sink-cap-per-second", options.rate, "--sink-connections", 512]
    sluice.others.append(sluice.start("sluice-scheduler"))
    sluice.others += [sluice.start("sluice-worker", *sink, name=f"worker-{n}") for n in range(options.workers)]
    for process in sluice.others:
        process.wait_ready()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in [("rate", 2000), ("seconds", 10), ("workers", 1), ("service-ms", 20)]:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--pay", action="store_true")
    options = parser.parse_args()
    count = options.rate * (options.seconds + 8)
    with Rig() as rig, Sluice(rig) as sluice:
        sluice.admin.expect([201], "PUT", "/admin/v1/items/bought", {
            "stock": count, "queue_limit": count, "pay_window_ms": 3_600_000 if options.pay else 0})
        sluice.admin.expect([200], "POST", "/admin/v1/items/bought/hold")
        answers = Sender(sluice.port, 16).flood([
            purchase("bought", f"buyer-{n:010}") for n in range(count)])
        tickets = [json.loads(answer.split(b"\r\n\r\n", 1)[1])["ticket"] for answer in answers]
        start_workers(sluice, start_service(rig, options.rate, options.service_ms), options)
        sluice.admin.expect([200], "POST", "/admin/v1/items/bought/resume")
        done = "held" if options.pay else "sold"
        field = lambda name: int(sluice.redis.call("HGET", "sluice:{bought}:meta", name))  # noqa: E731
        while field("head") < 4 * options.rate:  # until it runs at its rate
            time.sleep(0.05)
        print(f"{platform.machine()}, {time.strftime('%Y-%m-%d')}, {options.workers} workers")
        span, before, start = Span(sluice), field("head"), time.perf_counter()
        time.sleep(options.seconds)
        ended, elapsed = field("head") - before, time.perf_counter() - start
        print(span.text(f"an order at {ended / elapsed:.0f}/s", ended))
        if options.pay:
            sluice.client.wait_item("bought", lambda item: item[done] == count)
            token = sluice.admin.headers["Authorization"]
            requests = [request(
                f"/admin/v1/tickets/{ticket}/payment", {"outcome": "paid", "reference": f"p-{number}"}, token)
                for number, ticket in enumerate(tickets[:options.rate * options.seconds])]
            span = Span(sluice)
            Sender(sluice.admin_port, 64).pace(requests, options.rate)
            print(span.text("its payment", len(requests)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"measure-orders: {failure}")
