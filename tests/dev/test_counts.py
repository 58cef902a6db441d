"""How ./dev test counts: a crash, a leak found at exit, a skip or an empty run is never a success."""

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from dev_module import dev  # noqa: E402


def gtest_report(folder: str, *results: str) -> Path:
    """A report of GoogleTest with one case for each result: COMPLETED, FAILED, SKIPPED or DISABLED."""
    cases = [{"status": "NOTRUN" if result == "DISABLED" else "RUN",
              "result": "COMPLETED" if result == "FAILED" else result,
              **({"failures": [{"failure": "expected 1"}]} if result == "FAILED" else {})} for result in results]  # fmt: skip
    file = Path(folder) / "some_test.json"
    file.write_text(json.dumps({"testsuites": [{"name": "Some", "testsuite": cases}]}))
    return file


class GoogleTest(unittest.TestCase):
    def count(self, *results: str, succeeded: bool):
        with tempfile.TemporaryDirectory() as folder:
            tally = dev.count_gtest(gtest_report(folder, *results), succeeded=succeeded)
        return tally.passed, tally.failed

    def test_counts_its_cases(self):
        self.assertEqual(self.count("COMPLETED", "COMPLETED", succeeded=True), (2, 0))
        self.assertEqual(self.count("COMPLETED", "FAILED", succeeded=False), (1, 1))

    def test_a_program_that_fails_after_its_last_case_counts_as_one_failure(self):
        self.assertEqual(self.count("COMPLETED", "COMPLETED", succeeded=False), (2, 1))

    def test_a_skip_is_a_failure(self):
        self.assertEqual(self.count("COMPLETED", "SKIPPED", succeeded=True), (1, 1))

    def test_a_disabled_case_did_not_run(self):
        self.assertEqual(self.count("COMPLETED", "DISABLED", succeeded=True), (1, 0))

    def test_a_program_without_a_report_counts_by_its_exit_code(self):
        self.assertEqual(dev.count_gtest(Path("none.json"), succeeded=True), dev.Tally(1, 0))
        self.assertEqual(dev.count_gtest(Path("none.json"), succeeded=False), dev.Tally(0, 1))


class Reports(unittest.TestCase):
    def report(self, tally, output="what it said"):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            tally = dev.report("some", tally, 1.5, output)
        return tally, printed.getvalue()

    def test_success_takes_one_line(self):
        tally, printed = self.report(dev.Tally(3, 0))
        self.assertEqual((tally, len(printed.splitlines())), (dev.Tally(3, 0), 1))

    def test_failure_shows_all_that_was_said(self):
        self.assertIn("what it said", self.report(dev.Tally(2, 1))[1])

    def test_running_nothing_is_a_failure(self):
        tally, printed = self.report(dev.Tally(0, 0))
        self.assertEqual(tally.failed, 1)
        self.assertIn("ran no test", printed)


class PythonTests(unittest.TestCase):
    def count(self, body: str):
        with tempfile.TemporaryDirectory(dir=dev.BUILD) as folder, contextlib.redirect_stdout(io.StringIO()):
            file = Path(folder) / "test_some.py"
            file.write_text(f"import unittest\nclass Some(unittest.TestCase):\n  def test_it(self):\n    {body}\n")
            return dev.run_python_test(file, dev.environment())

    def setUp(self):
        dev.BUILD.mkdir(exist_ok=True)

    def test_are_counted(self):
        self.assertEqual(self.count("pass"), dev.Tally(1, 0))
        self.assertEqual(self.count("self.fail()"), dev.Tally(0, 1))
        self.assertEqual(self.count("raise KeyError"), dev.Tally(0, 1))
        self.assertEqual(self.count("self.skipTest('later')"), dev.Tally(0, 1))

    def test_that_do_not_load_have_failed(self):
        self.assertEqual(self.count(")").passed, 0)
        self.assertGreater(self.count(")").failed, 0)


class Tools(unittest.TestCase):
    def test_a_clean_machine_is_told_what_is_missing(self):
        self.assertEqual(dev.missing_packages([]), {})
        self.assertIn("clang-19", dev.PACKAGES["build"])
        for group in dev.PACKAGES.values():
            self.assertTrue(all(group.values()), "each package says what it is for")

    def test_jobs_never_exceed_the_cores(self):
        self.assertTrue(1 <= dev.build_jobs() <= dev.CORES)


if __name__ == "__main__":
    unittest.main()
