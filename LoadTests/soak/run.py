"""`make soak`: does anything grow with time? A private `sluice up` under `sluice-load --scenario soak`.

Every five seconds the resident memory of each process is noted; after the first minute, when queues, tables and
buffers have their size, it may grow by 5 % and no more. Redis keeps the sale, so it grows by what the sale takes, which
is printed a purchase. Exit 0 all held, 3 something grew, was lost or sold twice, 1 not run to its end, 130 interrupted.
"""

import argparse
import json
import pathlib
import signal
import subprocess
import sys
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "bench"))

from rig import Failure, Rig, free_port, resident  # noqa: E402  after the path of what it shares with `make bench`
from servers import BINARIES, ROOT  # noqa: E402

GROWTH = 0.05  # of resident memory, after the first minute
SETTLED = 60  # seconds


def name_of(pid):
    return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()


def growth(samples):
    """Of (seconds, bytes): bytes at the end of the first minute, most later, and what it grew by as a share."""
    early = [size for when, size in samples if when <= SETTLED]
    late = [size for when, size in samples if when > SETTLED]
    if not early or not late:
        return None
    base, most = early[-1], max(late)
    return base, most, (most - base) / base


def judge(name, samples):
    """One line for a process, and whether it held."""
    found = growth(samples)
    if found is None:
        return f"{name:18} not measured: less than {SETTLED} s", False
    base, most, share = found
    held = share <= GROWTH
    mark = "held  " if held else "GREW  "
    text = f"{name:18} {mark} {base / 1e6:8.2f} MB after {SETTLED} s, at most {most / 1e6:8.2f} MB later ({share:+.1%})"
    return text, held


def parse():
    parser = argparse.ArgumentParser(prog="scripts/soak.sh", description=__doc__.split("\n\n")[0])
    parser.add_argument("--rate", type=int, help="arrivals a second, instead of the scenario's")
    parser.add_argument("--seconds", type=int, help="how long arrivals come, more than 60")
    parser.add_argument("--json", help="write the load generator's result and the memory of all processes here")
    return parser.parse_args()


def end(*_):
    raise KeyboardInterrupt


def run(options, rig):
    """The load generator's exit code, the memory of each process by time, and the generator's result."""
    public, admin = free_port(), free_port()
    up = rig.start("sluice", [
        BINARIES / "sluice", "up", "--data", rig.folder / "data", "--listen", f"127.0.0.1:{public}", "--admin-listen",
        f"127.0.0.1:{admin}", "--log-level", "warn"])
    up.wait_ready(30)
    flags, result = [], rig.folder / "load.json"
    for name, value in (("--rate", options.rate), ("--seconds", options.seconds)):
        flags += [name, str(value)] if value else []
    load = subprocess.Popen(
        [BINARIES / "sluice-load", "--scenario", "soak", "--url", f"http://127.0.0.1:{public}", "--admin-url",
         f"http://127.0.0.1:{admin}", "--token-file", rig.folder / "data/admin-token", "--json", result, "--quiet",
         *flags], cwd=ROOT)
    names = {pid: name_of(pid) for pid in up.family()}
    samples, begin = {name: [] for name in names.values()}, time.monotonic()
    while load.poll() is None:
        time.sleep(5)
        for pid, name in names.items():
            try:
                samples[name].append((time.monotonic() - begin, resident(pid)))
            except OSError:
                raise Failure(f"{name} has ended")
    up.stop(30)
    return load.returncode, samples, json.loads(result.read_text()) if result.exists() else {}


def main():
    options = parse()
    signal.signal(signal.SIGTERM, end)
    try:
        with Rig(name="soak") as rig:
            status, memory, result = run(options, rig)
    except KeyboardInterrupt:
        return 130
    except Failure as failure:
        raise SystemExit(f"soak: {failure}")
    held = True
    for name, samples in sorted(memory.items()):
        if name.startswith("redis"):
            first, last = samples[0][1] / 1e6, samples[-1][1] / 1e6
            print(f"{name:18} keeps the sale: {first:.1f} MB at first, {last:.1f} MB in the end")
            continue
        line, ok = judge(name, samples)
        held = held and ok
        print(line)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"load": result, "memory": memory}, indent=1) + "\n")
    print("soak: " + ("HELD" if held and status == 0 else "MISSED"))
    return 0 if held and status == 0 else (status or 3)


if __name__ == "__main__":
    sys.exit(main())
