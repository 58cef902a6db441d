#include <algorithm>
#include <string>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include "store.hpp"
#include "watch_hub.hpp"

namespace larder::memory {
namespace {

// The ids of the changed keys, sorted; "(lost)"; or the error.
std::vector<std::string> told(const Result<Change>& change) {
  if (!change) {
    return {std::string(to_string(change.error().code()))};
  }
  const auto* changed = std::get_if<KeysChanged>(&*change);
  if (changed == nullptr) {
    return {"(lost)"};
  }
  std::vector<std::string> ids;
  for (const Key& name : changed->keys) {
    ids.emplace_back(name.id());
  }
  std::ranges::sort(ids);
  return ids;
}

using Ids = std::vector<std::string>;

Ids next(Store& store, Watch& watch) { return told(run(watch.next(store.clock.now() + 1ms))); }

TEST(MemoryWatch, tells_every_way_an_entry_changes_or_goes) {
  Store store;
  store.put(entry("a", "before the watch"));
  const auto watch = store.watch();
  store.put(entry("a", "put"));
  EXPECT_EQ(next(store, *watch), Ids{"a"});
  store.touch("a", 5s);
  EXPECT_EQ(next(store, *watch), Ids{"a"});
  store.fill(entry("b", "filled"), store.lease("b")->token);
  EXPECT_EQ(next(store, *watch), Ids{"b"});
  store.erase("b");
  EXPECT_EQ(next(store, *watch), Ids{"b"});
  store.clock.advance(5s);
  EXPECT_FALSE(store.get("a"));
  EXPECT_EQ(next(store, *watch), Ids{"a"});
}

TEST(MemoryWatch, gathers_keys_until_it_is_asked) {
  Store store;
  const auto watch = store.watch();
  store.put(entry("a", "1"));
  store.put(entry("b", "2"));
  store.put(entry("b", "3"));
  EXPECT_EQ(next(store, *watch), (Ids{"a", "b"}));
}

TEST(MemoryWatch, reads_are_no_change) {
  Store store;
  store.put(entry("a", "1"));
  const auto watch = store.watch();
  EXPECT_TRUE(store.get("a"));
  EXPECT_EQ(store.lease("a")->state, LeaseState::not_needed);
  EXPECT_EQ(told(run(watch->next(store.clock.now()))), Ids{"timeout"});
}

TEST(MemoryWatch, wakes_a_waiting_watcher_and_ends_with_the_backend) {
  Store store;
  const auto watch = store.watch();
  const auto scenario = [&]() -> awaitable<bool> {
    const auto executor = co_await boost::asio::this_coro::executor;
    const std::vector<PutItem> items = {{.entry = entry("a", "1")}};
    auto first = testkit::start(executor, watch->next(kNoDeadline));
    EXPECT_TRUE((co_await store.backend->put(items, kNoDeadline)).front());
    EXPECT_EQ(told(co_await first.answer()), Ids{"a"});
    auto second = testkit::start(executor, watch->next(kNoDeadline));
    co_await store.backend->close();
    EXPECT_EQ(told(co_await second.answer()), Ids{"closed"});
    co_return true;
  };
  EXPECT_TRUE(run(scenario()));
}

TEST(MemoryWatch, too_many_untold_changes_are_told_as_lost) {
  Store store(std::size_t{2} << 20);
  const auto watch = store.watch();
  for (int i = 0; i < 5000; ++i) {
    store.put(entry(std::to_string(i), "x"));
  }
  EXPECT_EQ(next(store, *watch), Ids{"(lost)"});
  store.put(entry("after", "x"));
  EXPECT_TRUE(std::ranges::count(next(store, *watch), "after") == 1);
}

TEST(MemoryWatch, watches_are_bounded) {
  Store store;
  std::vector<std::unique_ptr<Watch>> watches;
  for (std::size_t i = 0; i < WatchHub::kWatchesMax; ++i) {
    watches.push_back(store.watch());
  }
  EXPECT_EQ(run(store.backend->watch(kNoDeadline)).error().code(), Errc::storage_full);
  watches.pop_back();
  EXPECT_TRUE(run(store.backend->watch(kNoDeadline)));
}

}  // namespace
}  // namespace larder::memory
