"""What counts as growth."""

import unittest

import run

MEGABYTE = 1_000_000


class Growth(unittest.TestCase):
    def test_is_from_the_end_of_the_first_minute_to_the_most_later(self):
        samples = [(5, 1), (55, 10 * MEGABYTE), (65, 10 * MEGABYTE), (90, 12 * MEGABYTE), (95, 11 * MEGABYTE)]
        self.assertEqual(run.growth(samples), (10 * MEGABYTE, 12 * MEGABYTE, 0.2))

    def test_needs_both_sides_of_the_minute(self):
        self.assertIsNone(run.growth([(5, 1), (55, 1)]))
        self.assertIsNone(run.growth([(65, 1)]))

    def test_five_per_cent_hold_and_more_does_not(self):
        for late, held in ((10.5, True), (10.6, False), (9, True)):
            line, found = run.judge("sluice-queue", [(60, 10 * MEGABYTE), (61, int(late * MEGABYTE))])
            self.assertEqual(found, held, line)
            self.assertIn("held" if held else "GREW", line)

    def test_what_was_not_measured_does_not_hold(self):
        self.assertFalse(run.judge("sluice-queue", [(5, 1)])[1])


if __name__ == "__main__":
    unittest.main()
