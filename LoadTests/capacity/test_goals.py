"""How figures are judged."""

import types
import unittest

from goals import Figure, median, p99_ratio, unloaded_p99


class FigureTests(unittest.TestCase):
    def test_a_goal_holds_at_its_bound_and_not_beyond(self):
        self.assertTrue(Figure("throughput", 0.98, least=0.98).held)
        self.assertFalse(Figure("throughput", 0.979, least=0.98).held)
        self.assertTrue(Figure("p99", 1.4, most=1.4).held)
        self.assertFalse(Figure("p99", 1.401, most=1.4).held)

    def test_two_goals_must_both_hold(self):
        self.assertTrue(Figure("band", 90, least=80, most=100).held)
        self.assertFalse(Figure("band", 79, least=80, most=100).held)
        self.assertFalse(Figure("band", 101, least=80, most=100).held)

    def test_what_could_not_be_taken_misses_its_goal_and_is_no_miss_without_one(self):
        self.assertFalse(Figure("p99", None, most=1.4).held)
        self.assertFalse(Figure("throughput", None, least=0.98).held)
        self.assertTrue(Figure("served", None).held)

    def test_a_miss_is_marked_and_every_goal_is_said(self):
        self.assertEqual(Figure("p99", 1.5, most=1.4).text(), "!p99 1.50 (≤ 1.4)")
        self.assertEqual(Figure("served", 812.6, "/s", places=0).text(), "served 813/s")
        self.assertEqual(Figure("p99", None, "", least=0.5).text(), "!p99 none (≥ 0.5)")


class MedianTests(unittest.TestCase):
    def test_figures_of_several_runs_become_their_medians_and_keep_their_goals(self):
        runs = [[Figure("a", a, "/s", least=2), Figure("b", b)] for a, b in ((1, 10), (3, 90), (4, 20))]
        self.assertEqual(median(runs), [Figure("a", 3, "/s", least=2), Figure("b", 20)])

    def test_one_that_is_missing_makes_the_median_missing(self):
        merged = median([[Figure("a", 1, least=0)], [Figure("a", None, least=0)]])
        self.assertIsNone(merged[0].value)
        self.assertFalse(merged[0].held)


class UnloadedTests(unittest.TestCase):
    def test_even_times_have_no_spread(self):
        self.assertEqual(unloaded_p99(0), 1.0)

    def test_gamma_and_exponential_times_have_theirs(self):
        self.assertAlmostEqual(unloaded_p99(50), 2.51, delta=0.03)
        self.assertAlmostEqual(unloaded_p99(100), 4.605, delta=0.06)  # -ln 0.01

    def test_the_same_is_reported_again(self):
        self.assertEqual(unloaded_p99(50), unloaded_p99(50))


def worker(*stays):
    return types.SimpleNamespace(stays=list(stays))


class RatioTests(unittest.TestCase):
    def test_it_lies_in_the_bucket_of_the_99th_percentile_in_proportion(self):
        # 990 of 1,000 within the first bucket of 0 to 10 ms, served in 10 ms without a spread.
        self.assertAlmostEqual(p99_ratio([worker((10, 0, [(0, 9_999, 990), (10_000, 19_999, 10)]))]), 1.0)
        self.assertAlmostEqual(p99_ratio([worker((10, 0, [(0, 9_999, 980), (10_000, 19_999, 20)]))]), 1.5)

    def test_each_phase_counts_against_its_own_unloaded_time(self):
        fast, slow = (10, 0, [(10_000, 10_999, 500)]), (100, 0, [(100_000, 109_999, 500)])
        self.assertAlmostEqual(p99_ratio([worker(fast, slow)]), 1.098, places=3)
        self.assertAlmostEqual(p99_ratio([worker(fast), worker(slow)]), 1.098, places=3)

    def test_very_uneven_times_count_against_the_goals_own_variation(self):
        even, uneven = (10, 50, [(50_000, 50_999, 500)]), (10, 100, [(50_000, 50_999, 500)])
        self.assertEqual(p99_ratio([worker(even)]), p99_ratio([worker(uneven)]))
        self.assertAlmostEqual(p99_ratio([worker(uneven)]), 50.99 / (10 * 2.51), delta=0.03)

    def test_fewer_than_a_hundred_say_nothing(self):
        self.assertIsNone(p99_ratio([worker((10, 0, [(0, 9_999, 99)]))]))
        self.assertIsNotNone(p99_ratio([worker((10, 0, [(0, 9_999, 100)]))]))
        self.assertIsNone(p99_ratio([]))


if __name__ == "__main__":
    unittest.main()
