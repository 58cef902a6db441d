"""The checks of ./dev check that ask a compiler: layout, headers alone, clang-tidy."""

import json
import shutil
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from dev_module import ROOT, dev  # noqa: E402


class Compilers(unittest.TestCase):
    """Each test works in a folder of its own, which ./dev takes for the project."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="larder-check-")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        for name, value in {"ROOT": self.root, "BUILD": self.root / "build", "PASSED": self.root / "build/check"}.items():
            patch = unittest.mock.patch.object(dev, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        for name in (".clang-format", ".clang-tidy"):
            shutil.copy(ROOT / name, self.root)

    def tree(self, files: dict[str, str]):
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)
        return dev.Tree(files | {".clang-tidy": (self.root / ".clang-tidy").read_text()})

    def test_a_bad_layout_is_found_and_mended(self):
        tree = self.tree({"core/src/a.cpp": "int   f( ) {return 1 ;}\n"})
        self.assertIn("[format]", dev.check_format(tree, fix=False)[0])
        self.assertEqual(dev.check_format(tree, fix=True), [])
        self.assertEqual(dev.check_format(tree, fix=False), [])
        self.assertEqual((self.root / "core/src/a.cpp").read_text(), "int f() { return 1; }\n")

    def test_a_header_that_needs_another_before_it_is_found(self):
        tree = self.tree({"core/include/larder/a.hpp": "#pragma once\ninline std::string a() { return {}; }\n"})
        self.assertIn("core/include/larder/a.hpp:1: [header]", dev.check_headers(tree)[0])

    def test_a_header_that_compiles_alone_is_asked_only_once(self):
        tree = self.tree({"core/include/larder/a.hpp": "#pragma once\n#include <string>\ninline std::string a;\n"})
        self.assertEqual(dev.check_headers(tree), [])
        with unittest.mock.patch.object(dev.subprocess, "run", side_effect=AssertionError("asked again")):
            self.assertEqual(dev.check_headers(tree), [])

    def test_a_header_sees_only_modules_it_may_include(self):
        tree = self.tree({
            "core/include/larder/a.hpp": "#pragma once\n#include <larder/cache/b.hpp>\n",
            "cache/include/larder/cache/b.hpp": "#pragma once\n",
        })  # fmt: skip
        self.assertIn("larder/cache/b.hpp' file not found", dev.check_headers(tree)[0])

    def tidy(self, body: str):
        path = "core/src/a.cpp"
        tree = self.tree({path: f"#include <string>\n#include <utility>\n{body}\n"})
        command = {"directory": str(self.root), "file": str(self.root / path), "command": f"clang++-19 -std=c++23 -c {path}"}
        (self.root / "build/dev").mkdir(parents=True, exist_ok=True)
        (self.root / "build/dev/compile_commands.json").write_text(json.dumps([command]))
        return dev.check_tidy(tree)

    def test_a_use_after_a_move_is_found(self):
        found = self.tidy("int f(std::string a) {\n  std::string b = std::move(a);\n  return int(a.size() + b.size());\n}")
        self.assertIn("bugprone-use-after-move", found[0])

    def test_good_code_passes(self):
        self.assertEqual(self.tidy("int f(const std::string& a) { return int(a.size()); }"), [])


if __name__ == "__main__":
    unittest.main()
