// A Cache in a process of its own, over a store server: many callers of one cold key at once.
//
//   larder_cache_node STORE_PORT CALLERS LOAD_MS|told plain|near
//
// "near" puts a near tier between the cache and the store.
//
// says        when
// ready       its callers stand before their call; a line of input lets them go
// loading     its loader has begun. It ends after LOAD_MS, or with the next line of input
// waiting     "told" only: every caller waits, for the load of this node or of another
// done, waits every caller has its answer (Stampede::report)
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <larder/cache/near_tier.hpp>
#include <larder/memory/backend.hpp>
#include <larder/testkit/remote_backend.hpp>
#include <larder/testkit/run.hpp>

#include "stampede.hpp"

namespace larder {
namespace {

namespace asio = boost::asio;

void say(std::string_view word) { std::cout << word << std::endl; }

void rethrow(const std::exception_ptr& escaped) {
  if (escaped) {
    std::rethrow_exception(escaped);
  }
}

// False where the input has ended: whoever started this program is gone.
awaitable<bool> line_of_input() {
  asio::posix::stream_descriptor input(co_await asio::this_coro::executor, ::dup(STDIN_FILENO));
  std::array<char, 1> letter{};
  while (letter.front() != '\n') {
    const auto [failed, count] =
        co_await input.async_read_some(asio::buffer(letter), asio::as_tuple(asio::use_awaitable));
    if (failed) {
      co_return false;
    }
  }
  co_return true;
}

// nullopt = until it is told to end.
awaitable<bool> work(std::optional<milliseconds> takes) {
  say("loading");
  if (takes) {
    co_return co_await system_clock().sleep_until(system_clock().in(*takes));
  }
  co_return co_await line_of_input();
}

awaitable<void> say_when_all_wait(const Cache& cache, const Stampede& stampede,
                                  std::size_t callers) {
  const std::function<bool()> all_wait = [&] {
    const CacheStats stats = cache.stats();
    const auto loads = static_cast<std::uint64_t>(stampede.loads());
    return stats.coalesced == callers - 1 && stats.lease_waits + loads == 1;
  };
  co_await testkit::yield_until(all_wait);
  say("waiting");
}

struct Options {
  std::uint16_t port = 0;
  std::size_t callers = 0;
  std::optional<milliseconds> load_takes{};
  bool near = false;
};

// `store` is what the cache stands on, or what is below that.
void serve(CacheBackend& top, const CountedStore& store, const Options& options) {
  Cache cache(top, system_clock(), null_log());
  Stampede stampede(options.callers, "by-" + std::to_string(::getpid()),
                    [&options] { return work(options.load_takes); });
  asio::io_context io(1);
  for (std::size_t caller = 0; caller < options.callers; ++caller) {
    asio::co_spawn(io, stampede.call(cache, caller), rethrow);
  }
  if (!options.load_takes) {
    asio::co_spawn(io, say_when_all_wait(cache, stampede, options.callers), rethrow);
  }
  say("ready");
  std::string go;
  if (std::getline(std::cin, go)) {
    io.run();
    stampede.report(store);
  }
  testkit::run(cache.close());
  testkit::run(top.close());
}

Result<void> serve_near(CountedStore& store, const Options& options) {
  const auto local = MemoryCacheBackend::make(system_clock(), {});
  if (!local) {
    return std::unexpected(local.error());
  }
  const auto near = testkit::run(
      NearTierBackend::open(store, **local, system_clock(), null_log(), NearOptions()));
  if (!near) {
    return std::unexpected(near.error());
  }
  serve(**near, store, options);
  return {};
}

Result<void> node(const Options& options) {
  const auto remote = testkit::run(testkit::RemoteBackend::open(
      system_clock(), options.port, system_clock().in(testkit::kPatience)));
  if (!remote) {
    return std::unexpected(remote.error());
  }
  CountedStore store(**remote, (*remote)->capabilities());
  if (options.near) {
    return serve_near(store, options);
  }
  serve(store, store, options);
  return {};
}

template <typename T>
T number(std::string_view digits) {
  T value{};
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace
}  // namespace larder

int main(int count, char** words) {
  if (count != 5) {
    std::cerr << "usage: larder_cache_node STORE_PORT CALLERS LOAD_MS|told plain|near\n";
    return 2;
  }
  larder::Options options{.port = larder::number<std::uint16_t>(words[1]),
                          .callers = larder::number<std::size_t>(words[2]),
                          .near = std::string_view(words[4]) == "near"};
  if (std::string_view(words[3]) != "told") {
    options.load_takes = larder::milliseconds(larder::number<larder::milliseconds::rep>(words[3]));
  }
  if (const auto served = larder::node(options); !served) {
    std::cerr << served.error().message() << '\n';
    return 1;
  }
  return 0;
}
