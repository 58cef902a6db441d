#include <larder/cache/typed_cache.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "cache_fixture.hpp"

namespace larder {
namespace {

struct Forecast {
  std::int32_t degrees = 0;
  std::int32_t wind = 0;

  friend bool operator==(const Forecast&, const Forecast&) = default;
};

using ForecastFormat = RawFormat<Forecast>;
using Forecasts = TypedCache<Forecast, ForecastFormat>;
using Texts = TypedCache<std::string, TextFormat>;

// A list of numbers as text, which not every text is.
struct NumberFormat {
  static FormatId id() { return {.name = "number", .version = 1}; }
  static Result<void> encode(const int& value, std::string& out) {
    if (value < 0) {
      return fail(Errc::invalid_argument, "number: is negative");
    }
    if (value == 13) {
      throw std::runtime_error("thirteen");
    }
    out.append(std::to_string(value));
    return {};
  }
  static Result<int> decode(const Bytes& bytes) { return std::stoi(std::string(bytes.view())); }
};
using Numbers = TypedCache<int, NumberFormat>;

class Typed : public CacheFixture {
 public:
  [[nodiscard]] TypedLoader<Forecast> forecast_loader() {
    return
        [this](
            const TypedLoadContext<Forecast>& context) -> awaitable<Result<TypedLoaded<Forecast>>> {
          ++loads;
          seen_stale = context.stale;
          co_return forecast;
        };
  }
  [[nodiscard]] Result<TypedAnswer<Forecast>> load(Forecasts& forecasts) {
    return run(forecasts.get_or_load(key, forecast_loader()));
  }
  // Writes bytes as some other program would.
  void put_raw(std::string value) {
    EXPECT_TRUE(run(cache.put(key, bytes(std::move(value)), policy, kNoDeadline)));
  }

  ForecastFormat format{"weather.forecast", 1};
  Result<TypedLoaded<Forecast>> forecast =
      TypedLoaded<Forecast>{.value = Forecast{.degrees = 22, .wind = 3}};
  int loads = 0;
  std::optional<Forecast> seen_stale;
};

TEST_F(Typed, loads_once_and_answers_values) {
  Forecasts forecasts(cache, policy, format);
  const auto first = load(forecasts);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->value, (Forecast{22, 3}));
  EXPECT_EQ(first->source, Source::load);
  const auto second = load(forecasts);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->value, (Forecast{22, 3}));
  EXPECT_EQ(second->source, Source::store);
  EXPECT_EQ(second->fresh_left, 60s);
  EXPECT_EQ(loads, 1);
}

TEST_F(Typed, puts_and_gets_values_and_takes_them_away) {
  Texts texts(cache, policy);
  EXPECT_EQ(run(texts.put(key, "hello", kNoDeadline)), true);
  EXPECT_EQ((*run(texts.get(key, kNoDeadline)))->value, "hello");
  EXPECT_EQ(run(texts.expire(key, kNoDeadline)), true);
  EXPECT_FALSE(*run(texts.get(key, kNoDeadline)));
  EXPECT_EQ(run(texts.put(key, "", kNoDeadline)), true);
  EXPECT_EQ((*run(texts.get(key, kNoDeadline)))->value, "");
  EXPECT_EQ(run(texts.erase(key, kNoDeadline)), true);
  EXPECT_FALSE(*run(texts.get(key, kNoDeadline)));
}

TEST_F(Typed, remembers_an_absence_as_the_policy_says) {
  policy.negative_ttl = 5s;
  Forecasts forecasts(cache, policy, format);
  forecast = TypedLoaded<Forecast>{};
  EXPECT_FALSE(load(forecasts)->value);
  const auto again = load(forecasts);
  EXPECT_FALSE(again->value);
  EXPECT_EQ(again->source, Source::store);
  EXPECT_EQ(loads, 1);
}

TEST_F(Typed, keeps_what_the_loader_says_of_its_life) {
  Forecasts forecasts(cache, policy, format);
  forecast->ttl = 5s;
  EXPECT_EQ(load(forecasts)->fresh_left, 5s);
  clock.advance(5s);
  forecast->store = false;
  EXPECT_FALSE(load(forecasts)->stored);
}

TEST_F(Typed, shows_the_loader_the_outdated_value_and_serves_it_when_loading_fails) {
  policy.stale_if_error = 1h;
  Forecasts forecasts(cache, policy, format);
  EXPECT_TRUE(load(forecasts));
  clock.advance(61s);
  forecast = std::unexpected(unavailable("origin gone"));
  const auto answer = load(forecasts);
  ASSERT_TRUE(answer);
  EXPECT_EQ(seen_stale, (Forecast{22, 3}));
  EXPECT_EQ(answer->value, (Forecast{22, 3}));
  EXPECT_EQ(answer->source, Source::stale);
  EXPECT_EQ(answer->failure->message(), "unavailable: origin gone");
}

TEST_F(Typed, loads_anew_what_another_version_wrote) {
  policy.tags = {tag};
  Forecasts old(cache, policy, ForecastFormat("weather.forecast", 1));
  Forecasts now(cache, policy, ForecastFormat("weather.forecast", 2));
  EXPECT_TRUE(load(old));
  forecast->value = Forecast{.degrees = 10};
  const auto answer = load(now);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->value, Forecast{.degrees = 10});
  EXPECT_EQ(answer->cause, MissCause::unreadable);
  EXPECT_TRUE(answer->stored);
  EXPECT_EQ(now.unreadable(), 1U);
  EXPECT_EQ(cache.stats().misses_unreadable, 1U);
  EXPECT_EQ(load(now)->source, Source::store);
  EXPECT_EQ(loads, 2);
}

