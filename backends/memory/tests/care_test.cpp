// Scan, stats, close, deadlines, registration.
#include <set>
#include <string>
#include <vector>

#include <larder/registry.hpp>

#include "bounds.hpp"
#include "cursor.hpp"
#include "store.hpp"

namespace larder::memory {
namespace {

std::multiset<std::string> scan_all(Store& store, ScanRequest request) {
  std::multiset<std::string> seen;
  do {
    const ScanPage page = *run(store.backend->scan(request, kNoDeadline));
    for (const Key& name : page.keys) {
      seen.insert(name.text());
    }
    request.cursor = page.cursor;
  } while (!request.cursor.empty());
  return seen;
}

TEST(MemoryScan, lists_every_key_once) {
  Store store;
  std::multiset<std::string> expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string id = std::to_string(i);
    store.put(entry(id, "x"));
    expected.insert("test:" + id);
  }
  EXPECT_EQ(scan_all(store, {.count = 7}), expected);
  EXPECT_EQ(scan_all(store, {.count = 10'000}), expected);
}

TEST(MemoryScan, keeps_to_a_namespace_and_to_what_lives) {
  Store store;
  store.put(entry("a", "x"));
  store.put(entry("dying", "x", {.fresh = 1ms}));
  store.put(Entry{.key = Key::literal("other", "b"), .life = {.fresh = 1h}});
  store.add("counter", 1);
  store.clock.advance(1ms);
  EXPECT_EQ(scan_all(store, {.name_space = "test"}), std::multiset<std::string>{"test:a"});
  EXPECT_EQ(scan_all(store, {.name_space = "none"}), std::multiset<std::string>{});
  EXPECT_EQ(scan_all(store, {}), (std::multiset<std::string>{"other:b", "test:a"}));
}

TEST(MemoryScan, refuses_a_foreign_cursor_and_a_count_out_of_range) {
  Store store;
  const auto code = [&](ScanRequest request) {
    return run(store.backend->scan(std::move(request), kNoDeadline)).error().code();
  };
  for (const char* cursor : {"x", "1.", ".1", "1x", "-1", " 1", "18446744073709551616"}) {
    EXPECT_EQ(code({.cursor = cursor}), Errc::invalid_argument) << cursor;
  }
  EXPECT_EQ(code({.count = 0}), Errc::invalid_argument);
  EXPECT_EQ(code({.count = 10'001}), Errc::invalid_argument);
}

TEST(MemoryStats, count_exactly) {
  Store store;
  store.put(entry("a", "x"));
  store.put(entry("a", "y"));
  store.put(entry("b", "x", {.fresh = 1ms}));
  store.put(entry("a", "z"), IfAbsent{});
  store.get("a");
  store.get("missing");
  store.lease("a");
  store.fill(entry("c", "x"), store.lease("c")->token);
  store.lease("c", 0ms);
  store.clock.advance(1ms);
  const BackendStats stats = store.stats();
  EXPECT_EQ(stats.hits, 2U);
  EXPECT_EQ(stats.misses, 2U);
  EXPECT_EQ(stats.writes, 4U);
  EXPECT_EQ(stats.expirations, 1U);
  EXPECT_EQ(stats.evictions, 0U);
  EXPECT_EQ(stats.errors, 1U);
  EXPECT_EQ(stats.entries, 2U);
}

TEST(MemoryBackend, declares_what_it_does) {
  Store store;
  const Capabilities& can = store.backend->capabilities();
  EXPECT_EQ(store.backend->name(), "memory");
  EXPECT_TRUE(can.values && can.conditions && can.leases && can.counters && can.quotas &&
              can.epochs && can.events && can.messages && can.watch && can.scan);
  EXPECT_FALSE(can.shared || can.durable);
  EXPECT_GE(can.value_bytes_max, std::size_t{1} << 20);
  EXPECT_TRUE(run(store.backend->ping(kNoDeadline)));
}

TEST(MemoryBackend, refuses_a_bound_too_small_for_a_value_of_a_mebibyte) {
  testkit::FakeClock clock;
  const auto made = MemoryCacheBackend::make(clock, {.bytes_max = Bounds::kBytesMin - 1});
  EXPECT_EQ(made.error().code(), Errc::invalid_argument);
}

TEST(MemoryBackend, a_deadline_already_past_does_nothing) {
  Store store;
  const std::vector<PutItem> items = {{.entry = entry("a", "x")}};
  const auto puts = run(store.backend->put(items, store.clock.now()));
  EXPECT_EQ(puts.front().error().code(), Errc::timeout);
  EXPECT_EQ(puts.front().error().advice(), Advice::later);
  EXPECT_FALSE(store.get("a"));
  EXPECT_EQ(run(store.backend->ping(store.clock.now())).error().code(), Errc::timeout);
}

TEST(MemoryBackend, refuses_a_batch_over_its_bound_and_answers_an_empty_one) {
  Store store;
  const std::vector<Key> keys(store.backend->capabilities().batch_max + 1, key("a"));
  const auto answers = run(store.backend->get(keys, kNoDeadline));
  EXPECT_EQ(answers.size(), keys.size());
  EXPECT_EQ(answers.back().error().code(), Errc::invalid_argument);
  EXPECT_TRUE(run(store.backend->get({}, kNoDeadline)).empty());
  EXPECT_TRUE(run(store.backend->get(std::span(keys).subspan(1), kNoDeadline)).back());
}

TEST(MemoryBackend, answers_closed_after_close) {
  Store store;
  store.put(entry("a", "x"));
  run(store.backend->close());
  EXPECT_EQ(store.put(entry("b", "x")).error().code(), Errc::closed);
  EXPECT_EQ(store.add("c", 1).error().code(), Errc::closed);
  EXPECT_EQ(store.publish("d", "x").error().code(), Errc::closed);
  EXPECT_EQ(run(store.backend->watch(kNoDeadline)).error().code(), Errc::closed);
  EXPECT_EQ(run(store.backend->ping(kNoDeadline)).error().code(), Errc::closed);
  EXPECT_FALSE(store.backend->find(key("a")));
  run(store.backend->close());
}

TEST(MemoryBackend, is_opened_by_its_name) {
  testkit::FakeClock clock;
  BackendRegistry registry;
  register_memory(registry, {});
  const BackendContext context{.clock = clock, .log = null_log()};
  const auto opened = run(registry.open("memory", context));
  EXPECT_EQ((*opened)->name(), "memory");
  run((*opened)->close());

  BackendRegistry wrong;
  register_memory(wrong, {.bytes_max = 1});
  EXPECT_EQ(run(wrong.open("memory", context)).error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace larder::memory
