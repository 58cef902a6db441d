"""The library as its users get it: installed and found, or added as a folder. Builds examples/library both ways."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("LARDER_BUILD", ROOT / "build" / "dev"))
# What only the gateway needs; a user of the library has none of it.
NOT_NEEDED = ("OpenSSL", "simdjson", "nlohmann_json", "fmt", "spdlog", "CLI11", "prometheus-cpp", "GTest")
CONFIGURE = ["-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-19", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache",
             *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in NOT_NEEDED)]  # fmt: skip
EXPECTED = {
    "get_or_load": ["call 1: 22 degrees, from load", "call 2: 22 degrees, from store", "lookups: 1"],
    "stale_if_error": ["up: 42.00, from load", "down: 42.00, from stale, since ", "price list: connection refused"],
    "choose_store": ["memory keeps values: yes; found: hello"],
    "typed": ["version 1: 22 degrees", "version 2: 21 degrees, wind 3, from load since the store's was unreadable",
              "version 2: wind 3, from store"],
    "blocking": ["answers: 4, lookups: 1", 'larder_cache_loads_total{cache="weather",result="ok"} 1'],
}


def output_of(command: list, **more) -> str:
    done = subprocess.run([str(word) for word in command], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)  # fmt: skip
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}")
    return done.stdout


class Library(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="larder-install-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def install(self) -> Path:
        prefix = self.folder / "prefix"
        output_of(["cmake", "--install", BUILD, "--prefix", prefix])
        return prefix

    def build_and_run(self, source: Path, *options: str):
        build = self.folder / "build"
        output_of(["cmake", "-S", source, "-B", build, *CONFIGURE, *options])
        output_of(["cmake", "--build", build, "--parallel", "2"])
        programs = {file.name.removeprefix("example_"): file for file in build.rglob("example_*")
                    if file.is_file() and os.access(file, os.X_OK)}  # fmt: skip
        self.assertEqual(set(programs), set(EXPECTED))
        for name, program in programs.items():
            printed = output_of([program])
            for line in EXPECTED[name]:
                self.assertIn(line, printed)
        self.check_choice(programs["choose_store"])

    def check_choice(self, program: Path):
        none = output_of([program], env=os.environ | {"CACHE_TYPE": "none"})
        self.assertIn("none keeps values: no; found: nothing", none)
        unknown = subprocess.run([program], env=os.environ | {"CACHE_TYPE": "disk"}, text=True, capture_output=True)
        self.assertEqual(unknown.returncode, 2)
        self.assertRegex(unknown.stderr, "'disk' is not built in.*: memory, none")

    def test_is_found_where_it_is_installed(self):
        self.build_and_run(ROOT / "examples" / "library", f"-DCMAKE_PREFIX_PATH={self.install()}")

    def test_is_added_as_a_folder(self):
        project = self.folder / "project"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\n"
            "project(user LANGUAGES CXX)\n"
            f'add_subdirectory("{ROOT}" larder)\n'
            f'add_subdirectory("{ROOT}/examples/library" examples)\n')  # fmt: skip
        self.build_and_run(project)

    def test_installs_the_library_and_nothing_of_the_gateway(self):
        prefix = self.install()
        archives = {file.stem for file in prefix.rglob("*.a")}
        self.assertLessEqual({"liblarder_core", "liblarder_cache", "liblarder_memory", "liblarder_none"}, archives)
        headers = {str(file.relative_to(prefix / "include")) for file in prefix.rglob("*.hpp")}
        self.assertIn("larder/cache/cache.hpp", headers)
        for gateway in ("mcp", "gateway"):
            self.assertNotIn(f"liblarder_{gateway}", archives)
            self.assertFalse([header for header in headers if header.startswith(f"larder/{gateway}/")])

    def test_says_which_component_is_unknown(self):
        project = self.folder / "project"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\n"
            "project(user LANGUAGES CXX)\n"
            "find_package(larder REQUIRED COMPONENTS shelf)\n")  # fmt: skip
        with self.assertRaisesRegex(AssertionError, "shelf"):
            output_of(["cmake", "-S", project, "-B", self.folder / "build", *CONFIGURE,
                       f"-DCMAKE_PREFIX_PATH={self.install()}"])  # fmt: skip


if __name__ == "__main__":
    unittest.main()
