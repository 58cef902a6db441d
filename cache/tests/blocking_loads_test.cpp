// What a blocking loader may do: bring many keys, add tags, say that nothing was modified.
#include <latch>
#include <string>
#include <vector>

#include "blocking_fixture.hpp"

namespace larder {
namespace {

class BlockingLoads : public Blocking {
 public:
  [[nodiscard]] Batch<Answer> load_both(BlockingCache& cache, const BlockingManyLoader& loader) {
    return cache.get_or_load_many(both, policy, loader, kNoDeadline);
  }
  // A loader that adds the tag and brings a value.
  [[nodiscard]] BlockingLoader tagged() {
    return [this](const BlockingLoadContext& context) {
      EXPECT_TRUE(context.add_tags({tag}));
      return sunny(context);
    };
  }

  std::vector<Key> both{key, other};
};

// ---- many keys ----

TEST_F(BlockingLoads, bring_many_keys_in_one_call) {
  const auto cache = make();
  int calls = 0;
  const auto answers = load_both(*cache, [&](const BlockingManyLoadContext& context) {
    ++calls;
    EXPECT_EQ(context.keys, both);
    EXPECT_EQ(context.stale.size(), 2U);
    Batch<Loaded> brought;
    for (const Key& one : context.keys) {
      brought.emplace_back(Loaded{.value = bytes(std::string(one.id()))});
    }
    return brought;
  });
  EXPECT_EQ(text_of(answers[0]), "paris");
  EXPECT_EQ(text_of(answers[1]), "rome");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(load_both(*cache, all_sunny)[1]->source, Source::store);
}

TEST_F(BlockingLoads, of_many_keys_are_shown_the_stale_entries) {
  policy.stale_if_error = 1h;
  const auto cache = make();
  EXPECT_TRUE(load(*cache, sunny));
  clock.advance(61s);
  const auto answers = load_both(*cache, [](const BlockingManyLoadContext& context) {
    EXPECT_TRUE(context.stale[0]);
    EXPECT_FALSE(context.stale[1]);
    return all_sunny(context);
  });
  EXPECT_EQ(answers[0]->cause, MissCause::expired);
  EXPECT_EQ(answers[1]->cause, MissCause::absent);
}

TEST_F(BlockingLoads, of_many_keys_fail_together_when_the_loader_throws) {
  const auto cache = make();
  const auto answers =
      load_both(*cache, [](const BlockingManyLoadContext&) -> Batch<Loaded> { throw 7; });
  EXPECT_EQ(answers[0].error().code(), Errc::load_failed);
  EXPECT_EQ(answers[1].error().code(), Errc::load_failed);
  EXPECT_EQ(load_both(*cache, nullptr)[1].error().code(), Errc::invalid_argument);
}

TEST_F(BlockingLoads, of_many_keys_keep_the_answers_they_have_at_the_callers_deadline) {
  std::latch end(1);
  const auto cache = make();
  EXPECT_TRUE(cache->put(other, bytes("rainy"), policy, kNoDeadline));
  auto call = on_thread([&] {
    return cache->get_or_load_many(
        both, policy,
        [&](const BlockingManyLoadContext& context) {
          end.wait();
          return all_sunny(context);
        },
        clock.in(1s));
  });
  // The caller's and the load's.
  wait_until([&] { return clock.sleepers() == 2; });
  clock.advance(1s);
  const auto answers = call.get();
  EXPECT_EQ(answers[0].error().message(),
            "timeout: get_or_load_many: no answer before the caller's deadline");
  EXPECT_EQ(text_of(answers[1]), "rainy");
  end.count_down();
}

TEST_F(BlockingLoads, of_many_keys_are_closed_after_close) {
  const auto cache = make();
  cache->close();
  const auto answers = load_both(*cache, all_sunny);
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[1].error().code(), Errc::closed);
}

// ---- not modified ----

TEST_F(BlockingLoads, may_say_that_the_stale_entry_is_still_right) {
  policy.stale_if_error = 1h;
  const auto cache = make();
  EXPECT_TRUE(load(*cache, sunny));
  clock.advance(61s);
  const auto answer = load(*cache, [](const BlockingLoadContext& context) -> Result<Loaded> {
    return Loaded{.not_modified = context.stale.has_value()};
  });
  EXPECT_EQ(text_of(answer), "sunny");
  EXPECT_EQ(answer->fresh_left, 60s);
  EXPECT_EQ(cache->stats().not_modified, 1U);
}

// ---- tags that only the loader knows ----

TEST_F(BlockingLoads, may_add_tags) {
  const auto cache = make();
  EXPECT_TRUE(load(*cache, tagged()));
  EXPECT_TRUE(*cache->get(key, kNoDeadline));
  EXPECT_TRUE(cache->invalidate(std::span(&tag, 1), kNoDeadline));
  EXPECT_FALSE(*cache->get(key, kNoDeadline));
}

TEST_F(BlockingLoads, of_many_keys_add_tags_to_all_of_them) {
  const auto cache = make();
  (void)load_both(*cache, [&](const BlockingManyLoadContext& context) {
    EXPECT_TRUE(context.add_tags({tag}));
    return all_sunny(context);
  });
  EXPECT_TRUE(cache->invalidate(std::span(&tag, 1), kNoDeadline));
  EXPECT_FALSE(*cache->get(key, kNoDeadline));
  EXPECT_FALSE(*cache->get(other, kNoDeadline));
}

TEST_F(BlockingLoads, an_invalidation_after_the_tag_was_added_makes_the_entry_a_miss) {
  std::latch added(1);
  std::latch invalidated(1);
  const auto cache = make();
  auto call = on_thread([&] {
    return load(*cache, [&](const BlockingLoadContext& context) {
      EXPECT_TRUE(context.add_tags({tag}));
      added.count_down();
      invalidated.wait();
      return sunny(context);
    });
  });
  added.wait();
  EXPECT_TRUE(cache->invalidate(std::span(&tag, 1), kNoDeadline));
  invalidated.count_down();
  EXPECT_EQ(text_of(call.get()), "sunny");
  EXPECT_FALSE(*cache->get(key, kNoDeadline));
}

TEST_F(BlockingLoads, whose_tags_cannot_be_read_store_nothing) {
  const auto cache = make();
  policy.clearable = false;
  store.fail(Verb::epochs, unavailable("no epochs"));
  const auto answer = load(*cache, [&](const BlockingLoadContext& context) {
    EXPECT_EQ(context.add_tags({tag}).error().message(), "unavailable: no epochs");
    return sunny(context);
  });
  EXPECT_EQ(text_of(answer), "sunny");
  EXPECT_FALSE(answer->stored);
}

TEST_F(BlockingLoads, that_were_abandoned_add_no_tags) {
  std::latch begun(1);
  std::promise<Result<void>> answer;
  const auto cache = make();
  auto call = on_thread([&] {
    return cache->get_or_load(
        key, policy,
        [&](const BlockingLoadContext& context) {
          std::promise<void> asked;
          const std::stop_callback told(context.stop, [&] { asked.set_value(); });
          begun.count_down();
          asked.get_future().wait();
          answer.set_value(context.add_tags({tag}));
          return sunny(context);
        },
        clock.in(1s));
  });
  begun.wait();
  wait_until([&] { return clock.sleepers() == 2; });
  clock.advance(1s);
  EXPECT_EQ(call.get().error().code(), Errc::timeout);
  EXPECT_EQ(answer.get_future().get().error().code(), Errc::cancelled);
}

// A thread that adds a tag late, when told, and what it was answered.
class LateTag {
 public:
  explicit LateTag(Tag tag) : tag_(std::move(tag)) {}

