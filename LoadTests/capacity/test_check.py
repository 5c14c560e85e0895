"""The verdict of `make capacity-check`, and how it ends."""

import contextlib
import io
import sys
import unittest
from unittest import mock

import check  # first: it adds the path of the parts that it shares with `make bench`
from check import HELD, MISSED, VOID, line, verdict
from goals import Figure


class VerdictTests(unittest.TestCase):
    def test_all_held_is_zero(self):
        self.assertEqual(verdict({"a": HELD, "b": HELD}), ("HELD: all 2 scenarios kept their goals", 0))

    def test_a_miss_is_three_whatever_else_was_void(self):
        self.assertEqual(verdict({"a": MISSED, "b": VOID, "c": MISSED}), ("MISSED: 2 of 3 scenarios: a, c", 3))

    def test_void_alone_is_one(self):
        self.assertEqual(verdict({"a": HELD, "b": VOID}), ("VOID: b; the others held their goals", 1))

    def test_a_line_has_name_state_figures_and_note(self):
        figures = [Figure("p99", 1.5, most=1.4), Figure("served", 800, "/s", places=0)]
        self.assertEqual(line("steady", MISSED, figures, "[steal 0.0%]"),
                         f"{'steady':19} MISSED  !p99 1.50 (≤ 1.4), served 800/s, [steal 0.0%]")


class StatusTests(unittest.TestCase):
    def status(self, states, others=0.0):
        """What `main` returns when its scenarios come to these states, and what it prints."""
        results = iter(states)
        scenarios = [(f"s{number}", None, 12) for number in range(len(states))]
        output = io.StringIO()
        with mock.patch.object(check, "SCENARIOS", scenarios), mock.patch.object(check, "need"), \
                mock.patch.object(check.signal, "signal"), mock.patch.object(sys, "argv", ["check.py"]), \
                mock.patch.object(check, "run", lambda *_: (next(results), [], "", others)), \
                contextlib.redirect_stdout(output):
            return check.main(), output.getvalue()

    def test_it_is_that_of_the_verdict(self):
        self.assertEqual(self.status([HELD, HELD])[0], 0)
        self.assertEqual(self.status([HELD, MISSED, VOID])[0], 3)
        self.assertEqual(self.status([VOID, HELD])[0], 1)

    def test_the_verdict_comes_last_and_each_scenario_has_a_line(self):
        lines = self.status([HELD, MISSED])[1].splitlines()
        self.assertEqual([text.split()[:2] for text in lines[:2]], [["s0", HELD], ["s1", MISSED]])
        self.assertTrue(lines[-1].startswith("capacity-check: MISSED: 1 of 2 scenarios: s1 ("))

    def test_a_noisy_machine_is_reported(self):
        self.assertNotIn("others used", self.status([HELD], check.NOISY)[1])
        self.assertIn("others used", self.status([HELD], check.NOISY + 0.01)[1])

    def test_an_interruption_is_130(self):
        with mock.patch.object(check, "run", side_effect=KeyboardInterrupt), mock.patch.object(check, "need"), \
                mock.patch.object(check.signal, "signal"), mock.patch.object(sys, "argv", ["check.py"]), \
                contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(check.main(), 130)


class RunTests(unittest.TestCase):
    def run_with(self, outcomes, runs=1):
        """What `run` makes of these (figures, steal) of its runs, or of what they raise."""
        made = []

        def once(*_):
            outcome = outcomes[len(made)]
            made.append(outcome)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome[0], mock.Mock(steal=outcome[1], others=0.0)

        options = mock.Mock(seconds=None, long=False, runs=runs)
        with mock.patch.object(check, "run_once", once):
            state, figures, note, _ = check.run(options, None, 12)
        return state, figures, note, len(made)

    def test_the_medians_of_the_runs_are_judged(self):
        good, bad = [Figure("a", 3, least=2)], [Figure("a", 0, least=2)]
        self.assertEqual(self.run_with([(good, 0.0)])[0], HELD)
        state, figures, _, count = self.run_with([(bad, 0.0), (good, 0.0), (bad, 0.0)], runs=3)
        self.assertEqual((state, figures, count), (MISSED, bad, 3))

    def test_a_stolen_run_is_taken_again_once(self):
        good = [Figure("a", 3, least=2)]
        stolen = check.STEAL_AT_MOST + 0.01
        self.assertEqual(self.run_with([(good, stolen), (good, 0.0)])[::3], (HELD, 2))
        self.assertEqual(self.run_with([(good, stolen), (good, stolen)])[::3], (VOID, 2))

    def test_what_could_not_be_run_is_missed(self):
        state, _, note, _ = self.run_with([check.banks.NotRun("no such sink")])
        self.assertEqual((state, note), (MISSED, "not run: no such sink"))


if __name__ == "__main__":
    unittest.main()
