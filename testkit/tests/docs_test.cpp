// docs/testing.md shows what compiles and what is really said: its C++ stands in this file or
// in conformance_test.cpp, but for spaces at the beginnings of lines and before comments.
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <larder/testkit/chaos_backend.hpp>
#include <larder/testkit/fake_clock.hpp>
#include <larder/testkit/models.hpp>
#include <larder/testkit/run.hpp>
#include <larder/testkit/tcp_gate.hpp>

#include "reference_store.hpp"
#include "remote_store.hpp"

namespace larder::testkit {
namespace {

// ---- what is shown ----

awaitable<void> counts(CacheBackend& store, Key key, std::size_t client, Deadline deadline) {
  History<CounterModel> history;                                          // one for each key
  co_await perform(store, key, history, client, {.delta = 1}, deadline);  // of many coroutines
  const Verdict verdict = check(history);
  EXPECT_EQ(verdict.outcome, Outcome::linearisable) << verdict.text;
}

TEST(DocsTesting, shows_how_to_judge_a_history) {
  FakeClock clock;
  ReferenceBackend store(clock);
  run(counts(store, Key::literal("test", "a"), 0, kNoDeadline));
}

TEST(DocsTesting, shows_a_bad_store) {
  FakeClock clock;
  std::unique_ptr<CacheBackend> inner = std::make_unique<ReferenceBackend>(clock);
  ChaosBackend store(std::move(inner), clock, {.error_rate = 0.1, .lost_reply_rate = 0.05});
  SCOPED_TRACE(store.seed());  // printed with a failure; ChaosOptions::seed repeats it
  store.start_outage();        // every call is unavailable until end_outage()
  const auto answer = run(store.ping(kNoDeadline));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::unavailable);
}

TEST(DocsTesting, shows_a_bad_network) {
  const std::uint16_t server_port = RemoteStore::process().port();
  TcpGate gate(server_port);                 // connect your client to gate.port()
  gate.set({.delay = milliseconds(20)});     // slow
  gate.set({.trickle_bytes = 1});            // one byte a millisecond
  gate.set({.mode = GateMode::black_hole});  // silence
  gate.set({});                              // everything goes on
  gate.cut(Cut::reset);                      // every connection breaks now
  EXPECT_EQ(gate.counts().connections, 0U);
}

std::string counter_example() {
  History<CounterModel> history;
  const auto first = history.call(0, {.delta = 1});
  const auto second = history.call(1, {.delta = 5});
  history.answered(first, {.sum = 1});
  history.answered(second, {.sum = 5});
  return check(history).text;
}

// ---- whether it is ----

std::string text_of_file(const char* path) {
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error(std::string("cannot read ") + path);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

// One space between words, no empty lines.
std::string plain(const std::string& text) {
  std::istringstream lines(text);
  std::string plain;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    const std::size_t before = plain.size();
    for (std::string word; words >> word;) {
      plain.append(plain.size() > before ? " " : "").append(word);
    }
    plain.append(plain.size() > before ? "\n" : "");
  }
  return plain;
}

std::vector<std::string> code_in(const std::string& document) {
  const std::string opening = "```cpp\n";
  std::vector<std::string> blocks;
  for (std::size_t at = document.find(opening); at != std::string::npos;
       at = document.find(opening, at)) {
    at += opening.size();
    blocks.push_back(document.substr(at, document.find("```", at) - at));
  }
  return blocks;
}

TEST(DocsTesting, shows_code_that_is_compiled_and_run) {
  const std::string compiled = plain(text_of_file(LARDER_TESTKIT_TESTS "/conformance_test.cpp") +
                                     text_of_file(LARDER_TESTKIT_TESTS "/docs_test.cpp"));
  const std::vector<std::string> blocks = code_in(text_of_file(LARDER_TESTING_DOCUMENT));
  EXPECT_EQ(blocks.size(), 4U);
  for (const std::string& block : blocks) {
    EXPECT_NE(compiled.find(plain(block)), std::string::npos) << block;
  }
}

TEST(DocsTesting, shows_a_counter_example_as_it_is_told) {
  EXPECT_NE(text_of_file(LARDER_TESTING_DOCUMENT).find(counter_example()), std::string::npos)
      << counter_example();
}

}  // namespace
}  // namespace larder::testkit
