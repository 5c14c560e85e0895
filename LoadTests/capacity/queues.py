"""Scenarios of the queue as buyers see it, fairness between items and estimates, and what the scheduler costs."""

import statistics
import threading
import time

from goals import Figure
from plant import StoreReader
from servers import Client
from workers import FULL


class Heads:
    """How far each item's queue has been served, from the store itself, taken all the time by a thread."""

    def __init__(self, plant, items):
        self.items, self.samples, self._ends = items, [], False
        self._reader = StoreReader(plant.redis)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        while not self._ends:
            heads = [int(self._reader.call("HGET", f"sluice:{{{item}}}:meta", "head") or 0) for item in self.items]
            self.samples.append((time.monotonic(), heads))
            time.sleep(0.005)

    def end(self):
        self._ends = True
        self._thread.join(5)

    def at(self, moment, index=0):
        before = [sample for sample in self.samples if sample[0] <= moment]
        return before[-1][1][index] if before else 0

    def reached(self, sequence, index=0):
        """When the head came to that sequence; None when it did not."""
        last = None
        for moment, heads in self.samples:
            if heads[index] >= sequence:
                if last is None or heads[index] == last[1]:
                    return moment
                return last[0] + (moment - last[0]) * (sequence - last[1]) / (heads[index] - last[1])
            last = (moment, heads[index])
        return None


# When purchases of an item were taken, in ms of Redis' clock, and how many: each call that takes some is one entry of
# the ledger, with movements of 12 bytes; the last four of each are how many purchases it is of.
TAKEN = """
local taken, from = {}, '-'
repeat
    local page = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1000)
    for _, entry in ipairs(page) do
        from = '(' .. entry[1]
        local moves, count = entry[2][3] == 'm' and entry[2][4] or '', 0
        for at = 1, #moves, 12 do
            if string.byte(moves, at) == 2 then count = count + struct.unpack('>I4', moves, at + 8) end
        end
        if count > 0 then taken[#taken + 1] = string.match(entry[1], '%d+') .. ':' .. count end
    end
until #page < 1000
return table.concat(taken, ' ')
"""


def taken(plant, item):
    """(time, count) of each taking, in time.monotonic()."""
    clock = time.time() - time.monotonic()
    words = StoreReader(plant.redis).call("EVAL", TAKEN, 1, f"sluice:{{{item}}}:ledger").split()
    return [(int(word.split(":")[0]) / 1000 - clock, int(word.split(":")[1])) for word in words]


def longest_rests(items, begin, end):
    """For each item the longest time between two takings, and the most that others had between two of its own: both
    in fair gaps, those of an item that is served as often as the others, in proportion to what they had in all."""
    events = sorted((moment, index, count) for index, takings in enumerate(items) for moment, count in takings
                    if begin <= moment <= end)
    total = sum(count for _, _, count in events)
    result = []
    for index in range(len(items)):
        own = sum(count for _, other, count in events if other == index)
        since, others, longest, most = begin, 0, 0.0, 0
        for moment, other, count in [*events, (end, index, 0)]:
            if other != index:
                others += count
                continue
            longest, most = max(longest, moment - since), max(most, others)
            since, others = moment, 0
        result.append((longest * own / (end - begin), most * own / total if own else float("inf")))
    return result


def fairness(plant, seconds):
    """Three items with weights 1, 2 and 5, all with a backlog, behind four workers."""
    weights = [1, 2, 5]
    for number, weight in enumerate(weights):
        plant.item(f"weight-{weight}", int(900 * (seconds + 4)), weight=weight)
    plant.add_workers(4, milliseconds=20, slots=4)
    begin, heads = time.monotonic(), Heads(plant, [f"weight-{weight}" for weight in weights])
    time.sleep(seconds)
    heads.end()
    left, right = begin + FULL, begin + seconds - 0.1
    served = [heads.at(right, i) - heads.at(left, i) for i in range(3)]
    total = sum(served)
    if not total:
        return [Figure("error", None, " %", most=2), Figure("Jain", None, "", least=0.99)]
    error = max(abs(n / total / (w / sum(weights)) - 1) for n, w in zip(served, weights)) * 100
    shares = [n / w for n, w in zip(served, weights)]
    jain = sum(shares) ** 2 / (len(shares) * sum(share * share for share in shares))
    rests = longest_rests([taken(plant, f"weight-{weight}") for weight in weights], left, right)
    return [
        Figure("error", error, " %", most=2, places=1), Figure("Jain", jain, "", least=0.99, places=3),
        # By what the others had meanwhile: a machine that stands still for 20 ms serves nobody.
        Figure("longest rest", max(most for _, most in rests), " fair gaps", most=10, places=1),
        Figure("in time", max(longest for longest, _ in rests), "", places=1),
        Figure("served", total / (right - left), "/s", places=0),
    ]


