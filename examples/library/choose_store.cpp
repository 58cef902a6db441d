// Lets the environment choose the store: CACHE_TYPE=memory (the default) or none.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <larder/memory/backend.hpp>
#include <larder/none/backend.hpp>
#include <larder/registry.hpp>

#include "run.hpp"

namespace {

using namespace std::chrono_literals;

// Nothing after this line knows which store it is.
larder::awaitable<int> use(larder::CacheBackend& store) {
  const auto deadline = larder::system_clock().in(1s);
  const auto key = larder::Key::literal("greeting", "en");
  const larder::PutItem item{
      .entry = {.key = key, .value = larder::Bytes::copy_of("hello"), .life = {.fresh = 1min}}};

  const auto put = co_await store.put({&item, 1}, deadline);
  const auto found = co_await store.get({&key, 1}, deadline);
  if (!put.front() || !found.front()) {
    co_return 1;
  }
  const auto& hit = *found.front();
  std::printf("%s keeps values: %s; found: %s\n", std::string(store.name()).c_str(),
              store.capabilities().values ? "yes" : "no",
              hit ? std::string(hit->entry->value()).c_str() : "nothing");
  co_return hit.has_value() == store.capabilities().values ? 0 : 1;
}

larder::awaitable<int> example() {
  larder::BackendRegistry registry;
  larder::register_memory(registry, {.bytes_max = 16 << 20});
  larder::register_none(registry);

  const char* chosen = std::getenv("CACHE_TYPE");
  const larder::BackendContext context{.clock = larder::system_clock(), .log = larder::null_log()};
  auto store = co_await registry.open(chosen != nullptr ? chosen : "memory", context);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message().c_str());
    co_return 2;
  }
  const int exit_code = co_await use(**store);
  co_await (*store)->close();
  co_return exit_code;
}

}  // namespace

int main() { return run(example()); }
