// What a typed loader may do: bring many keys, add tags, say that nothing was modified.
#include <larder/cache/typed_cache.hpp>

#include <string>
#include <vector>

#include "cache_fixture.hpp"

namespace larder {
namespace {

using ::testing::ElementsAre;
using Texts = TypedCache<std::string, TextFormat>;
using TextContext = TypedLoadContext<std::string>;
using TextsContext = TypedManyLoadContext<std::string>;
using LoadedText = TypedLoaded<std::string>;

class TypedLoads : public CacheFixture {
 public:
  // Brings the id of each key, and notes which it was asked for.
  [[nodiscard]] TypedManyLoader<std::string> ids() {
    return [this](const TextsContext& context) -> awaitable<Batch<LoadedText>> {
      asked.emplace_back();
      Batch<LoadedText> brought;
      for (const Key& one : context.keys) {
        asked.back().emplace_back(one.id());
        brought.emplace_back(LoadedText{.value = std::string(one.id())});
      }
      seen_stale = context.stale;
      co_return brought;
    };
  }
  // A loader of one key that says so.
  [[nodiscard]] static TypedLoader<std::string> unmodified() {
    return [](const TextContext&) -> awaitable<Result<LoadedText>> {
      co_return LoadedText{.not_modified = true};
    };
  }
  [[nodiscard]] std::vector<std::string> load_both(Texts& texts) {
    std::vector<std::string> values;
    for (const auto& answer : run(texts.get_or_load_many(both, ids()))) {
      values.push_back(answer ? answer->value.value_or("nothing") : answer.error().message());
    }
    return values;
  }
  void put_raw(std::string value) {
    EXPECT_TRUE(run(cache.put(key, bytes(std::move(value)), policy, kNoDeadline)));
  }
  // As TextFormat writes it.
  [[nodiscard]] static std::string written(const std::string& value) {
    return typed_head(TextFormat::id()) + value;
  }

  std::vector<Key> both{key, Key::literal("weather", "rome")};
  std::vector<std::vector<std::string>> asked;
  std::vector<std::optional<std::string>> seen_stale;
};

// ---- many keys ----

TEST_F(TypedLoads, bring_many_keys_in_one_call_and_only_those_that_are_missing) {
  Texts texts(cache, policy);
  EXPECT_TRUE(run(texts.put(key, "sunny", kNoDeadline)));
  EXPECT_THAT(load_both(texts), ElementsAre("sunny", "rome"));
  EXPECT_THAT(load_both(texts), ElementsAre("sunny", "rome"));
  EXPECT_THAT(asked, ElementsAre(ElementsAre("rome")));
}

TEST_F(TypedLoads, of_many_keys_are_shown_the_outdated_values) {
  policy.stale_if_error = 1h;
  Texts texts(cache, policy);
  EXPECT_TRUE(run(texts.put(key, "sunny", kNoDeadline)));
  clock.advance(61s);
  EXPECT_THAT(load_both(texts), ElementsAre("paris", "rome"));
  EXPECT_THAT(seen_stale, ElementsAre("sunny", std::nullopt));
}

TEST_F(TypedLoads, of_many_keys_load_anew_those_that_do_not_decode) {
  put_raw("written by another program");
  Texts texts(cache, policy);
  EXPECT_THAT(load_both(texts), ElementsAre("paris", "rome"));
  EXPECT_THAT(asked, ElementsAre(ElementsAre("rome"), ElementsAre("paris")));
  EXPECT_EQ(texts.unreadable(), 1U);
  EXPECT_THAT(load_both(texts), ElementsAre("paris", "rome"));
  EXPECT_EQ(asked.size(), 2U);
}

TEST_F(TypedLoads, of_many_keys_fail_each_by_itself) {
  Texts texts(cache, policy);
  const auto answers =
      run(texts.get_or_load_many(both, [](const TextsContext&) -> awaitable<Batch<LoadedText>> {
        Batch<LoadedText> brought;
        brought.push_back(fail(Errc::unavailable, "clouds"));
        brought.emplace_back(LoadedText{.value = "rainy"});
        co_return brought;
      }));
  EXPECT_EQ(answers[0].error().message(), "unavailable: clouds");
  EXPECT_EQ(answers[1]->value, "rainy");
}

TEST_F(TypedLoads, of_many_keys_must_bring_a_result_for_each) {
  Texts texts(cache, policy);
  const auto answers =
      run(texts.get_or_load_many(both, [](const TextsContext&) -> awaitable<Batch<LoadedText>> {
        co_return Batch<LoadedText>(3, LoadedText{.not_modified = true});
      }));
  EXPECT_EQ(answers[1].error().message(),
            "load_failed: weather: the loader brought 3 results for 2 keys");
  EXPECT_EQ(run(texts.get_or_load_many(both, nullptr))[1].error().code(), Errc::invalid_argument);
}

TEST_F(TypedLoads, of_many_keys_are_not_tried_again_for_a_cancelled_caller) {
  put_raw("written by another program");
  Texts texts(cache, policy);
  store.answer_late(1s);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, texts.get_or_load_many(both, ids()));
    co_await yield_until([&] { return clock.sleepers() == 1; });
    call.cancel();
    const auto answers = co_await call.answer();
    EXPECT_EQ(answers[0].error().code(), Errc::cancelled);
    EXPECT_EQ(answers[1].error().code(), Errc::cancelled);
  });
  EXPECT_TRUE(asked.empty());
}

