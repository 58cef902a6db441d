// get_or_load_many, clear, and tags that only the loader knows.
#include <array>

#include "cache_fixture.hpp"

namespace larder {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Key city(std::string_view name) { return Key::literal("weather", name); }

class Many : public CacheFixture {
 protected:
  // Brings the id of each key, and notes which it was asked for.
  [[nodiscard]] ManyLoader loader() {
    return [this](const ManyLoadContext& context) { return bring(context); };
  }
  [[nodiscard]] std::vector<std::string> texts(const Batch<Answer>& answers) {
    std::vector<std::string> all;
    for (const auto& answer : answers) {
      all.push_back(text_of(answer));
    }
    return all;
  }
  [[nodiscard]] Batch<Answer> load_many(const std::vector<Key>& keys) {
    return run(cache.get_or_load_many(keys, policy, loader()));
  }

  std::vector<std::vector<std::string>> asked;
  std::string failing;  // this id alone
  milliseconds takes{0};

 private:
  awaitable<Batch<Loaded>> bring(const ManyLoadContext& context) {
    asked.emplace_back();
    Batch<Loaded> answers;
    for (const Key& one : context.keys) {
      asked.back().emplace_back(one.id());
      if (one.id() == failing) {
        answers.push_back(larder::fail(Errc::unavailable, "clouds"));
      } else {
        answers.emplace_back(Loaded{.value = bytes(std::string(one.id()))});
      }
    }
    if (takes > 0ms) {
      co_await clock.sleep_until(clock.in(takes));
    }
    co_return answers;
  }
};

TEST_F(Many, answers_in_order_with_one_call_to_each) {
  const auto answers = load_many({city("rome"), city("paris"), city("rome"), city("oslo")});
  EXPECT_THAT(texts(answers), ElementsAre("rome", "paris", "rome", "oslo"));
  EXPECT_THAT(asked, ElementsAre(ElementsAre("rome", "paris", "oslo")));
  EXPECT_EQ(store.calls(Verb::get), 1U);
  EXPECT_EQ(store.calls(Verb::put), 1U);
  EXPECT_EQ(cache.stats().loads, 3U);
}

TEST_F(Many, loads_only_what_is_missing) {
  policy.tags = {tag};
  (void)load_many({city("rome")});
  const auto answers = load_many({city("paris"), city("rome")});
  EXPECT_THAT(texts(answers), ElementsAre("paris", "rome"));
  EXPECT_EQ(answers[0]->source, Source::load);
  EXPECT_EQ(answers[1]->source, Source::store);
  EXPECT_THAT(asked, ElementsAre(ElementsAre("rome"), ElementsAre("paris")));
  EXPECT_EQ(store.calls(Verb::epochs), 2U);
}

TEST_F(Many, asks_a_shared_store_for_all_leases_at_once) {
  store.share();
  (void)load_many({city("rome"), city("paris")});
  EXPECT_EQ(store.calls(Verb::read_or_lease), 1U);
  EXPECT_EQ(store.calls(Verb::fill), 1U);
  EXPECT_EQ(store.calls(Verb::put), 0U);
}

TEST_F(Many, of_no_keys_is_nothing) {
  EXPECT_THAT(load_many({}), IsEmpty());
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(Many, takes_more_keys_than_the_store_takes_at_once) {
  std::vector<Key> keys;
  for (int i = 0; i < 250; ++i) {
    keys.push_back(city(std::to_string(i)));
  }
  const auto answers = load_many(keys);
  EXPECT_EQ(text_of(answers[249]), "249");
  EXPECT_EQ(asked.size(), 1U);
  EXPECT_EQ(store.calls(Verb::get), 3U);
  EXPECT_EQ(store.calls(Verb::put), 3U);
}

TEST_F(Many, one_key_fails_by_itself) {
  failing = "paris";
  const auto answers = load_many({city("rome"), city("paris")});
  EXPECT_THAT(texts(answers), ElementsAre("rome", "unavailable: clouds"));
  EXPECT_EQ(cache.stats().load_failures, 1U);
}

TEST_F(Many, one_key_falls_back_on_its_stale_entry) {
  policy.stale_if_error = 1h;
  (void)load_many({city("rome"), city("paris")});
  clock.advance(61s);
  failing = "paris";
  const auto answers = load_many({city("rome"), city("paris")});
  EXPECT_EQ(answers[0]->source, Source::load);
  EXPECT_EQ(answers[1]->source, Source::stale);
}

TEST_F(Many, joins_the_load_of_another_caller) {
  takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    const std::array first_keys{city("rome"), city("paris")};
    const std::array second_keys{city("paris"), city("oslo")};
    auto first = start(executor, cache.get_or_load_many(first_keys, policy, loader()));
    co_await yield_until([&] { return asked.size() == 1; });
    auto second = start(executor, cache.get_or_load_many(second_keys, policy, loader()));
    co_await yield_until([&] { return asked.size() == 2; });
    clock.advance(1s);
    EXPECT_THAT(texts(co_await first.answer()), ElementsAre("rome", "paris"));
    const auto answers = co_await second.answer();
    EXPECT_THAT(texts(answers), ElementsAre("paris", "oslo"));
    EXPECT_EQ(answers[0]->source, Source::coalesced);
  });
  EXPECT_THAT(asked, ElementsAre(ElementsAre("rome", "paris"), ElementsAre("oslo")));
}

