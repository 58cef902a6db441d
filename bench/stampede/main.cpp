// Callers of one cold key over a memory store in this process. Two nodes are two caches over
// that one store.
//
//   bench_stampede NODES CALLERS LOAD_MS        prints Stampede::report
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <larder/memory/backend.hpp>

#include "stampede.hpp"

namespace larder {
namespace {

constexpr std::size_t kThreads = 2;

struct Options {
  std::size_t nodes = 0;
  std::size_t callers = 0;
  milliseconds load_takes{};
};

awaitable<bool> work(milliseconds takes) {
  co_return co_await system_clock().sleep_until(system_clock().in(takes));
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

// The callers are spread over the threads, and the threads over the caches.
void measure(CountedStore& store, const Options& options) {
  Stampede stampede(options.callers, "sunny", [&options] { return work(options.load_takes); });
  std::vector<std::unique_ptr<Cache>> caches;
  for (std::size_t node = 0; node < options.nodes; ++node) {
    caches.push_back(std::make_unique<Cache>(store, system_clock(), null_log()));
  }
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      boost::asio::io_context io(1);
      for (std::size_t caller = thread; caller < options.callers; caller += kThreads) {
        boost::asio::co_spawn(io, stampede.call(*caches[thread % options.nodes], caller), rethrow);
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
  stampede.report(store);
}

int bench(const Options& options) {
  auto memory = MemoryCacheBackend::make(system_clock(), {});
  if (!memory) {
    return 1;
  }
  Capabilities capabilities = (*memory)->capabilities();
  capabilities.shared = options.nodes > 1;
  CountedStore store(**memory, capabilities);
  measure(store, options);
  run((*memory)->close());
  return 0;
}

}  // namespace
}  // namespace larder

int main(int count, char** words) {
  if (count != 4) {
    std::cerr << "usage: bench_stampede NODES CALLERS LOAD_MS\n";
    return 2;
  }
  const auto number = [words](int place) { return std::strtoull(words[place], nullptr, 10); };
  return larder::bench(
      {.nodes = number(1), .callers = number(2), .load_takes = larder::milliseconds(number(3))});
}