  [[nodiscard]] BlockingLoader loader() {
    return [this](const BlockingLoadContext& context) {
      begun.count_down();
      may_add.wait();
      answer.set_value(context.add_tags({tag_}));
      return sunny(context);
    };
  }

  std::latch begun{1};
  std::latch may_add{1};
  std::promise<Result<void>> answer;

 private:
  Tag tag_;
};

TEST_F(BlockingLoads, that_close_left_behind_add_no_tags) {
  LateTag late(tag);
  const auto cache = make({.close_patience = milliseconds(0)});
  auto call = on_thread([&] { return load(*cache, late.loader()); });
  late.begun.wait();
  cache->close();
  EXPECT_EQ(call.get().error().code(), Errc::closed);
  late.may_add.count_down();
  EXPECT_EQ(late.answer.get_future().get().error().code(), Errc::closed);
}

TEST_F(BlockingLoads, that_add_tags_of_a_store_that_hangs_are_ended_by_close) {
  LateTag late(tag);
  policy.clearable = false;
  const auto cache = make();
  store.hang(Verb::epochs);
  auto call = on_thread([&] { return load(*cache, late.loader()); });
  late.begun.wait();
  late.may_add.count_down();
  wait_until([&] { return store.running(Verb::epochs) == 1; });
  cache->close();
  const auto added = late.answer.get_future().get();
  EXPECT_EQ(added.error().code(), Errc::closed);
  EXPECT_EQ(call.get().error().code(), Errc::closed);
}

}  // namespace
}  // namespace larder
