"""./dev new-backend: the folder it makes builds, and its conformance run names what is missing."""

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(".git", "build", "node_modules", "__pycache__")
# Every verb that the template does not have, although the copy claims it, by its capability.
MISSING = {
    "conditions": {"put_if_absent", "put_if_version"},
    "leases": {"read_or_lease", "fill", "renew", "release"},
    "counters": {"add"},
    "quotas": {"take"},
    "epochs": {"epochs", "bump"},
    "events": {"append", "read_after"},
    "messages": {"publish", "subscribe"},
    "watch": {"watch"},
    "scan": {"scan"},
}


class NewBackend(unittest.TestCase):
    """Works in a copy of the tree, so that ours stays as it is; ccache makes the build short."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="larder-new-backend-")
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name) / "larder"
        shutil.copytree(ROOT, self.tree, ignore=NOT_COPIED)

    def dev(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.tree / "dev", *words], text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip

    def test_makes_a_folder_whose_tests_name_the_missing_verbs(self):
        made = self.dev("new-backend", "demo_shelf")
        self.assertEqual(made.returncode, 0, made.stdout)
        self.assertIn("./dev test demo_shelf", made.stdout)
        tested = self.dev("test", "demo_shelf")
        self.assertEqual(tested.returncode, 1, tested.stdout)
        named: dict[str, set[str]] = {}
        for verb, field in re.findall(r"missing verb: (\w+) \(Capabilities\.(\w+) is true\)", tested.stdout):
            named.setdefault(field, set()).add(verb)
        self.assertEqual(named, MISSING, tested.stdout)
        self.assertRegex(tested.stdout.splitlines()[-1], r"^\d+ passed, [1-9]\d* failed$")

    def test_leaves_no_word_of_the_template_behind(self):
        self.dev("new-backend", "demo_shelf")
        for file in (self.tree / "backends" / "demo_shelf").rglob("*"):
            self.assertNotIn("none", file.name)
            if file.suffix in (".hpp", ".cpp", ".txt"):
                self.assertNotRegex(file.read_text(), r"register_none|NoneCache|larder/none|larder_backend\(none")
        self.assertIn("add_subdirectory(demo_shelf)", (self.tree / "backends" / "CMakeLists.txt").read_text())

    def test_refuses_a_bad_name_and_one_that_is_taken(self):
        for name, reason in {"Demo": "[a-z]", "1st": "[a-z]", "a/b": "[a-z]", "memory": "exists already"}.items():
            refused = self.dev("new-backend", name)
            self.assertEqual(refused.returncode, 1)
            self.assertIn(reason, refused.stdout)


if __name__ == "__main__":
    unittest.main()
