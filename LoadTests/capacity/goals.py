"""What is measured against what was promised, and how a line of it reads."""

import dataclasses
import os
import pathlib
import random
import statistics

BASE_VARIATION = 50  # percent, of the service times that the goals for p99 are measured against
STEAL_AT_MOST = 0.05  # of the machine's time; above it a run says nothing


@dataclasses.dataclass
class Figure:
    """One measured value and its goal: at least, or at most; None is only shown."""

    name: str
    value: float | None  # None: it could not be taken, which misses the goal
    unit: str = ""
    least: float | None = None
    most: float | None = None
    places: int = 2

    @property
    def held(self):
        if self.least is None and self.most is None:
            return True
        if self.value is None:
            return False
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    def text(self):
        value = "none" if self.value is None else f"{self.value:.{self.places}f}"
        goal = (f" (≥ {self.least:g})" if self.least is not None else "") + (
            f" (≤ {self.most:g})" if self.most is not None else "")
        mark = "" if self.held else "!"
        return f"{mark}{self.name} {value}{self.unit}{goal}"


def median(runs):
    """The figures of several runs as one: the median of each, none where one of them is missing."""
    first = runs[0]
    result = []
    for index, figure in enumerate(first):
        values = [run[index].value for run in runs]
        value = None if any(v is None for v in values) else statistics.median(values)
        result.append(dataclasses.replace(figure, value=value))
    return result


def unloaded_p99(variation, _known={}):
    """The 99th percentile of service times with mean 1 and this standard deviation, in percent."""
    if variation == 0:
        return 1.0
    if variation not in _known:
        shape = (100 / variation) ** 2
        generator = random.Random(1)
        values = sorted(generator.gammavariate(shape, 1 / shape) for _ in range(200_000))
        _known[variation] = values[198_000]
    return _known[variation]


def p99_ratio(workers):
    """The 99th percentile of what purchases stayed in a worker, each against the unloaded one of its own phase.

    Times more uneven than the goals' own count as if they were not: the goals allow for that.
    """
    parts = []  # (ratio below, ratio above, count)
    for worker in workers:
        for milliseconds, variation, buckets in worker.stays:
            unit = milliseconds * 1000 * unloaded_p99(min(variation, BASE_VARIATION))
            parts += [(least / unit, (largest + 1) / unit, count) for least, largest, count in buckets]
    total = sum(count for _, _, count in parts)
    if total < 100:
        return None
    left = total * 0.99
    for least, largest, count in sorted(parts):
        if count >= left:
            return least + (largest - least) * left / count
        left -= count
    return None


class Machine:
    """What the machine did over a `with`: stolen by the hypervisor, and used by nobody of ours."""

    def __init__(self, seconds_of_ours):
        self.seconds_of_ours = seconds_of_ours

    def _times(self):
        words = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
        return list(map(int, words))  # user nice system idle iowait irq softirq steal

    def __enter__(self):
        self.before, self.ours = self._times(), self.seconds_of_ours()
        return self

    def __exit__(self, *_):
        self.steal = self.others = 0.0
        spent = [after - before for before, after in zip(self.before, self._times())]
        total = sum(spent)
        if total:
            self.steal = spent[7] / total
            busy = (total - spent[3] - spent[4] - spent[7]) / os.sysconf("SC_CLK_TCK")
            mine = self.seconds_of_ours() - self.ours
            self.others = max(0.0, busy - mine) / (total / os.sysconf("SC_CLK_TCK"))
