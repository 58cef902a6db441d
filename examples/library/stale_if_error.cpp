// Serves the last good value while its source is down, and says so in the answer.
#include <chrono>
#include <cstdio>
#include <string>

#include <larder/cache/cache.hpp>
#include <larder/memory/backend.hpp>

#include "run.hpp"

namespace {

using namespace std::chrono_literals;

// A source of prices that goes down after its first answer. The cache may run a loader after
// the call that brought it, so a loader refers only to what lives longer than the cache.
struct PriceList {
  bool up = true;

  larder::awaitable<larder::Result<larder::Loaded>> ask() {
    if (!up) {
      co_return larder::fail(larder::Errc::unavailable, "price list: connection refused");
    }
    up = false;
    co_return larder::Loaded{.value = larder::Bytes::copy_of("42.00")};
  }
};

void print(const char* when, const larder::Answer& answer) {
  std::printf("%s: %s, from %s%s\n", when, std::string(answer.value->view()).c_str(),
              std::string(larder::to_string(answer.source)).c_str(),
              answer.failure ? (", since " + answer.failure->message()).c_str() : "");
}

larder::awaitable<int> ask_twice(larder::Cache& cache, PriceList& prices) {
  const auto key = larder::Key::literal("price", "article-7");
  const larder::Policy policy{.ttl = 1min, .stale_if_error = 1h};
  const larder::Loader load = [&prices](const larder::LoadContext&) { return prices.ask(); };

  const auto first = co_await cache.get_or_load(key, policy, load);
  // Stale from now on, as if its minute had passed.
  const auto expired = co_await cache.expire(key, larder::system_clock().in(1s));
  const auto second = co_await cache.get_or_load(key, policy, load);
  if (!first || !expired || !second) {
    co_return 1;
  }
  print("up", *first);
  print("down", *second);
  co_return second->source == larder::Source::stale ? 0 : 1;
}

larder::awaitable<int> example() {
  auto store = larder::MemoryCacheBackend::make(larder::system_clock(), {});
  if (!store) {
    co_return 1;
  }
  PriceList prices;
  larder::Cache cache(**store, larder::system_clock(), larder::null_log());
  const int exit_code = co_await ask_twice(cache, prices);
  co_await cache.close();
  co_await (*store)->close();
  co_return exit_code;
}

}  // namespace

int main() { return run(example()); }
