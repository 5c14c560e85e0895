"""How long an item rested while others were served."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))

from queues import longest_rests  # noqa: E402  after the path of the parts that it shares with `make bench`


class LongestRests(unittest.TestCase):
    def test_in_turns_nobody_rests_longer_than_a_fair_gap_or_two(self):
        items = [[(t, 1) for t in range(0, 100, 2)], [(t, 1) for t in range(1, 100, 2)]]
        for time, others in longest_rests(items, 0, 100):
            self.assertAlmostEqual(time, 1, delta=0.1)
            self.assertAlmostEqual(others, 0.5, delta=0.1)

    def test_who_is_passed_over_is_seen_and_a_stall_of_all_is_not_held_against_anybody(self):
        one = [(t, 1) for t in range(20)] + [(t, 1) for t in range(80, 100)]
        other = [(t + 0.5, 1) for t in range(100)]
        (time, others), _ = longest_rests([one, other], 0, 100)
        self.assertAlmostEqual(time, 61 * 0.4)
        self.assertAlmostEqual(others, 61 * 40 / 140, delta=0.5)
        stalled = [(t if t < 50 else t + 900, 1) for t in range(100)]
        (time, others), _ = longest_rests([stalled, [(t + 0.5, n) for t, n in stalled]], 0, 1_000)
        self.assertGreater(time, 50)
        self.assertLess(others, 1)

    def test_who_is_never_served_rests_without_end(self):
        rests = longest_rests([[], [(1, 5)]], 0, 2)
        self.assertEqual(rests[0][1], float("inf"))
