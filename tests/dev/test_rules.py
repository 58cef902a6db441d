"""The rules of ./dev check, fed with small trees: each rule fires where it should, and only there."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from dev_module import dev  # noqa: E402

# A tree that keeps every rule; each test breaks one thing in it.
GOOD = {
    "core/include/larder/key.hpp": "#pragma once\n#include <string>\n#include <boost/asio/awaitable.hpp>\n",
    "core/src/key.cpp": "#include <larder/key.hpp>\n#include <boost/asio/steady_timer.hpp>\n",
    "cache/include/larder/cache/cache.hpp": "#pragma once\n#include <larder/key.hpp>\n",
    "cache/tests/cache_test.cpp": "#include <larder/memory/backend.hpp>\n#include <gtest/gtest.h>\n",
    "mcp/include/larder/mcp/rpc.hpp": "#pragma once\n#include <larder/key.hpp>\n",
    "mcp/src/rpc.cpp": "#include <larder/mcp/rpc.hpp>\n#include <simdjson.h>\n",
    "backends/memory/include/larder/memory/backend.hpp": "#pragma once\n#include <larder/key.hpp>\n",
    "backends/memory/src/backend.cpp": "#include <larder/memory/backend.hpp>\n",
    "backends/none/include/larder/none/backend.hpp": "#pragma once\n",
    "gateway/src/server.cpp": "#include <larder/cache/cache.hpp>\n#include <boost/beast/http.hpp>\n",
    "app/src/main.cpp": "#include <larder/memory/backend.hpp>\n",
    "README.md": "Read [how](docs/how.md), [core](core/src), [the web](https://example.org) or [below](#below).\n",
    "docs/how.md": "Back to [the start](../README.md#start).\n",
}


def findings(path: str, text: str):
    """What the rules say of the good tree with one more file, as (path, line, rule)."""
    return [(found.path, found.line, found.rule) for found in dev.findings_of(dev.Tree(GOOD | {path: text}))]


class GoodTree(unittest.TestCase):
    def test_is_clean(self):
        self.assertEqual(dev.findings_of(dev.Tree(GOOD)), [])


class Includes(unittest.TestCase):
    def refused(self, path: str, include: str):
        text = f"#pragma once\n#include {include}\n"
        self.assertEqual(findings(path, text), [(path, 2, "include")])

    def allowed(self, path: str, include: str):
        self.assertEqual(findings(path, f"#pragma once\n#include {include}\n"), [])

    def test_core_includes_nothing_of_ours(self):
        self.refused("core/src/a.cpp", "<larder/cache/cache.hpp>")

    def test_core_headers_know_of_asio_only_the_awaitable(self):
        self.refused("core/include/larder/a.hpp", "<boost/asio/steady_timer.hpp>")
        self.refused("core/include/larder/a.hpp", "<fmt/format.h>")

    def test_core_sources_include_few_asio_headers(self):
        self.refused("core/src/a.cpp", "<boost/asio/ip/tcp.hpp>")
        self.refused("core/src/a.cpp", "<nlohmann/json.hpp>")

    def test_a_backend_includes_no_other_backend(self):
        self.refused("backends/memory/src/a.cpp", "<larder/none/backend.hpp>")

    def test_a_backend_includes_nothing_above_it(self):
        self.refused("backends/memory/src/a.cpp", "<larder/cache/cache.hpp>")

    def test_only_app_and_tests_include_concrete_backends(self):
        self.refused("gateway/src/a.cpp", "<larder/memory/backend.hpp>")
        self.refused("cache/src/a.cpp", "<larder/memory/backend.hpp>")
        self.allowed("examples/library/a.cpp", "<larder/memory/backend.hpp>")
        self.allowed("gateway/tests/a.cpp", "<larder/memory/backend.hpp>")

    def test_mcp_includes_no_asio(self):
        self.refused("mcp/src/a.cpp", "<boost/asio/awaitable.hpp>")
        self.refused("mcp/include/larder/mcp/a.hpp", "<boost/asio/awaitable.hpp>")

    def test_protocol_machines_include_no_asio(self):
        self.refused("gateway/src/sse_machine.cpp", "<boost/asio/ip/tcp.hpp>")
        self.refused("backends/memory/src/resp_parser.hpp", "<boost/asio/awaitable.hpp>")

    def test_vendor_headers_stay_in_src(self):
        self.refused("gateway/include/larder/gateway/a.hpp", "<boost/beast/http.hpp>")
        self.refused("backends/memory/include/larder/memory/a.hpp", "<sqlite3.h>")
        self.refused("gateway/include/larder/gateway/a.hpp", "<openssl/ssl.h>")
        self.refused("cache/src/a.cpp", "<gtest/gtest.h>")
        self.allowed("gateway/src/a.cpp", "<openssl/ssl.h>")

    def test_whole_libraries_are_never_included(self):
        self.refused("gateway/src/a.cpp", "<boost/asio.hpp>")
        self.refused("gateway/tests/a.cpp", "<boost/beast.hpp>")

    def test_a_header_of_ours_must_exist(self):
        self.refused("app/src/a.cpp", "<larder/gone.hpp>")

    def test_no_path_climbs(self):
        self.refused("cache/src/a.cpp", '"../../core/src/key.hpp"')

    def test_a_header_is_read_once(self):
        path = "core/include/larder/a.hpp"
        self.assertEqual(findings(path, "#include <string>\n"), [(path, 1, "include")])


class Coroutines(unittest.TestCase):
    PATH = "cache/src/a.cpp"

    def check(self, text: str, *expected: tuple[int, str]):
        self.assertEqual(findings(self.PATH, text), [(self.PATH, line, rule) for line, rule in expected])

    def test_bare_detached_is_refused(self):
        self.check("void f() {\n  co_spawn(e, g(), asio::detached);\n}\n", (2, "detached"))

    def test_detached_in_words_is_not(self):
        self.check('// A detached thought.\nauto s = "detached";\n')

    def test_the_runtime_may_detach(self):
        self.assertEqual(findings("runtime/src/a.cpp", "co_spawn(e, g(), detached);\n"), [])

    def test_an_unnamed_capturing_coroutine_in_an_await_is_refused(self):
        self.check("awaitable<void> f() {\n  co_await g([key](int) -> awaitable<void> { co_return; });\n}\n",
                   (2, "closure"))  # fmt: skip

    def test_an_unnamed_capturing_coroutine_that_is_spawned_is_refused(self):
        self.check("void f() {\n  co_spawn(\n      e, [s = self]() -> asio::awaitable<void> { co_return; }, h);\n}\n",
                   (3, "closure"))  # fmt: skip

    def test_a_named_one_or_one_that_owns_nothing_is_not(self):
        self.check("auto load = [key](int) -> awaitable<void> { co_return; };\n")
        self.check("void f() { co_await g([&](int) -> awaitable<void> { co_return; }); }\n")
        self.check("void f() { co_await g([](int) -> awaitable<void> { co_return; }); }\n")
        self.check("void f() { co_await g([key](int) { return key; }); }\n")

    def test_a_lock_over_an_await_is_refused(self):
        self.check("void f() {\n  std::lock_guard lock(m);\n  if (x) {\n    co_await g();\n  }\n}\n", (4, "lock"))

    def test_a_lock_that_ends_before_is_not(self):
        self.check("void f() {\n  {\n    std::lock_guard lock(m);\n  }\n  co_await g();\n}\n")
        self.check("void f() {\n  std::unique_lock lock(m);\n  lock.unlock();\n  co_await g();\n}\n")

    def test_catching_everything_silently_is_refused(self):
        self.check("void f() {\n  try { g(); } catch (...) {\n  }\n}\n", (2, "catch"))
        self.check("void f() {\n  try { g(); } catch (...) {\n    return;\n  }\n}\n", (2, "catch"))

    def test_catching_everything_with_a_reason_is_not(self):
        self.check("void f() {\n  try { g(); } catch (...) {\n    // A logger must never stop its caller.\n  }\n}\n")
        self.check("void f() {\n  try { g(); } catch (...) {\n    e = std::current_exception();\n  }\n}\n")


class Tests(unittest.TestCase):
    def test_sleeping_in_a_test_is_refused(self):
        for path, text in {
            "cache/tests/a_test.cpp": "std::this_thread::sleep" + "_for(1s);\n",
            "tests/e2e/a.test.mjs": "await new Promise((done) => set" + "Timeout(done, 100));\n",
            "tests/dev/a.py": "time.sle" + "ep(1)\n",
        }.items():
            self.assertEqual(findings(path, text), [(path, 1, "sleep")])

    def test_sleeping_elsewhere_is_not(self):
        self.assertEqual(findings("gateway/src/a.cpp", "std::this_thread::sleep" + "_for(1s);\n"), [])

    def test_a_guard_against_hanging_is_not(self):
        self.assertEqual(findings("tests/e2e/a.test.mjs", "const timer = set" + "Timeout(kill, 15_000);\n"), [])


class Text(unittest.TestCase):
    def test_a_file_over_500_lines_is_refused(self):
        self.assertEqual(findings("cache/src/a.cpp", "\n" * 501), [("cache/src/a.cpp", 501, "length")])
        self.assertEqual(findings("cache/src/a.cpp", "\n" * 500), [])

    def test_unfinished_work_is_refused(self):
        for word in ("TO" "DO", "FIX" "ME", "XX" "X"):
            self.assertEqual(findings("docs/a.md", f"\n{word} later\n"), [("docs/a.md", 2, "word")])

    def test_unfinished_work_with_an_issue_is_not(self):
        self.assertEqual(findings("docs/a.md", "TO" "DO(#12) later\n"), [])

    def test_machine_paths_and_registry_hosts_are_refused(self):
        for text in ("/ho" "me/ann/larder", "/wo" "rk/larder", "https://registry.npm" "js.org/x"):
            self.assertEqual(findings("docs/a.md", f"{text}\n"), [("docs/a.md", 1, "place")])

    def test_a_dead_link_is_refused(self):
        self.assertEqual(findings("docs/a.md", "\n[x](gone.md)\n"), [("docs/a.md", 2, "link")])

    def test_every_finding_says_what_to_do(self):
        tree = dev.Tree(GOOD | {"cache/src/a.cpp": "#include <larder/memory/backend.hpp>\n"})
        self.assertRegex(str(dev.findings_of(tree)[0]), r"^cache/src/a\.cpp:1: \[include\] cache may include core, ")


class Verdicts(unittest.TestCase):
    def test_depend_on_every_header_that_is_reached(self):
        reached = dev.text_with_headers(dev.Tree(GOOD), "app/src/main.cpp")
        for path in ("app/src/main.cpp", "backends/memory/include/larder/memory/backend.hpp",
                     "core/include/larder/key.hpp"):  # fmt: skip
            self.assertIn(path, reached)
        self.assertNotIn("cache.hpp", reached)


if __name__ == "__main__":
    unittest.main()
