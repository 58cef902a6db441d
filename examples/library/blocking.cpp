// A program without coroutines: many threads, plain functions, one load.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <larder/cache/blocking_cache.hpp>
#include <larder/cache/metrics.hpp>
#include <larder/memory/backend.hpp>

namespace {

using namespace std::chrono_literals;

constexpr int kThreads = 4;

}  // namespace

int main() {
  larder::BackendRegistry registry;
  larder::register_memory(registry, {.bytes_max = 64 << 20});
  const auto cache = larder::BlockingCache::open(
      registry, "memory", {.clock = larder::system_clock(), .log = larder::null_log()});
  if (!cache) {
    std::fprintf(stderr, "%s\n", cache.error().message().c_str());
    return 1;
  }

  const auto key = larder::Key::literal("weather", "Lisbon");
  const larder::Policy policy{.ttl = 5min};
  std::atomic<int> lookups = 0;
  std::atomic<int> answers = 0;
  // Runs on a thread of the cache's own, which may block.
  const auto look_up = [&](const larder::BlockingLoadContext&) -> larder::Result<larder::Loaded> {
    ++lookups;
    return larder::Loaded{.value = larder::Bytes::copy_of("22 degrees")};
  };

  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const auto deadline = larder::system_clock().in(10s);
      const auto answer = (*cache)->get_or_load(key, policy, look_up, deadline);
      answers += answer && answer->value->view() == "22 degrees" ? 1 : 0;
    });
  }
  threads.clear();

  std::printf("answers: %d, lookups: %d\n", answers.load(), lookups.load());
  const larder::CacheFigures figures{.cache = "weather", .stats = (*cache)->stats()};
  std::fputs(larder::prometheus_text({&figures, 1}).c_str(), stdout);
  return answers == kThreads && lookups == 1 ? 0 : 1;
}