class Guesses:
    """Estimates that buyers were given, to be compared with what happened."""

    def __init__(self, plant, tickets):
        self.client, self.tickets, self.given, self.unknown = Client(plant.port), tickets, [], 0

    def ask(self, sequence):
        now = time.monotonic()
        body = self.client.expect([200, 410], "GET", f"/v1/tickets/{self.tickets[sequence]}")
        estimate = body.get("eta") or {}
        if body.get("state") != "queued":
            return None
        if not estimate.get("known") or estimate.get("p50_ms") is None:
            self.unknown += 1
            return None
        given = (sequence, now, estimate["p50_ms"] / 1000, (estimate.get("p90_ms") or 0) / 1000)
        self.given.append(given)
        return given

    def ahead(self, head, rate, seconds):
        """A known ticket whose turn should come in about so many seconds; None when there is none."""
        wanted = head + rate * seconds
        return min(self.tickets, key=lambda sequence: abs(sequence - wanted), default=None)


def _eta(plant, seconds, workers, milliseconds, slots, most_error, step):
    rate = workers * slots / (milliseconds / 1000)
    every = max(1, int(rate / 40))
    tickets = plant.item("sale", int(rate * (seconds + 12)), ticket_every=every)
    plant.add_workers(workers, milliseconds=milliseconds, slots=slots)
    begin, heads, guesses = time.monotonic(), Heads(plant, ["sale"]), Guesses(plant, tickets)
    end = seconds * (0.55 if step else 0.7)  # what is asked last must be served while we look
    patience = [1, 2, 3, 5] if step else [1, 2, 4, 6]
    count = 0
    while time.monotonic() < begin + end:
        if time.monotonic() > begin + FULL + 3:
            seconds_ahead = min(patience[count % 4], begin + seconds - time.monotonic() - 0.5 - (6 if step else 0))
            if seconds_ahead > 0.5:
                guesses.ask(guesses.ahead(heads.at(time.monotonic()), rate, seconds_ahead))
                count += 1
        time.sleep(0.05)
    settled = None
    if step:
        time.sleep(max(0.0, begin + seconds - 6 - time.monotonic()))
        settled = _after_step(plant, guesses, heads, rate / 4, milliseconds * 4)
    time.sleep(max(0.0, begin + seconds - time.monotonic()))
    heads.end()
    return _judge(guesses, heads, most_error, step, settled, begin + (seconds - 6 if step else seconds))


def _after_step(plant, guesses, heads, rate, milliseconds):
    """Seconds from a slow-down until an estimate is right for the new rate; None when none was within five."""
    for worker in plant.workers:
        worker.delay(ms=milliseconds)
    stepped = time.monotonic()
    while time.monotonic() < stepped + 5:
        given = guesses.ask(guesses.ahead(heads.at(time.monotonic()), rate, 10))
        if given:
            truth = (given[0] - heads.at(given[1])) / rate
            if abs(given[2] - truth) <= 0.15 * truth:
                return given[1] - stepped
        time.sleep(0.1)
    return None


def _judge(guesses, heads, most_error, step, settled, until):
    held, errors = 0, []
    for sequence, asked, p50, p90 in guesses.given:
        turn = heads.reached(sequence)
        if turn is None or turn > until or turn <= asked:
            continue
        truth = turn - asked
        held += 2 * p50 - p90 <= truth <= p90
        errors.append(abs(p50 - truth) / truth)
    few = len(errors) < 20
    figures = [
        Figure("band holds", None if few else held / len(errors) * 100, " %", least=80, places=0),
        Figure("median error", None if few else statistics.median(errors) * 100, " %", most=most_error, places=1),
        Figure("cases", len(errors), "", places=0), Figure("untold", guesses.unknown, "", places=0)]
    return figures + ([Figure("right again after a step in", settled, " s", most=3, places=1)] if step else [])


def eta_fast(plant, seconds):
    """800 a second, and a slow-down to a quarter at the end."""
    return _eta(plant, max(seconds, 26), 4, 20, 4, 5, step=True)


def eta_slow(plant, seconds):
    """30 a second."""
    return _eta(plant, max(seconds, 30), 1, 200, 6, 15, step=False)


def cost(plant, seconds):
    """Eight workers, a hundred items, 3,200 a second: what the scheduler uses of a core."""
    items, workers = 100, 8
    rate = workers * 8 / 0.02
    for number in range(items):
        plant.item(f"item-{number}", int(rate * (seconds + 4) / items) + 50)
    plant.add_workers(workers, milliseconds=20, slots=8)
    time.sleep(FULL)
    begin, used = time.monotonic(), plant.cpu(plant.scheduler)
    time.sleep(max(1.0, seconds - FULL))
    spent, end = plant.cpu(plant.scheduler) - used, time.monotonic()
    time.sleep(0.3)
    completed = sum(worker.settled(end) - worker.settled(begin) for worker in plant.workers)
    return [
        Figure("scheduler", spent / (end - begin) * 100, " % of a core", most=20, places=1),
        Figure("whole process", spent / completed * 1e6 if completed else None, " us a completion", places=1),
        Figure("completed", completed / (end - begin), "/s", places=0)]
