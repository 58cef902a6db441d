#include <string>
#include <vector>

#include "bounds.hpp"
#include "store.hpp"

namespace larder::memory {
namespace {

std::vector<std::string> texts(const EventPage& page) {
  std::vector<std::string> out;
  for (const Event& event : page.events) {
    out.emplace_back(event.payload.view());
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(MemoryEvents, are_numbered_from_one_without_holes) {
  Store store;
  const auto first = store.append("log", "one");
  const auto second = store.append("log", "two");
  EXPECT_NE(first->log, 0U);
  EXPECT_EQ(first->sequence, 1U);
  EXPECT_EQ(second->sequence, 2U);
  EXPECT_EQ(second->log, first->log);
  EXPECT_NE(store.append("other", "x")->log, first->log);
}

TEST(MemoryEvents, are_read_in_order_after_a_position) {
  Store store;
  const auto first = store.append("log", "one");
  store.append("log", "two");
  const auto third = store.append("log", "three");
  const EventPage all = store.read_after("log", {});
  EXPECT_EQ(texts(all), (Texts{"one", "two", "three"}));
  EXPECT_EQ(all.events[0].position, *first);
  EXPECT_EQ(all.last, *third);
  EXPECT_FALSE(all.gap);
  EXPECT_EQ(texts(store.read_after("log", *first, 1)), (Texts{"two"}));
  EXPECT_EQ(store.read_after("log", *first, 1).last, *third);
  EXPECT_EQ(texts(store.read_after("log", *third)), Texts{});
  EXPECT_FALSE(store.read_after("log", *third).gap);
}

TEST(MemoryEvents, tell_a_gap_when_the_count_trims) {
  Store store;
  const auto first = store.append("log", "1", {.events_max = 2});
  const auto second = store.append("log", "2", {.events_max = 2});
  store.append("log", "3", {.events_max = 2});
  store.append("log", "4", {.events_max = 2});
  EXPECT_TRUE(store.read_after("log", {}).gap);
  EXPECT_TRUE(store.read_after("log", *first).gap);
  EXPECT_EQ(texts(store.read_after("log", *first)), (Texts{"3", "4"}));
  EXPECT_FALSE(store.read_after("log", *second).gap);
}

TEST(MemoryEvents, tell_a_gap_when_the_bytes_trim) {
  Store store;
  const LogBounds bounds{.bytes_max = 10};
  store.append("log", "12345", bounds);
  store.append("log", "67890", bounds);
  EXPECT_FALSE(store.read_after("log", {}).gap);
  store.append("log", "x", bounds);
  EXPECT_TRUE(store.read_after("log", {}).gap);
  EXPECT_EQ(texts(store.read_after("log", {})), (Texts{"67890", "x"}));
  EXPECT_EQ(store.append("log", "12345678901", bounds).error().code(), Errc::too_large);
}

TEST(MemoryEvents, tell_a_gap_when_age_trims) {
  Store store;
  const LogBounds bounds{.age_max = 100ms};
  store.append("log", "old", bounds);
  store.clock.advance(60ms);
  store.append("log", "new", bounds);
  store.clock.advance(40ms);
  const EventPage page = store.read_after("log", {});
  EXPECT_TRUE(page.gap);
  EXPECT_EQ(texts(page), (Texts{"new"}));
}

TEST(MemoryEvents, an_idle_log_is_gone_and_its_positions_are_recognised) {
  Store store;
  const auto before = store.stats().bytes;
  const auto old = store.append("log", "old", {.age_max = 100ms});
  store.clock.advance(100ms);
  const EventPage none = store.read_after("log", *old);
  EXPECT_TRUE(none.gap);
  EXPECT_EQ(none.last, EventPosition{});
  EXPECT_FALSE(store.read_after("log", {}).gap);
  EXPECT_EQ(store.stats().bytes, before);
  const auto reborn = store.append("log", "new");
  EXPECT_EQ(reborn->sequence, 1U);
  EXPECT_NE(reborn->log, old->log);
  const EventPage page = store.read_after("log", *old);
  EXPECT_TRUE(page.gap);
  EXPECT_EQ(texts(page), (Texts{"new"}));
}

TEST(MemoryEvents, refuse_arguments_out_of_range) {
  Store store;
  EXPECT_EQ(store.append("log", "x", {.events_max = 0}).error().code(), Errc::invalid_argument);
  EXPECT_EQ(store.append("log", "", {.bytes_max = 0}).error().code(), Errc::invalid_argument);
  EXPECT_EQ(store.append("log", "x", {.age_max = 0ms}).error().code(), Errc::invalid_argument);
  for (const std::size_t count : {std::size_t{0}, std::size_t{1001}}) {
    const auto page = run(store.backend->read_after(key("log"), {}, count, kNoDeadline));
    EXPECT_EQ(page.error().code(), Errc::invalid_argument);
  }
}

TEST(MemoryEvents, a_full_share_drops_the_log_whose_end_is_nearest) {
  Store store(Bounds::kBytesMin);
  const auto oldest = store.append("oldest", "x", {.age_max = 1min});
  const std::string large(50'000, 'x');
  store.clock.advance(1ms);
  for (int i = 0; i < 10; ++i) {
    store.append("log" + std::to_string(i), large, {.age_max = 1min});
    store.clock.advance(1ms);
  }
  EXPECT_TRUE(store.read_after("oldest", *oldest).gap);
  EXPECT_EQ(store.read_after("log9", {}).events.size(), 1U);
  EXPECT_LE(*store.stats().bytes, Bounds::kBytesMin);
}

TEST(MemoryEvents, a_log_that_fills_the_share_alone_loses_its_oldest_events) {
  Store store(Bounds::kBytesMin);
  const std::string large(50'000, 'x');
  EventPosition last;
  for (int i = 0; i < 100; ++i) {
    last = *store.append("log", large, {.bytes_max = 100 << 20});
  }
  EXPECT_EQ(last.sequence, 100U);
  const EventPage page = store.read_after("log", {});
  EXPECT_TRUE(page.gap);
  EXPECT_EQ(page.events.back().position, last);
  EXPECT_GE(page.events.size(), 3U);
  EXPECT_EQ(store.append("log", std::string(1 << 20, 'x')).error().code(), Errc::too_large);
}

}  // namespace
}  // namespace larder::memory