TEST_F(Typed, never_reads_the_bytes_of_another_type) {
  struct Price {
    std::int64_t cents = 0;
  };
  static_assert(sizeof(Price) == sizeof(Forecast));
  TypedCache<Price, RawFormat<Price>> prices(cache, policy, RawFormat<Price>("shop.price", 1));
  EXPECT_TRUE(run(prices.put(key, Price{.cents = 4200}, kNoDeadline)));
  Forecasts forecasts(cache, policy, format);
  EXPECT_FALSE(*run(forecasts.get(key, kNoDeadline)));
  EXPECT_EQ(forecasts.unreadable(), 1U);
}

// Each: bytes that a program without types, a damaged store or an attacker may have left.
class Foreign : public Typed, public ::testing::WithParamInterface<std::string> {};

TEST_P(Foreign, bytes_are_a_miss_and_are_loaded_anew) {
  Forecasts forecasts(cache, policy, format);
  put_raw(GetParam());
  EXPECT_FALSE(*run(forecasts.get(key, kNoDeadline)));
  EXPECT_EQ(load(forecasts)->value, (Forecast{22, 3}));
  EXPECT_EQ(load(forecasts)->source, Source::store);
}

INSTANTIATE_TEST_SUITE_P(
    Typed, Foreign,
    ::testing::Values("", "sunny", std::string(10, '\0'), "\xF4", "\xF4\xFF",
                      typed_head(ForecastFormat("weather.forecast", 1).id()),
                      typed_head(ForecastFormat("weather.forecast", 1).id()) + "short",
                      typed_head(ForecastFormat("weather.forecast", 1).id()) + "longer than 8",
                      typed_head(ForecastFormat("weather.forecast", 2).id()) + "8 bytes.",
                      typed_head(ForecastFormat("weather.forecas", 1).id()) + "8 bytes."));

TEST_F(Typed, a_decoder_that_throws_is_a_miss) {
  Numbers numbers(cache, policy);
  put_raw(typed_head(NumberFormat::id()) + "not a number");
  EXPECT_FALSE(*run(numbers.get(key, kNoDeadline)));
  const auto answer = run(numbers.get_or_load(
      key, [](const TypedLoadContext<int>&) -> awaitable<Result<TypedLoaded<int>>> {
        co_return TypedLoaded<int>{.value = 7};
      }));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->value, 7);
}

TEST_F(Typed, an_encoder_that_refuses_or_throws_is_an_error) {
  Numbers numbers(cache, policy);
  EXPECT_EQ(run(numbers.put(key, -1, kNoDeadline)).error().message(),
            "invalid_argument: number: is negative");
  EXPECT_EQ(run(numbers.put(key, 13, kNoDeadline)).error().message(),
            "invalid_argument: encode threw: thirteen");
  const auto answer = run(numbers.get_or_load(
      key, [](const TypedLoadContext<int>&) -> awaitable<Result<TypedLoaded<int>>> {
        co_return TypedLoaded<int>{.value = 13};
      }));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), "load_failed: encode threw: thirteen");
}

TEST_F(Typed, many_callers_who_meet_a_foreign_value_share_one_load) {
  constexpr int kCallers = 200;
  Forecasts forecasts(cache, policy, format);
  put_raw("sunny");
  const TypedLoader<Forecast> slow =
      [this](const TypedLoadContext<Forecast>&) -> awaitable<Result<TypedLoaded<Forecast>>> {
    ++loads;
    co_await clock.sleep_until(clock.in(1s));
    co_return forecast;
  };
  play([&](const Executor& executor) -> awaitable<void> {
    std::vector<testkit::Started<Result<TypedAnswer<Forecast>>>> calls;
    for (int i = 0; i < kCallers; ++i) {
      calls.push_back(start(executor, forecasts.get_or_load(key, slow)));
    }
    co_await yield_until([&] { return cache.stats().coalesced == kCallers - 1; });
    co_await yield_until([&] { return clock.sleepers() == 2; });
    clock.advance(1s);
    for (auto& call : calls) {
      const auto answer = co_await call.answer();
      EXPECT_TRUE(answer && answer->value == forecast->value);
    }
  });
  EXPECT_EQ(loads, 1);
}

TEST_F(Typed, a_stale_foreign_value_is_never_served_nor_loaded_for_twice) {
  policy.stale_if_error = 1h;
  put_raw("sunny");
  clock.advance(61s);
  Forecasts forecasts(cache, policy, format);
  forecast = std::unexpected(unavailable("origin gone"));
  const auto answer = load(forecasts);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(), "unavailable: origin gone");
  EXPECT_EQ(loads, 1);
  EXPECT_FALSE(seen_stale);
}

TEST_F(Typed, errors_of_cache_and_loader_are_handed_out_as_they_are) {
  Forecasts forecasts(cache, policy, format);
  EXPECT_EQ(run(forecasts.get_or_load(key, nullptr)).error().code(), Errc::invalid_argument);
  store.fail_all(unavailable("gone"));
  EXPECT_EQ(run(forecasts.get(key, kNoDeadline)).error().message(), "unavailable: gone");
}

TEST_F(Typed, checks_its_format_and_its_policy) {
  EXPECT_TRUE(Forecasts(cache, policy, format).check());
  EXPECT_FALSE(Forecasts(cache, policy, ForecastFormat(std::string(65, 'x'), 1)).check());
  policy.ttl = milliseconds(-1);
  EXPECT_FALSE(Forecasts(cache, policy, format).check());
}

// Changing these bytes makes every stored value a miss: docs/formats/typed_values.md.
TEST(TypedHead, is_as_documented) {
  EXPECT_EQ(typed_head({.name = "text", .version = 0x01020304}), "\xF4\x04text\x04\x03\x02\x01");
}

}  // namespace
}  // namespace larder