TEST_F(Many, a_key_that_someone_else_waits_for_is_still_loaded_when_its_caller_cancels) {
  takes = 1s;
  play([&](const Executor& executor) -> awaitable<void> {
    const std::array keys{city("rome"), city("paris")};
    auto many = start(executor, cache.get_or_load_many(keys, policy, loader()));
    co_await yield_until([&] { return asked.size() == 1; });
    key = city("paris");
    auto one = start(executor, loading());
    co_await until_waiting(2);
    many.cancel();
    for (const auto& answer : co_await many.answer()) {
      EXPECT_EQ(answer.error().code(), Errc::cancelled);
    }
    clock.advance(1s);
    EXPECT_EQ(text_of(co_await one.answer()), "paris");
  });
  EXPECT_EQ(store.entry(city("rome")), nullptr);
}

TEST_F(Many, a_loader_that_miscounts_is_an_error_for_all) {
  const ManyLoader wrong = [](const ManyLoadContext&) -> awaitable<Batch<Loaded>> {
    co_return Batch<Loaded>(1, Loaded{.value = bytes("one")});
  };
  const std::array keys{city("rome"), city("paris")};
  for (const auto& answer : run(cache.get_or_load_many(keys, policy, wrong))) {
    EXPECT_EQ(text_of(answer), "load_failed: weather: the loader brought 1 results for 2 keys");
  }
}

TEST_F(Many, a_wrong_policy_is_an_error_for_all) {
  policy.soft_deadline = -1ms;
  for (const auto& answer : load_many({city("rome"), city("paris")})) {
    EXPECT_EQ(answer.error().code(), Errc::invalid_argument);
  }
}

// ---- clear ----

class Clear : public CacheFixture {
 protected:
  Clear() { policy.clearable = true; }
};

TEST_F(Clear, makes_every_entry_of_the_namespace_a_miss) {
  EXPECT_TRUE(load());
  const Key elsewhere = Key::literal("traffic", "paris");
  EXPECT_TRUE(run(cache.get_or_load(elsewhere, policy, origin.loader())));
  EXPECT_TRUE(run(cache.clear("weather", kNoDeadline)));
  EXPECT_FALSE(*get());
  EXPECT_EQ(load()->cause, MissCause::invalidated);
  EXPECT_EQ(run(cache.get_or_load(elsewhere, policy, origin.loader()))->source, Source::store);
  EXPECT_EQ(store.calls(Verb::bump), 1U);
  EXPECT_EQ(cache.stats().clears, 1U);
}

