// Keeps what a slow lookup answers, in memory: the second call runs no lookup.
#include <chrono>
#include <cstdio>
#include <string>

#include <larder/cache/cache.hpp>
#include <larder/memory/backend.hpp>

#include "run.hpp"

namespace {

using namespace std::chrono_literals;

larder::awaitable<int> example() {
  auto store = larder::MemoryCacheBackend::make(larder::system_clock(), {.bytes_max = 64 << 20});
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message().c_str());
    co_return 1;
  }
  larder::Cache cache(**store, larder::system_clock(), larder::null_log());

  const auto key = larder::Key::literal("weather", "Lisbon");
  const larder::Policy policy{.ttl = 5min};
  int lookups = 0;
  const larder::Loader look_up =
      [&lookups](const larder::LoadContext&) -> larder::awaitable<larder::Result<larder::Loaded>> {
    ++lookups;
    co_return larder::Loaded{.value = larder::Bytes::copy_of("22 degrees")};
  };

  for (int call = 1; call <= 2; ++call) {
    const auto answer = co_await cache.get_or_load(key, policy, look_up);
    if (!answer) {
      std::fprintf(stderr, "%s\n", answer.error().message().c_str());
      co_return 1;
    }
    std::printf("call %d: %s, from %s\n", call, std::string(answer->value->view()).c_str(),
                std::string(larder::to_string(answer->source)).c_str());
  }
  std::printf("lookups: %d\n", lookups);

  co_await cache.close();
  co_await (*store)->close();
  co_return lookups == 1 ? 0 : 1;
}

}  // namespace

int main() { return run(example()); }
