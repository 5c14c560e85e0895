"""Scenarios of our own workers: four of them with four slots of 20 ms unless said otherwise, always a backlog."""

import random
import threading
import time

from goals import Figure, p99_ratio
from plant import StoreReader

FULL = 5.0  # seconds from the start after which figures count


class Course:
    """A scenario under way: waits for its marks and takes the figures that all of them have."""

    def __init__(self, plant, workers):
        self.plant, self.workers, self.begin = plant, workers, time.monotonic()
        self.most_window, self.modes, self._ends = 0.0, [], False
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        while not self._ends:
            try:
                self.most_window = max([self.most_window, *self.plant.windows().values()])
            except OSError:
                pass
            time.sleep(0.1)

    def until(self, seconds):
        """Waits for that second of the course; when the figures begin to count, the stays so far are forgotten."""
        if seconds >= FULL and self.plant and not getattr(self, "_counts", False):
            self._sleep(FULL)
            self._counts = True
            for worker in self.workers:
                if worker.settings:
                    worker.forget_stays()
        self._sleep(seconds)

    def _sleep(self, seconds):
        time.sleep(max(0.0, self.begin + seconds - time.monotonic()))

    def end(self):
        """Ends the watching once everything of the last moment is in."""
        self.finish = time.monotonic()
        for worker in self.workers:
            if worker.alive[-1][1] is None and worker.settings:
                worker.keep_stays()
        time.sleep(0.3)
        self._ends = True
        self._thread.join(5)

    def rate(self, begin, end, workers=None):
        """Settled a second, over seconds of the course."""
        left, right = self.begin + begin, self.begin + end
        return sum(w.settled(right) - w.settled(left) for w in workers or self.workers) / (end - begin)

    def share(self, begin, end, workers=None):
        left, right = self.begin + begin, self.begin + end
        ideal = sum(worker.ideal(left, right) for worker in workers or self.workers)
        return self.rate(begin, end, workers) * (end - begin) / ideal if ideal else None

    def reached(self, since, share=0.9, until=None):
        """Seconds after `since` when half a second first had that share of what was possible; None when never."""
        until = until or self.finish - self.begin
        step = since
        while step + 0.5 <= until:
            if (self.share(step, step + 0.5) or 0) >= share:
                return step + 0.5 - since
            step += 0.1
        return None

    def overload(self):
        """Share of the samples with more than twice the slots and two in some worker."""
        bad = seen = 0
        for worker in self.workers:
            for moment, _, in_flight in worker.samples:
                if self.begin + FULL <= moment <= self.finish:
                    seen += 1
                    bad += in_flight > 2 * worker.slots_at(moment) + 2
        return bad / seen * len(self.workers) * 100 if seen else None

    def common(self, throughput, ratio, overload=2.0):
        return [
            Figure("throughput", self.share(FULL, self.finish - self.begin), " of ideal", least=throughput, places=3),
            Figure("p99", p99_ratio(self.workers), "x", most=ratio),
            Figure("overload", self.overload(), " %", most=overload, places=1),
        ]


def begin(plant, purchases, workers=4, milliseconds=20, slots=4, variation=50):
    plant.item("sale", int(purchases))
    return Course(plant, plant.add_workers(workers, milliseconds=milliseconds, slots=slots, variation=variation))


def steady(plant, seconds):
    course = begin(plant, 900 * (seconds + 4))
    course.until(seconds)
    course.end()
    return course.common(0.98, 1.4) + [Figure("90 % after", course.reached(0), " s", most=4, places=1)]


def step_down(plant, seconds):
    course = begin(plant, 900 * (seconds / 3 + 4) + 90 * seconds)
    course.until(max(FULL + 1, seconds / 3))
    for worker in course.workers:
        worker.delay(ms=200)
    course.until(seconds)
    course.end()
    return course.common(0.97, 1.4) + [Figure("largest window", course.most_window, "", most=8, places=0)]


