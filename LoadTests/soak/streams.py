"""`make soak-streams`: does anything grow while streams come and go for an hour?

Rounds of 2,000 purchases whose buyers all listen, while a hundred streams a second are cut by their clients and come
back; each buyer leaves when he has his result. Between two rounds no stream is open: that is when the resident memory
and the open descriptors of the queue process are noted. After the first tenth of the rounds neither may grow by more
than 5 %. Exit 0 all held, 3 something grew or a final state was missed, 1 not run to its end.
"""

import argparse
import json
import os
import pathlib
import sys
import time
import types

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "bench"))

from listeners import Listeners  # noqa: E402  after the path of what it shares with `make bench`
from rig import Failure, Rig, resident  # noqa: E402
from sender import Sender, purchase  # noqa: E402
from servers import Sluice  # noqa: E402

ITEM, BUYERS, CUTS = "soak", 2_000, 100
GROWTH = 0.05
FLAGS = ["--max-connections", "5000", "--max-streams", "4000"]


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def one_round(number, bench, sluice):
    """Final states missed, and streams that were cut and came back."""
    requests = [purchase(ITEM, f"r{number:07d}b{buyer:07d}") for buyer in range(BUYERS)]
    answers = Sender(sluice.port, 8).flood(requests)
    tickets = [json.loads(answer[answer.index(b"\r\n\r\n") + 4:])["ticket"] for answer in answers]
    paths = [f"/v1/tickets/{ticket}/events" for ticket in tickets]
    with Listeners(bench, sluice.port, paths, returns=1, cuts=CUTS) as listeners:
        listeners.wait_ready()
        listeners.wait_told(60)
        figures = listeners.finish()
    return figures["listeners"] - figures["told"], figures["returned"]


def run(options, rig):
    """Of each round: seconds, bytes, descriptors, missed, returned."""
    bench = types.SimpleNamespace(rig=rig, options=types.SimpleNamespace(load_core=options.load_core))
    rounds, begin = [], time.monotonic()
    with Sluice(rig, flags=FLAGS) as sluice:
        sluice.put(ITEM, 100_000_000)
        sluice.others.append(sluice.start("sluice-scheduler"))
        sluice.others.append(
            sluice.start("sluice-worker", SLUICE_SINK="delay", SLUICE_DELAY_MS="20", SLUICE_DELAY_SLOTS="4"))
        pid = sluice.queue.child.pid
        while time.monotonic() - begin < options.seconds:
            missed, returned = one_round(len(rounds), bench, sluice)
            time.sleep(1)  # closed connections are let go
            rounds.append((time.monotonic() - begin, resident(pid, "RssAnon"), descriptors(pid), missed, returned))
            seconds, size, open_now, _, _ = rounds[-1]
            text = f"{seconds:7.0f} s  {size / 1e6:7.2f} MB  {open_now} descriptors  {missed} missed"
            print(f"{text}  {returned} returned", flush=True)
    return rounds


def judge(rounds):
    """What is to be printed, and whether all held."""
    settled = max(1, len(rounds) // 10)
    if len(rounds) < 10:
        return [f"not judged: {len(rounds)} rounds, 10 are needed"], False
    lines, held = [], True
    for name, column, unit in (("memory", 1, 1e6), ("descriptors", 2, 1)):
        base = max(one[column] for one in rounds[:settled])
        most = max(one[column] for one in rounds[settled:])
        held = held and most <= base * (1 + GROWTH)
        text = f"{base / unit:,.2f} at first, at most {most / unit:,.2f} later ({most / base - 1:+.1%})"
        lines.append(f"{name:12} {text}")
    missed = sum(one[3] for one in rounds)
    lines.append(f"{BUYERS * len(rounds):,} streams, {sum(one[4] for one in rounds):,} cut and back, {missed} missed")
    return lines, held and missed == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=3_600)
    parser.add_argument("--load-core", type=int, default=1)
    options = parser.parse_args()
    try:
        with Rig(name="soak") as rig:
            lines, held = judge(run(options, rig))
    except Failure as failure:
        raise SystemExit(f"soak: {failure}")
    print("\n".join(lines))
    print("soak: " + ("HELD" if held else "MISSED"))
    return 0 if held else 3


if __name__ == "__main__":
    sys.exit(main())