TEST_F(Clear, reaches_what_was_put) {
  EXPECT_TRUE(run(cache.put(key, bytes("snow"), policy, kNoDeadline)));
  EXPECT_TRUE(run(cache.clear("weather", kNoDeadline)));
  EXPECT_FALSE(*get());
}

TEST_F(Clear, does_not_reach_what_was_not_clearable) {
  policy.clearable = false;
  EXPECT_TRUE(load());
  EXPECT_TRUE(run(cache.clear("weather", kNoDeadline)));
  EXPECT_EQ(load()->source, Source::store);
}

TEST_F(Clear, costs_nothing_where_the_store_has_no_epochs) {
  Capabilities without = store.capabilities();
  without.epochs = false;
  store.set_capabilities(without);
  EXPECT_TRUE(load()->stored);
  EXPECT_EQ(load()->source, Source::store);
  EXPECT_EQ(store.calls(Verb::epochs), 0U);
}

TEST_F(Clear, refuses_what_is_no_namespace) {
  EXPECT_EQ(run(cache.clear("Not One", kNoDeadline)).error().code(), Errc::invalid_argument);
}

// ---- tags that only the loader knows ----

class AddedTags : public CacheFixture {
 protected:
  // Adds a tag, and then reads the data for so long.
  [[nodiscard]] awaitable<Result<Answer>> tagged(milliseconds reading) {
    return cache.get_or_load(
        key, policy, [this, reading](const LoadContext& context) -> awaitable<Result<Loaded>> {
          ++origin.loads;
          added = co_await context.add_tags({tag});
          if (reading > 0ms) {
            co_await clock.sleep_until(clock.in(reading));
          }
          co_return Loaded{.value = bytes("sunny")};
        });
  }
  Result<void> invalidate() { return run(cache.invalidate(std::span(&tag, 1), kNoDeadline)); }

  Result<void> added;
};

TEST_F(AddedTags, invalidate_the_entry) {
  EXPECT_TRUE(run(tagged(0ms)));
  EXPECT_TRUE(added);
  EXPECT_TRUE(*get());
  EXPECT_TRUE(invalidate());
  EXPECT_FALSE(*get());
}

TEST_F(AddedTags, an_invalidation_while_the_data_is_read_makes_the_entry_a_miss) {
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, tagged(1s));
    co_await yield_until([&] { return clock.sleepers() == 2; });
    EXPECT_TRUE(co_await cache.invalidate(std::span(&tag, 1), kNoDeadline));
    // A caller after it does not join the load before it.
    auto after = start(executor, tagged(1s));
    co_await until_loads(2);
    co_await yield_until([&] { return clock.sleepers() == 4; });
    clock.advance(1s);
    EXPECT_TRUE(co_await call.answer());
    EXPECT_EQ((co_await after.answer())->source, Source::load);
  });
}

TEST_F(AddedTags, whose_epochs_cannot_be_read_keep_the_value_out) {
  store.fail(Verb::epochs, unavailable("no epochs"));
  const auto answer = run(tagged(0ms));
  EXPECT_EQ(text_of(answer), "sunny");
  EXPECT_FALSE(answer->stored);
  EXPECT_EQ(added.error().code(), Errc::unavailable);
  EXPECT_EQ(store.entry(key), nullptr);
}

TEST_F(AddedTags, beyond_what_an_entry_holds_are_refused_and_keep_the_value_out) {
  for (std::size_t i = 0; i < Entry::kTagsMax; ++i) {
    policy.tags.push_back(Tag::literal("tag", std::to_string(i)));
  }
  EXPECT_FALSE(run(tagged(0ms))->stored);
  EXPECT_EQ(added.error().code(), Errc::invalid_argument);
}

}  // namespace
}  // namespace larder
