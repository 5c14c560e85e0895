"""What a worker could have done at best, and what it had done by a moment."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))

from plant import Worker  # noqa: E402  after the path of the parts that it shares with `make bench`


def worker(settings=((0, 20, 4),), alive=((0, None),), pauses=(), samples=()):
    """One without a process: its marks are given."""
    made = Worker.__new__(Worker)
    made.settings, made.alive = list(settings), [list(life) for life in alive]
    made.pauses, made.samples = list(pauses), list(samples)
    return made


class IdealTests(unittest.TestCase):
    def test_it_is_slots_by_time(self):
        self.assertAlmostEqual(worker().ideal(10, 20), 2_000)  # 4 slots of 20 ms
        self.assertEqual(worker().ideal(10, 10), 0)

    def test_each_setting_counts_from_when_it_held(self):
        slower = worker(settings=[(0, 20, 4), (15, 200, 4)])
        self.assertAlmostEqual(slower.ideal(10, 20), 1_000 + 100)
        self.assertAlmostEqual(slower.ideal(0, 10), 2_000)
        self.assertAlmostEqual(worker(settings=[(0, 20, 2), (12, 20, 8)]).ideal(10, 20), 200 + 3_200)

    def test_before_its_first_setting_it_could_do_nothing(self):
        self.assertAlmostEqual(worker(settings=[(15, 20, 4)]).ideal(10, 20), 1_000)

    def test_the_dead_and_the_stopped_could_do_nothing(self):
        self.assertAlmostEqual(worker(alive=[(0, 12), (18, None)]).ideal(10, 20), 400 + 400)
        self.assertAlmostEqual(worker(pauses=[(11, 13), (19, 25)]).ideal(10, 20), 2_000 - 400 - 200)
        self.assertEqual(worker(alive=[(0, 5)]).ideal(10, 20), 0)

    def test_what_lies_outside_changes_nothing(self):
        busy = worker(settings=[(0, 20, 4), (30, 1, 64)], alive=[(2, 40)], pauses=[(3, 5), (25, 26)])
        self.assertAlmostEqual(busy.ideal(10, 20), 2_000)


class SettledTests(unittest.TestCase):
    samples = [(10, 100, 4), (11, 200, 4), (13, 600, 0)]

    def test_between_two_samples_it_grows_in_proportion(self):
        made = worker(samples=self.samples)
        self.assertAlmostEqual(made.settled(10.5), 150)
        self.assertAlmostEqual(made.settled(12), 400)

    def test_at_a_sample_it_is_that_sample(self):
        made = worker(samples=self.samples)
        self.assertAlmostEqual(made.settled(10), 100)
        self.assertAlmostEqual(made.settled(11), 200)

    def test_before_the_first_it_is_none_and_after_the_last_no_more(self):
        made = worker(samples=self.samples)
        self.assertEqual(made.settled(9.9), 0)
        self.assertEqual(made.settled(99), 600)
        self.assertEqual(worker().settled(5), 0)


class SlotsTests(unittest.TestCase):
    def test_they_are_those_of_the_newest_setting_by_then(self):
        made = worker(settings=[(10, 20, 2), (20, 20, 8)])
        self.assertEqual([made.slots_at(moment) for moment in (9, 10, 19, 20)], [0, 2, 2, 8])


if __name__ == "__main__":
    unittest.main()
