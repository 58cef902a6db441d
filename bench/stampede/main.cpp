// How long callers wait when all of them ask for one cold key at once, and how often it is
// loaded. Prints one line of JSON for one cache, and one for two caches over a shared store.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <larder/cache/cache.hpp>

#include "shared_store.hpp"

namespace larder::bench {
namespace {

constexpr std::size_t kCallers = 10'000;
constexpr std::size_t kThreads = 2;
constexpr milliseconds kLoadTakes{50};

using Microseconds = std::chrono::duration<double, std::micro>;

struct Stampede {
  std::atomic<int> loads{0};
  std::atomic<int> wrong{0};
  std::vector<double> waits = std::vector<double>(kCallers);
};

awaitable<Result<Loaded>> load(Stampede& stampede) {
  ++stampede.loads;
  co_await system_clock().sleep_until(system_clock().in(kLoadTakes));
  co_return Loaded{.value = Bytes::copy_of("sunny")};
}

awaitable<void> call(Cache& cache, Stampede& stampede, std::size_t caller) {
  const Key key = Key::literal("weather", "paris");
  const Policy policy{.store_deadline = std::chrono::minutes(1)};
  const SteadyTime begin = system_clock().now();
  const auto answer = co_await cache.get_or_load(
      key, policy, [&stampede](const LoadContext&) { return load(stampede); });
  stampede.waits[caller] = Microseconds(system_clock().now() - begin).count();
  const bool right = answer && answer->value && answer->value->view() == "sunny";
  stampede.wrong += right ? 0 : 1;
}

void rethrow(const std::exception_ptr& escaped) {
  if (escaped) {
    std::rethrow_exception(escaped);
  }
}

void run(awaitable<void> work) {
  boost::asio::io_context io;
  boost::asio::co_spawn(io, std::move(work), rethrow);
  io.run();
}

void print(const char* name, Stampede& stampede) {
  std::ranges::sort(stampede.waits);
  const auto at = [&](double share) {
    return stampede.waits[static_cast<std::size_t>(share * (kCallers - 1))] / 1000;
  };
  std::printf(R"({"name":"%s","callers":%zu,"loads":%d,"wrong":%d,"load_ms":%lld,"p50_ms":%.2f,)"
              R"("p99_ms":%.2f,"p999_ms":%.2f})"
              "\n",
              name, kCallers, stampede.loads.load(), stampede.wrong.load(),
              static_cast<long long>(kLoadTakes.count()), at(0.5), at(0.99), at(0.999));
}

// The callers are spread over the threads, and the threads over the caches.
void measure(const char* name, CacheBackend& store, std::size_t nodes) {
  Stampede stampede;
  std::vector<std::unique_ptr<Cache>> caches;
  for (std::size_t node = 0; node < nodes; ++node) {
    caches.push_back(std::make_unique<Cache>(store, system_clock(), null_log()));
  }
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      boost::asio::io_context io(1);
      for (std::size_t caller = thread; caller < kCallers; caller += kThreads) {
        boost::asio::co_spawn(io, call(*caches[thread % nodes], stampede, caller), rethrow);
      }
      io.run();
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const auto& cache : caches) {
    run(cache->close());
  }
  print(name, stampede);
}

int bench() {
  for (const std::size_t nodes : {std::size_t{1}, std::size_t{2}}) {
    auto store = MemoryCacheBackend::make(system_clock(), {});
    if (!store) {
      return 1;
    }
    SharedStore shared(**store);
    if (nodes == 1) {
      measure("one node", **store, nodes);
    } else {
      measure("two nodes, one store", shared, nodes);
    }
    run((*store)->close());
  }
  return 0;
}

}  // namespace
}  // namespace larder::bench

int main() { return larder::bench::bench(); }
