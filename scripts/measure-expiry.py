#!/usr/bin/env python3
"""Measures what thousands of holds that end in one second cost buyers who purchase and poll meanwhile.

scripts/measure-expiry.py [--holds 10000] [--spread-ms 900] [--rate 16000] [--seconds 3] [--scenario mixed]

Needs redis-server; SLUICE_BIN_DIR says where the programs are, .build/release when not given. A worker without a sink
reserves all units at once, with deadlines spread over so many milliseconds, and as many buyers wait behind. Then
`sluice-load` measures purchases and polls of another item twice, at the same rate and for the same time: before the
first deadline, and while the holds end and their units go to the next in line. What the store's ledger and the
deadlines say is compared with the goals: exit 3 where one is missed. All on loopback, on every core; it ends by
itself, after at most a minute and a half."""
import argparse
import json
import pathlib
import platform
import struct
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "LoadTests/bench"))

from rig import CPU, Failure, Rig  # noqa: E402  after the path of what it shares with `make bench`
from sender import Sender, purchase  # noqa: E402
from servers import BINARIES, Sluice  # noqa: E402

ITEM = "held"
TAKEN, EXPIRED = 2, 10  # kinds of movements in the ledger, see docs/architecture.md
LEAD = 0.5  # seconds from the first arrival of the load to the first deadline
SLACK = 8  # seconds that the first load takes beside its own time


def now_ms(redis):
    """The store's clock, by which deadlines and the ledger are."""
    seconds, microseconds = redis.call("TIME")
    return int(seconds) * 1000 + int(microseconds) // 1000


def load(sluice, options, folder, name):
    """Starts sluice-load on the server; what it finds is in the file that comes back with it."""
    result = folder / f"{name}.json"
    log = open(folder / f"{name}.log", "wb")
    return subprocess.Popen(
        [BINARIES / "sluice-load", "--scenario", options.scenario, "--rate", str(options.rate),
         "--seconds", str(options.seconds), "--url", f"http://127.0.0.1:{sluice.port}",
         "--admin-url", f"http://127.0.0.1:{sluice.admin_port}", "--token-file", sluice.token_file,
         "--seed", "7", "--json", result, "--quiet"], stdout=log, stderr=log), result


def finish(process, result, seconds):
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        raise Failure(f"sluice-load did not end within {seconds} s")
    if process.returncode not in (0, 3):
        raise Failure(f"sluice-load ended with {process.returncode}: {result.with_suffix('.log').read_text()[-800:]}")
    return json.loads(result.read_text())


def movements(redis):
    """What the ledger says: ms, kind, first sequence, count. Read as hexadecimal digits, since it is binary."""
    script = """local found = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', 200)
        local lines = {}
        for _, entry in ipairs(found) do
            local packed = ''
            for at = 1, #entry[2], 2 do packed = entry[2][at] == 'm' and entry[2][at + 1] or packed end
            local digits = string.gsub(packed, '.', function(c) return string.format('%02x', string.byte(c)) end)
            lines[#lines + 1] = entry[1] .. ' ' .. digits
        end
        return lines"""
    start, found = "-", []
    while lines := redis.call("EVAL", script, 1, f"sluice:{{{ITEM}}}:ledger", start):
        for line in lines:
            name, digits = line.split(" ")
            start = "(" + name
            for kind, _, _, first, count in struct.iter_unpack(">BBHII", bytes.fromhex(digits)):
                found.append((int(name.split("-")[0]), kind, first, count))
    return found