def one_slower(plant, seconds):
    course = begin(plant, 900 * (seconds + 4))
    step = max(FULL + 1, seconds / 3)
    course.until(step)
    slow, others = course.workers[0], course.workers[1:]
    slow.delay(ms=200)
    course.until(seconds)
    course.end()
    before, after = course.rate(FULL, step, others), course.rate(step, seconds, others)
    loss = (1 - after / before) * 100 if before else None
    return course.common(0.97, 1.5) + [Figure("the others lost", loss, " %", most=2, places=1)]


def step_up(plant, seconds):
    course = begin(plant, 450 * (seconds / 3 + 4) + 1_800 * seconds, slots=2)
    step = max(FULL + 1, seconds / 3)
    course.until(step)
    for worker in course.workers:
        worker.delay(slots=8)
    course.until(seconds)
    course.end()
    return course.common(0.96, 1.4) + [Figure("90 % after", course.reached(step), " s", most=5, places=1)]


def death(plant, seconds):
    """One worker is killed and another joins later; what the dead one held must move within its lease and a second."""
    course = begin(plant, 900 * (seconds + 4))
    course.until(max(FULL + 1, seconds / 3))
    victim = course.workers[0]
    store = StoreReader(plant.redis)
    flights = store.call("KEYS", f"sluice:{{sale}}:flight:{victim.name}-*")
    victim.keep_stays()
    victim.kill()
    killed, moved = time.monotonic(), None
    while flights and time.monotonic() < killed + 6 and moved is None:
        if not any(store.call("EXISTS", key) for key in flights):
            moved = time.monotonic() - killed
        time.sleep(0.02)
    course.until(max(FULL + 7, seconds * 2 / 3))
    course.workers = course.workers + plant.add_workers(1, milliseconds=20, slots=4)
    joined = time.monotonic() - course.begin
    course.until(max(seconds, joined + 5))
    course.end()
    return course.common(0.97, 1.5) + [
        Figure("redispatched after", moved, " s", most=4, places=1),
        Figure("90 % after the join in", course.reached(joined), " s", most=3, places=1),
    ]


def pauses(plant, seconds):
    """Every worker stands still for 200 to 500 ms, about every five seconds, as in a collection of garbage."""
    course = begin(plant, 900 * (seconds + 4))
    course.until(FULL)
    generator, threads, restarts, was = random.Random(3), [], 0, {}

    def pause_often(worker, first):
        moment = first
        while moment < seconds - 1:
            course._sleep(moment)
            worker.pause(generator.uniform(0.2, 0.5))
            moment += generator.uniform(3.5, 6.5)

    for worker in course.workers:
        threads.append(threading.Thread(target=pause_often, args=(worker, FULL + generator.uniform(0, 4))))
        threads[-1].start()
    known = False
    while time.monotonic() < course.begin + seconds:
        for resource in plant.resources():
            known = True
            mode = str(resource.get("mode", "")).lower()
            restarts += mode.startswith("start") and was.get(resource["name"], mode) != mode
            was[resource["name"]] = mode
        time.sleep(0.5)
    for thread in threads:
        thread.join()
    course.until(seconds)
    course.end()
    return course.common(0.98, 1.7) + [
        Figure("new starts", restarts if known else None, "", most=0, places=0),
        Figure("pauses", sum(len(worker.pauses) for worker in course.workers), "", places=0)]


def one_slot(plant, seconds):
    course = begin(plant, 250 * (seconds + 4), slots=1, variation=100)
    course.until(seconds)
    course.end()
    return course.common(0.95, 2.2)


def sixteen_slots(plant, seconds):
    course = begin(plant, 900 * (seconds + 4), milliseconds=80, slots=16, variation=100)
    course.until(seconds)
    course.end()
    return course.common(0.95, 2.2)


def sixteen_slots_down(plant, seconds):
    course = begin(plant, 900 * (seconds / 3 + 6) + 90 * seconds, milliseconds=80, slots=16, variation=100)
    course.until(max(FULL + 1, seconds / 3))
    for worker in course.workers:
        worker.delay(ms=800)
    course.until(seconds)
    course.end()
    return course.common(0.88, 2.2)
