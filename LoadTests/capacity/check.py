"""`make capacity-check`: does the drain keep its goals on this machine, with real processes?

One line a scenario with its figures and goals (`!` before one that is missed), the verdict last. Exit 0 all held, 3 a
goal was missed or a scenario could not be run, 1 void (the hypervisor took too much time, twice) or broken, 2 usage,
130 interrupted. See docs/rehearsal.md.
"""

import argparse
import fnmatch
import json
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))

import banks  # noqa: E402  after the path of the parts that it shares with `make bench`
import queues  # noqa: E402
import workers  # noqa: E402
from goals import STEAL_AT_MOST, Machine, median  # noqa: E402
from plant import Plant, need  # noqa: E402
from rig import CPU, Failure, Rig  # noqa: E402

# name, what runs it, seconds in the short form
SCENARIOS = [
    ("steady", workers.steady, 16), ("step-down", workers.step_down, 20), ("one-slower", workers.one_slower, 20),
    ("step-up", workers.step_up, 18), ("death-join", workers.death, 24), ("bank-declared", banks.declared, 48),
    ("bank-undeclared", banks.undeclared, 48), ("service-slower", banks.slower, 50),
    ("pauses", workers.pauses, 20), ("one-slot", workers.one_slot, 18),
    ("sixteen-slots", workers.sixteen_slots, 18), ("sixteen-slots-down", workers.sixteen_slots_down, 26),
    ("fairness", queues.fairness, 16), ("eta-fast", queues.eta_fast, 26), ("eta-slow", queues.eta_slow, 30),
    ("cost", queues.cost, 14),
]
NOISY = 0.25  # of the machine's time, used by what is not ours
HELD, MISSED, VOID = "held", "MISSED", "void"


def parse():
    parser = argparse.ArgumentParser(prog="scripts/capacity-check.sh", description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", default="", help="names of scenarios, with * for any text, separated by commas")
    parser.add_argument("--long", action="store_true", default=bool(os.environ.get("LONG")),
                        help="60 s a scenario and three runs of each (also LONG=1)")
    parser.add_argument("--seconds", type=float, help="of every scenario, instead of its own")
    parser.add_argument("--runs", type=int, help="of every scenario; their medians are judged")
    parser.add_argument("--json", help="write every figure to this file as well")
    parser.add_argument("--list", action="store_true", help="print the names of the scenarios and stop")
    options = parser.parse_args()
    options.server_core = f"0-{os.cpu_count() - 1}"
    patterns = [pattern for pattern in options.only.replace(" ", ",").split(",") if pattern]
    options.chosen = [scenario for scenario in SCENARIOS
                      if not patterns or any(fnmatch.fnmatch(scenario[0], pattern) for pattern in patterns)]
    if not options.chosen or (options.seconds or 12) < 12 or (options.runs or 1) < 1:
        parser.error("no such scenario (--list), less than 12 seconds, or less than one run")
    return options


def run_once(options, scenario, seconds):
    """The figures of one run and what the machine did meanwhile."""
    rig = Rig(options.server_core, "capacity")

    def ours():
        own = time.process_time()
        return own + CPU(rig.processes).total / 1e9

    try:
        with Plant(rig) as plant:
            with Machine(ours) as machine:
                return scenario(plant, seconds), machine
    finally:
        rig.close()


def run(options, scenario, short):
    """What a scenario came to: its state, figures, a note, and what others used of the machine."""
    seconds = options.seconds or (60 if options.long else short)
    runs, steals, others = [], [], []
    try:
        for _ in range(options.runs or (3 if options.long else 1)):
            for attempt in (1, 2):
                figures, machine = run_once(options, scenario, seconds)
                if machine.steal <= STEAL_AT_MOST:
                    break
            else:
                return VOID, [], f"void: the hypervisor took {machine.steal:.0%} of the machine, twice", 0.0
            runs.append(figures)
            steals.append(machine.steal)
            others.append(machine.others)
    except banks.NotRun as reason:
        return MISSED, [], f"not run: {reason}", 0.0
    figures = median(runs)
    note = f"[steal {max(steals):.1%}" + (f", others used {max(others):.0%}" if max(others) > 0.1 else "") + "]"
    return (HELD if all(figure.held for figure in figures) else MISSED), figures, note, max(others)


def line(name, state, figures, note):
    return f"{name:19} {state:7} " + ", ".join([figure.text() for figure in figures] + [note])


def verdict(states):
    """The last line and the exit status."""
    missed = [name for name, state in states.items() if state == MISSED]
    void = [name for name, state in states.items() if state == VOID]
    if missed:
        return f"MISSED: {len(missed)} of {len(states)} scenarios: {', '.join(missed)}", 3
    if void:
        return f"VOID: {', '.join(void)}; the others held their goals", 1
    return f"HELD: all {len(states)} scenarios kept their goals", 0


def end(*_):
    raise KeyboardInterrupt


def main():
    options = parse()
    if options.list:
        print("\n".join(name for name, _, _ in SCENARIOS))
        return 0
    need("sluice-queue", "sluice-scheduler", "sluice-worker", "order-service")
    signal.signal(signal.SIGTERM, end)
    states, noisy, record, begin = {}, [], [], time.monotonic()
    try:
        for name, scenario, short in options.chosen:
            states[name], figures, note, others = run(options, scenario, short)
            noisy += [name] if others > NOISY else []
            print(line(name, states[name], figures, note), flush=True)
            record.append({"name": name, "state": states[name], "note": note,
                           "figures": [{"name": f.name, "value": f.value, "unit": f.unit, "least": f.least,
                                        "most": f.most, "held": f.held} for f in figures]})
    except KeyboardInterrupt:
        print("capacity-check: interrupted", file=sys.stderr)
        return 130
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"long": options.long, "scenarios": record}, indent=1) + "\n")
    if noisy:
        print(f"capacity-check: others used more than {NOISY:.0%} of the machine in {len(noisy)} of {len(states)} "
              "scenarios; what is missed there says little: measure again when it is quiet")
    text, status = verdict(states)
    print(f"capacity-check: {text} ({time.monotonic() - begin:.0f} s)")
    return status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"capacity-check: {failure}", file=sys.stderr)
        sys.exit(1)
