// Keeps structs instead of bytes. A new release changes the struct: what the old one left in
// the store is loaded anew.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

#include <larder/cache/typed_cache.hpp>
#include <larder/memory/backend.hpp>

#include "run.hpp"

namespace {

using namespace std::chrono_literals;

struct Forecast {
  std::int32_t degrees = 0;
};

// What version 2 of the program keeps under the same key.
struct WindyForecast {
  std::int32_t degrees = 0;
  std::int32_t wind = 0;
};

template <typename T>
using Kept = larder::TypedCache<T, larder::RawFormat<T>>;

// The name and the version of the struct are stored with every value.
template <typename T>
Kept<T> forecasts(larder::Cache& cache, std::uint32_t version) {
  return Kept<T>(cache, {.ttl = 5min}, larder::RawFormat<T>("weather.forecast", version));
}

template <typename T>
larder::TypedLoader<T> always(T value) {
  return [value](const larder::TypedLoadContext<T>&)
             -> larder::awaitable<larder::Result<larder::TypedLoaded<T>>> {
    co_return larder::TypedLoaded<T>{.value = value};
  };
}

std::string text_of(std::string_view text) { return std::string(text); }

larder::awaitable<int> two_releases(larder::Cache& cache) {
  const auto key = larder::Key::literal("weather", "Lisbon");
  auto before = forecasts<Forecast>(cache, 1);
  auto now = forecasts<WindyForecast>(cache, 2);

  const auto old = co_await before.get_or_load(key, always(Forecast{.degrees = 22}));
  const auto anew = co_await now.get_or_load(key, always(WindyForecast{.degrees = 21, .wind = 3}));
  const auto kept = co_await now.get(key, larder::system_clock().in(1s));
  if (!old || !anew || !kept || !*kept) {
    co_return 1;
  }
  std::printf("version 1: %d degrees\n", old->value->degrees);
  std::printf("version 2: %d degrees, wind %d, from %s since the store's was %s\n",
              anew->value->degrees, anew->value->wind,
              text_of(larder::to_string(anew->source)).c_str(),
              text_of(larder::to_string(anew->cause)).c_str());
  std::printf("version 2: wind %d, from %s\n", (*kept)->value->wind,
              text_of(larder::to_string((*kept)->source)).c_str());
  co_return 0;
}

larder::awaitable<int> example() {
  auto store = larder::MemoryCacheBackend::make(larder::system_clock(), {});
  if (!store) {
    co_return 1;
  }
  larder::Cache cache(**store, larder::system_clock(), larder::null_log());
  const int exit_code = co_await two_releases(cache);
  co_await cache.close();
  co_await (*store)->close();
  co_return exit_code;
}

}  // namespace

int main() { return run(example()); }
