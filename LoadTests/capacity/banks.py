"""Scenarios of a service behind the workers: an order service of six slots of 200 ms that breaks above 40 calls in a
second, is half as fast for a quarter of the time, and judges with what it counted itself."""

import time

from goals import Figure
from plant import OrderService, knows_webhook
from workers import FULL

SETTINGS = {"slots": 6, "service_us": 200_000, "variation_percent": 50, "collapse_above": 40, "collapse_factor": 8,
            "collapse_errors_per_mille": 900, "calm_per_second": 15, "calm_ms": 2_000}
RATE = 30.0  # orders a second at best
CAP = 30


class NotRun(Exception):
    """A scenario that could not be tried, with what was missing."""


def _back_after(completed, collapsed_at):
    """Seconds from the last collapse on until a second reached 80 % of the rate; None when none did."""
    for second in range(int(collapsed_at), len(completed)):
        if completed[second] >= 0.8 * RATE:
            return second + 1 - collapsed_at
    return None


def _run(plant, seconds, cap):
    if not knows_webhook():
        raise NotRun("this sluice-worker has no webhook sink")
    plant.item("sale", int(RATE * (seconds + 10)))
    bank = OrderService(plant, **SETTINGS)
    environment = {
        "SLUICE_SINK": "webhook", "SLUICE_SINK_URL": bank.url, "SLUICE_SINK_SECRET_FILE": str(bank.secret),
        "SLUICE_SINK_GROUP": "bank", "SLUICE_SINK_TIMEOUT_MS": "5000", "SLUICE_TICKET_KEY_FILE": str(plant.key)}
    if cap:
        environment["SLUICE_SINK_CAP_PER_SECOND"] = str(cap)
    plant.add_workers(2, flags=(), **environment)
    begin = time.monotonic()
    offset = bank.stats()["elapsed_us"] / 1e6
    slow = (seconds / 2, seconds * 3 / 4)
    early, collapses, collapsed_at = None, 0, None
    marks = [(FULL, None), (slow[0], 200), (slow[1], 100), (seconds, None)]
    for moment, percent in marks:
        while time.monotonic() < begin + moment:
            time.sleep(min(0.25, max(0.0, begin + moment - time.monotonic())))
            stats = bank.stats()
            if stats["collapses"] > collapses:
                collapses, collapsed_at = stats["collapses"], stats["elapsed_us"] / 1e6
        if percent:
            bank.change(slow_down_percent=percent)
        if early is None:
            early = bank.stats()
    late = bank.stats()
    item = plant.admin.expect([200], "GET", "/admin/v1/items/sale")
    after = bank.stats()
    ideal = RATE * (seconds - FULL) - RATE / 2 * (slow[1] - slow[0])
    first, last = int(offset + FULL), int(offset + seconds)
    return {
        "late": late, "collapses": late["collapses"],
        # Orders come before sales: what the service made is sold, or still held.
        "astray": max(0, late["orders"] - item["sold"] - item["held"]) + max(0, item["sold"] - after["orders"]),
        "share": sum(late["completed_by_second"][first:last]) / (ideal * (last - first) / (seconds - FULL)),
        "p99": late["stay_us_p99"] / max(1, late["service_us_p99"]),
        "overload": (late["overloaded_ms"] - early["overloaded_ms"] + late["collapsed_ms"]) / 1000,
        "back": _back_after(late["completed_by_second"], collapsed_at) if collapsed_at is not None else None,
    }


def declared(plant, seconds):
    """The cap of 30 a second is declared."""
    found = _run(plant, seconds, CAP)
    late = found["late"]
    return [
        Figure("throughput", found["share"], " of ideal", least=0.83, places=3),
        Figure("p99", found["p99"], "x", most=1.3), Figure("overload", found["overload"], " s", most=0, places=1),
        Figure("collapses", found["collapses"], "", most=0, places=0),
        Figure("sends in any second", late["calls_in_busiest_second"], "", most=CAP + 1, places=0),
        Figure("gap p1", late["gap_us_p1"] / 1e6 * CAP, " of 1/cap", least=0.5),
        Figure("orders that are no sale, or sales without", found["astray"], "", most=0, places=0),
    ]


def undeclared(plant, seconds):
    """The service's capacity is not declared."""
    found = _run(plant, seconds, None)
    figures = [
        Figure("throughput", found["share"], " of ideal", least=0.75, places=3),
        Figure("p99", found["p99"], "x", most=2.5), Figure("overload", found["overload"], " s", most=5, places=1),
        Figure("collapses", found["collapses"], "", most=0.2, places=1),
    ]
    back = 0.0 if not found["collapses"] else found["back"]
    return figures + [
        Figure("back to 80 % within", back, " s", most=20, places=1),
        Figure("orders that are no sale, or sales without", found["astray"], "", most=0, places=0)]


SLOTS, QUICK, SLOW = 4, 20_000, 200_000  # microseconds
GRACE = 3  # whole seconds after a change


def _share(completed, begin, end, service_us):
    """What was completed in the whole seconds of a span that begin after the grace, of what the slots can do."""
    first, last = int(begin) + 1 + GRACE, int(end)
    return sum(completed[first:last]) / (SLOTS * 1e6 / service_us * (last - first))


def slower(plant, seconds):
    """Nothing is declared; calls take ten times as long for two fifths of the time, and then as long as before."""
    if not knows_webhook():
        raise NotRun("this sluice-worker has no webhook sink")
    parts = [(0.3, QUICK), (0.4, SLOW), (0.3, QUICK)]
    plant.item("sale", int(sum(seconds * share * SLOTS * 1e6 / time for share, time in parts)) + 2_000)
    service = OrderService(plant, slots=SLOTS, service_us=QUICK, variation_percent=50)
    plant.add_workers(2, flags=(), **{
        "SLUICE_SINK": "webhook", "SLUICE_SINK_URL": service.url, "SLUICE_SINK_SECRET_FILE": str(service.secret),
        "SLUICE_SINK_GROUP": "shop", "SLUICE_TICKET_KEY_FILE": str(plant.key)})
    moments = [service.stats()["elapsed_us"] / 1e6]
    for share, time_us in parts:
        if time_us != QUICK or len(moments) > 1:
            service.change(service_us=time_us)
        end = time.monotonic() + seconds * share
        while time.monotonic() < end:
            time.sleep(min(0.25, max(0.0, end - time.monotonic())))
        moments.append(service.stats()["elapsed_us"] / 1e6)
    completed = service.stats()["completed_by_second"]
    spans = zip(("at first", "ten times slower", "as before"), moments, moments[1:], parts)
    return [Figure(name, _share(completed, begin, end, time_us), " of ideal", least=0.92, places=3)
            for name, begin, end, (_, time_us) in spans]
