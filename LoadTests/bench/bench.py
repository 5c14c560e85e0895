"""What a measurement is: a named function that gets a `Bench` and yields lines; and the rounds they are made of."""

import dataclasses
import statistics

from rig import Void
from servers import Nginx

MEASUREMENTS = []  # in the order of the table


@dataclasses.dataclass
class Line:
    """One row of the table: the median of its rounds."""

    name: str
    title: str
    unit: str
    rounds: list
    more_is_better: bool = True
    is_compared: bool = True  # with the committed results; only what does not depend on the machine's speed
    note: str = ""
    detail: dict = dataclasses.field(default_factory=dict)

    @property
    def value(self):
        return statistics.median(self.rounds) if self.rounds else None


@dataclasses.dataclass
class Measurement:
    names: list  # of its lines
    run: object  # gets the Bench, yields lines

    @property
    def is_asked_for(self):
        """Whether it runs by name alone, since it takes long."""
        return self.names[0].startswith("push-")


def measurement(*names):
    """Puts a function into the table. `make bench ONLY=…` picks it by any of the names of its lines."""

    def register(function):
        MEASUREMENTS.append(Measurement(list(names), function))
        return function

    return register


class Bench:
    """A run: its options, its rig, and the reference server, which is started when first needed."""

    def __init__(self, options, rig):
        self.options, self.rig = options, rig
        self._nginx = None

    @property
    def nginx(self):
        if self._nginx is None:
            self._nginx = Nginx(self.rig)
        return self._nginx

    def in_turn(self, *sides):
        """Runs each side once a round, beginning with another one each time; a list of samples for each side."""
        samples = [[] for _ in sides]
        for number in range(self.options.rounds):
            for step in range(len(sides)):
                at = (number + step) % len(sides)
                samples[at].append(sides[at]())
        return samples


def require(condition, reason):
    if not condition:
        raise Void(reason)


def all_real(samples, counted, connections, most_refused=0.0):
    """Every 202 of some runs is in the store, and no more than a share `most_refused` was refused.

    wrk leaves at most one unread answer on each connection when the time of a run is over; those may be counted too.
    """
    requests, refused = sum(sample.requests for sample in samples), sum(sample.refused for sample in samples)
    require(refused <= most_refused * requests, f"{refused} of {requests} purchases were refused")
    accepted = requests - refused
    require(accepted <= counted <= accepted + connections * len(samples),
            f"{accepted} answers 202, but the store counted {counted}")


def ratios(ours, others, figure="per_second"):
    """Ours by theirs, round by round."""
    return [getattr(a, figure) / getattr(b, figure) for a, b in zip(ours, others)]


def detail(**sides):
    """The figures behind a line, round by round."""
    return {name: [sample.figures() for sample in samples] for name, samples in sides.items()}


def bottleneck(ours):
    """A word on who held whom up."""
    busy = statistics.median(sample.generator_busy for sample in ours)
    return f"the generator was {busy:.0%} busy"
