"""What counts as growth."""

import unittest

import run
import streams

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


class Streams(unittest.TestCase):
    def rounds(self, last_bytes=1_000, last_descriptors=10, missed=0, count=20):
        return [(index, 1_000, 10, 0, 5) for index in range(count - 1)] + [
            (count, last_bytes, last_descriptors, missed, 5)]

    def test_hold_when_nothing_grows_and_nothing_is_missed(self):
        self.assertTrue(streams.judge(self.rounds())[1])
        self.assertTrue(streams.judge(self.rounds(last_bytes=1_050))[1])

    def test_do_not_hold_otherwise(self):
        for worse in ({"last_bytes": 1_051}, {"last_descriptors": 11}, {"missed": 1}, {"count": 9}):
            self.assertFalse(streams.judge(self.rounds(**worse))[1], worse)


if __name__ == "__main__":
    unittest.main()