TEST_F(TypedLoads, of_a_foreign_value_are_not_tried_for_a_cancelled_caller) {
  put_raw("written by another program");
  Texts texts(cache, policy);
  store.answer_late(1s);
  play([&](const Executor& executor) -> awaitable<void> {
    auto call = start(executor, texts.get_or_load(key, unmodified()));
    co_await yield_until([&] { return clock.sleepers() == 1; });
    call.cancel();
    EXPECT_EQ((co_await call.answer()).error().code(), Errc::cancelled);
  });
  EXPECT_EQ(cache.stats().loads, 0U);
}

// ---- not modified ----

TEST_F(TypedLoads, may_say_that_the_value_shown_is_still_right) {
  policy.stale_if_error = 1h;
  Texts texts(cache, policy);
  EXPECT_TRUE(run(texts.put(key, "sunny", kNoDeadline)));
  clock.advance(61s);
  const auto answer =
      run(texts.get_or_load(key, [](const TextContext& context) -> awaitable<Result<LoadedText>> {
        EXPECT_EQ(context.stale, "sunny");
        co_return LoadedText{.ttl = 5s, .not_modified = true};
      }));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->value, "sunny");
  EXPECT_EQ(answer->fresh_left, 5s);
  EXPECT_EQ(cache.stats().not_modified, 1U);
  EXPECT_EQ((*run(texts.get(key, kNoDeadline)))->value, "sunny");
}

TEST_F(TypedLoads, of_many_keys_may_say_so_of_each) {
  policy.stale_if_error = 1h;
  Texts texts(cache, policy);
  EXPECT_TRUE(run(texts.put(key, "sunny", kNoDeadline)));
  clock.advance(61s);
  const auto answers = run(
      texts.get_or_load_many(both, [](const TextsContext& context) -> awaitable<Batch<LoadedText>> {
        co_return Batch<LoadedText>(context.keys.size(), LoadedText{.not_modified = true});
      }));
  EXPECT_EQ(answers[0]->value, "sunny");
  EXPECT_EQ(answers[1].error().code(), Errc::load_failed);
}

TEST_F(TypedLoads, cannot_say_so_of_a_value_that_they_could_not_be_shown) {
  policy.stale_if_error = 1h;
  put_raw("written by another program");
  clock.advance(61s);
  Texts texts(cache, policy);
  const auto answer = run(texts.get_or_load(key, unmodified()));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().message(),
            "load_failed: the loader says not modified, but was shown no value");
  EXPECT_EQ(cache.stats().not_modified, 0U);
}

// ---- tags and the other verbs ----

TEST_F(TypedLoads, may_add_tags) {
  Texts texts(cache, policy);
  const TypedLoader<std::string> tagged =
      [this](const TextContext& context) -> awaitable<Result<LoadedText>> {
    EXPECT_TRUE(co_await context.add_tags({tag}));
    co_return LoadedText{.value = "sunny"};
  };
  EXPECT_TRUE(run(texts.get_or_load(key, tagged)));
  EXPECT_TRUE(*run(texts.get(key, kNoDeadline)));
  EXPECT_TRUE(run(texts.invalidate(std::span(&tag, 1), kNoDeadline)));
  EXPECT_FALSE(*run(texts.get(key, kNoDeadline)));
}

TEST_F(TypedLoads, of_many_keys_add_tags_to_all_of_them) {
  Texts texts(cache, policy);
  const auto answers = run(texts.get_or_load_many(
      both, [this](const TextsContext& context) -> awaitable<Batch<LoadedText>> {
        EXPECT_TRUE(co_await context.add_tags({tag}));
        co_return Batch<LoadedText>(context.keys.size(), LoadedText{.value = "sunny"});
      }));
  EXPECT_TRUE(answers[1]->stored);
  EXPECT_TRUE(run(texts.invalidate(std::span(&tag, 1), kNoDeadline)));
  EXPECT_FALSE(*run(texts.get(both[0], kNoDeadline)));
  EXPECT_FALSE(*run(texts.get(both[1], kNoDeadline)));
}

TEST_F(TypedLoads, are_due_after_their_namespace_was_cleared) {
  policy.clearable = true;
  Texts texts(cache, policy);
  EXPECT_TRUE(run(texts.put(key, "sunny", kNoDeadline)));
  EXPECT_TRUE(run(texts.clear(key.name_space(), kNoDeadline)));
  EXPECT_FALSE(*run(texts.get(key, kNoDeadline)));
}

TEST_F(TypedLoads, are_explained_as_due_for_a_value_that_does_not_decode) {
  Texts texts(cache, policy);
  put_raw("written by another program");
  EXPECT_EQ(run(texts.explain(key, kNoDeadline))->next, Explanation::Next::load);
  put_raw(written("sunny"));
  EXPECT_EQ(run(texts.explain(key, kNoDeadline))->next, Explanation::Next::hit);
}

}  // namespace
}  // namespace larder
