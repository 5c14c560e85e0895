"""`make bench`: front door and Redis on one core, the generator on another, each server in turn, medians of ratios.

Exit 0 measured, 1 a measurement was void or could not be run, 2 usage, 3 a ratio is more than 15 % worse than the
committed one, 130 interrupted. See LoadTests/results/README.md for how to read the table.
"""

import argparse
import fnmatch
import os
import signal
import sys
import time

import report
from bench import MEASUREMENTS, Bench
from rig import Failure, Rig, Void
from servers import BINARIES

import measure_accept  # noqa: F401  each puts its measurements into the table
import measure_reads  # noqa: F401
import measure_modes  # noqa: F401
import measure_open  # noqa: F401
import measure_peer  # noqa: F401
import measure_push  # noqa: F401
import measure_push_beside  # noqa: F401
import measure_push_many  # noqa: F401
import measure_push_peers  # noqa: F401
import measure_push_polls  # noqa: F401
import measure_push_return  # noqa: F401
import measure_store  # noqa: F401


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh", description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", default="",
                        help="names of lines, with * for any text, separated by commas; push-* by name alone")
    parser.add_argument("--rounds", type=int, default=5, help="of each measurement (default 5)")
    parser.add_argument("--seconds", type=int, default=2, help="of each run (default 2)")
    parser.add_argument("--no-compare", action="store_true", help="do not compare with the committed result")
    parser.add_argument("--no-save", action="store_true", help="do not write a result file")
    parser.add_argument("--list", action="store_true", help="print the names of the lines and stop")
    parser.add_argument("--server-core", type=int, default=0, help="front door, Redis and every server compared")
    parser.add_argument("--load-core", type=int, default=1, help="wrk, redis-benchmark and this program")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds < 1 or options.server_core == options.load_core:
        parser.error("rounds and seconds begin at 1, and the two cores must differ")
    return options


def chosen(only):
    patterns = [pattern for pattern in only.replace(" ", ",").split(",") if pattern]
    picked = [m for m in MEASUREMENTS
              if (not patterns and not m.is_asked_for)
              or any(fnmatch.fnmatch(name, pattern) for name in m.names for pattern in patterns)]
    if not picked:
        print(f"bench: no line is called {only}; `--list` prints all", file=sys.stderr)
        raise SystemExit(2)
    return picked


def measure(bench, measurements):
    """Lines, and the reason of each that is void; every one is printed as soon as it is known."""
    lines, voids = [], {}
    for measurement in measurements:
        try:
            for line in measurement.run(bench):
                lines.append(line)
                print(report.text(line), flush=True)
        except (Void, Failure) as reason:
            known = {line.name for line in lines}
            for name in measurement.names:
                if name not in known:
                    voids[name] = str(reason)
                    print(f"{name:20} {'–':>22}  {reason}", flush=True)
    return lines, voids


def noisy(lines):
    """Runs during which somebody else used the servers' core."""
    samples = [sample for line in lines for side in line.detail.values() for sample in side if "foreign" in sample]
    return sum(sample["foreign"] > 0.1 for sample in samples), len(samples)


def judge(options, lines, voids):
    """The exit status, after the comparison was printed."""
    failed = [name for name, reason in voids.items() if not reason.startswith("not measured")]
    baseline, name = (None, None) if options.no_compare else report.committed()
    if baseline:
        worse = report.regressions(lines, baseline)
        print(f"bench: {len(worse)} of the ratios are more than {report.ALLOWED:.0%} worse than in {name}")
        for sentence in worse:
            print(f"bench: {sentence}", file=sys.stderr)
        if worse:
            return 3
    return 1 if failed else 0


def end(*_):
    raise KeyboardInterrupt


def main():
    options = parse()
    if options.list:
        print("\n".join(name for measurement in MEASUREMENTS for name in measurement.names))
        return 0
    measurements = chosen(options.only)
    if not (BINARIES / "sluice-queue").exists():
        raise SystemExit(f"bench: there is no {BINARIES}/sluice-queue: `make build` makes it")
    signal.signal(signal.SIGTERM, end)
    os.sched_setaffinity(0, {options.load_core})
    heading = report.heading(" ".join(["scripts/bench.sh", *sys.argv[1:]]))
    begin, rig = time.monotonic(), Rig(options.server_core)
    try:
        lines, voids = measure(Bench(options, rig), measurements)
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
    finally:
        rig.close()
    busy, runs = noisy(lines)
    if busy:
        print(f"bench: somebody else used more than 10 % of the servers' core in {busy} of {runs} runs")
    result = report.record(heading, options, lines, voids, time.monotonic() - begin)
    if lines and not options.only and not options.no_save:
        print(f"bench: written to {report.save(result)} and its .json; commit both to make them the yardstick")
    return judge(options, lines, voids)


if __name__ == "__main__":
    sys.exit(main())
