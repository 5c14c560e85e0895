"""Whether buyers who poll as they are asked keep to the budget, while others listen."""

import heapq
import json
import time

from bench import Line, measurement
from listeners import Listeners
from measure_push import FLAGS, ITEM, buy
from sender import Sender
from servers import Sluice

WAITING, LISTENING, BUDGET = 200_000, 10_000, 2_000
SETTLED, SECONDS = 150, 120  # the first polls are as soon as the first buyers were asked to; then what is counted


def poll_as_asked(port, tickets, seconds):
    """Polls each ticket by its `poll_after_ms`; the polls of each second."""
    sender, begin = Sender(port, 1), time.monotonic()
    due = [(begin, ticket) for ticket in tickets]
    heapq.heapify(due)
    counts = [0] * seconds
    while (now := time.monotonic()) - begin < seconds:
        batch = []
        while due and due[0][0] <= now and len(batch) < 128:
            batch.append(heapq.heappop(due)[1])
        if not batch:
            time.sleep(0.005)
            continue
        requests = [f"GET /v1/tickets/{ticket} HTTP/1.1\r\nHost: bench\r\n\r\n".encode() for ticket in batch]
        answers = sender.flood(requests)
        now = time.monotonic()
        counts[min(seconds - 1, int(now - begin))] += len(answers)
        for answer in answers:
            body = json.loads(answer[answer.index(b"\r\n\r\n") + 4:])
            heapq.heappush(due, (now + body["poll_after_ms"] / 1e3, body["ticket"]))
    return counts


@measurement("push-polls-budget")
def budget(bench):
    """Nothing moves, so every buyer would poll once a second if there were no budget."""
    shares = []
    for _ in range(bench.options.rounds):
        with Sluice(bench.rig, flags=[*FLAGS, "--poll-budget-per-second", BUDGET]) as sluice:
            sluice.put(ITEM, 1)
            tickets = [ticket for _, ticket in buy(sluice, WAITING)]
            paths = [f"/v1/tickets/{ticket}/events" for ticket in tickets[:LISTENING]]
            with Listeners(bench, sluice.port, paths, seconds=SETTLED + SECONDS + 60) as listeners:
                listeners.wait_ready()
                counts = poll_as_asked(sluice.port, tickets[LISTENING:], SETTLED + SECONDS)[SETTLED:]
        shares.append(sum(counts) / SECONDS / BUDGET)
    title = f"polls a second of {WAITING - LISTENING:,} who wait beside {LISTENING:,} listeners, the budget = 1"
    yield Line("push-polls-budget", title, "ratio", shares, is_compared=False, note=f"busiest second {max(counts):,}")