def judge(lines):
    """Prints each figure beside its goal.

    Returns: the exit code."""
    missed = 0
    for text, value, goal, unit in lines:
        is_kept = value <= goal
        missed += not is_kept
        print(f"{text:58} {value:8.2f} {unit:2}  goal {goal} {unit}{'' if is_kept else '   MISSED'}")
    return 3 if missed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in [("holds", 10_000), ("spread-ms", 900), ("rate", 16_000), ("seconds", 3)]:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--scenario", default="mixed")
    options = parser.parse_args()
    window = options.seconds + SLACK + 5
    with Rig(name="expiry") as rig, Sluice(rig) as sluice:
        redis, folder = sluice.redis, rig.place("load")
        sluice.admin.expect([201], "PUT", f"/admin/v1/items/{ITEM}", {
            "stock": options.holds, "queue_limit": 100_000_000, "pay_window_ms": window * 1000,
            "pay_spread_ms": options.spread_ms})
        Sender(sluice.port, 16).flood([purchase(ITEM, f"buyer-{n}") for n in range(2 * options.holds)])
        sluice.start_workers()
        sluice.client.wait_item(ITEM, lambda item: item["held"] == options.holds)
        time.sleep(1)  # the leader has checked the deadlines of all by then
        deadlines = {}
        pairs = redis.call("ZRANGE", f"sluice:{{{ITEM}}}:holds", 0, -1, "WITHSCORES")
        for sequence, deadline in zip(pairs[::2], pairs[1::2]):
            deadlines[int(sequence)] = int(deadline)
        first, last = min(deadlines.values()), max(deadlines.values())
        started = time.monotonic()
        before = finish(*load(sluice, options, folder, "before"), options.seconds + SLACK)
        overhead = max(0.2, time.monotonic() - started - options.seconds)
        wait = (first - now_ms(redis)) / 1000 - LEAD - min(1, overhead / 2)
        if wait < 0:
            raise Failure("the first load took too long: the holds end already")
        time.sleep(wait)
        spent = [CPU([process]).total for process in sluice.processes]
        process, result = load(sluice, options, folder, "during")
        during = finish(process, result, options.seconds + 30)
        spent = [(CPU([process]).total - former) / 1e9 for process, former in zip(sluice.processes, spent)]
        sluice.client.wait_item(ITEM, lambda item: item["held"] == options.holds, seconds=10)

        late, order, given = [], [], first
        for at, kind, sequence, count in movements(redis):
            for one in range(sequence, sequence + count):
                if kind == EXPIRED:
                    late.append(at - deadlines[one])
                elif kind == TAKEN:
                    order.append(one)
                    if one > options.holds:
                        given = max(given, at)
        late.sort()
        print(f"{platform.machine()}, {time.strftime('%Y-%m-%d')}; {options.holds} holds that end within "
              f"{last - first} ms, sluice-load --scenario {options.scenario} --rate {options.rate} beside them")
        print(f"purchases p99 {before['latency']['accepted']['p99_ms']:.2f} ms before, "
              f"{during['latency']['accepted']['p99_ms']:.2f} ms during; polls p99 "
              f"{before['latency']['polls']['p99_ms']:.2f} and {during['latency']['polls']['p99_ms']:.2f} ms; "
              f"{during['unanswered'] + during['wrong']} errors")
        print("CPU meanwhile: " + ", ".join(
            f"{process.name} {time_:.2f} s" for process, time_ in zip(sluice.processes, spent)))
        if len(late) != options.holds or min(late) < 0 or order != sorted(order) or len(set(order)) != len(order):
            raise Failure(f"{len(late)} holds ended, the first {min(late)} ms after its deadline; "
                          f"in order: {order == sorted(order)}")
        return judge([
            ("a hold ends after its deadline, p99", late[int(0.99 * (len(late) - 1))], 250, "ms"),
            ("the same, at most", late[-1], 1000, "ms"),
            ("first deadline to the last unit given on", (given - first) / 1000, 3, "s"),
            ("purchase p99 meanwhile / before",
             during["latency"]["accepted"]["p99_ms"] / before["latency"]["accepted"]["p99_ms"], 1.5, "x"),
            ("requests without an answer, or with a wrong one", during["unanswered"] + during["wrong"], 0, ""),
        ])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"measure-expiry: {failure}")
