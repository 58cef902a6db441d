// A BlockingCache over a scripted store, called by real threads.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include <larder/cache/blocking_cache.hpp>

#include "cache_fixture.hpp"

namespace larder {

// Lets other threads run until it is so; gives up after kPatience.
template <typename Done>
void wait_until(const Done& done) {
  const auto end = std::chrono::steady_clock::now() + testkit::kPatience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("wait_until: never came true");
    }
    std::this_thread::yield();
  }
}

template <typename Call>
auto on_thread(Call call) {
  return std::async(std::launch::async, std::move(call));
}

inline Result<Loaded> sunny(const BlockingLoadContext&) { return Loaded{.value = bytes("sunny")}; }

inline Batch<Loaded> all_sunny(const BlockingManyLoadContext& context) {
  return {context.keys.size(), Loaded{.value = bytes("sunny")}};
}

// What loaders refer to is declared before the cache, which joins their threads at its end.
class Blocking : public ::testing::Test {
 public:
  std::unique_ptr<BlockingCache> make(BlockingOptions options = {}) {
    return *BlockingCache::make(store, clock, log, options);
  }
  [[nodiscard]] Result<Answer> load(BlockingCache& cache, const BlockingLoader& loader) {
    return cache.get_or_load(key, policy, loader, kNoDeadline);
  }

  testkit::FakeClock clock;
  ScriptedBackend store{clock};
  Log log;
  Key key = Key::literal("weather", "paris");
  Key other = Key::literal("weather", "rome");
  Tag tag = Tag::literal("tag", "france");
  Tag other_tag = Tag::literal("tag", "italy");
  Policy policy{.ttl = 60s, .ttl_jitter = 0};
};

}  // namespace larder
