// Two near tiers over one store, on one io_context that several threads run: no answer is
// older than promised, and nothing stays behind. Worth most under ThreadSanitizer.
#include <algorithm>
#include <functional>
#include <future>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <larder/cache/near_tier.hpp>

#include "near_threads.hpp"

namespace larder {
namespace {

constexpr int kThreads = 4;
constexpr milliseconds kStaleness{20};

// Runs all to their ends, each on any of the threads at any time.
void run_on_threads(std::vector<awaitable<void>> works) {
  boost::asio::io_context context(kThreads);
  std::vector<std::future<void>> ends;
  for (awaitable<void>& work : works) {
    ends.push_back(boost::asio::co_spawn(context, std::move(work), boost::asio::use_future));
  }
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&context] { context.run_for(testkit::kPatience); });
    }
  }
  for (std::future<void>& end : ends) {
    EXPECT_EQ(end.wait_for(0s), std::future_status::ready) << "a coroutine hangs";
    if (end.wait_for(0s) == std::future_status::ready) {
      end.get();
    }
  }
}

// What a LocalStore could get wrong.
enum class Flaw : std::uint8_t { none, forgets_to_drop, keeps_too_long };

class Copies final : public LocalStore {
 public:
  Copies(Clock& clock, Flaw flaw) : store_(memory_store(clock)), flaw_(flaw) {}
  ~Copies() override { run(store_->close()); }
  Copies(const Copies&) = delete;
  Copies& operator=(const Copies&) = delete;

  std::optional<Found> find(const Key& key) override { return store_->find(key); }
  void insert(const Found& found, SteadyTime until) override {
    store_->insert(found, flaw_ == Flaw::keeps_too_long ? until + 1h : until);
  }
  void drop(const Key& key) override {
    if (flaw_ != Flaw::forgets_to_drop) {
      store_->drop(key);
    }
  }
  void drop_all() override {
    if (flaw_ != Flaw::forgets_to_drop) {
      store_->drop_all();
    }
  }
  [[nodiscard]] std::size_t count() const { return store_->stats().entries.value_or(0); }

 private:
  std::unique_ptr<MemoryCacheBackend> store_;
  const Flaw flaw_;
};

struct NodeUnderThreads {
  WatchedStore store;
  Copies copies;
  std::unique_ptr<NearTierBackend> near{};
};

class Crowd {
 public:
  // Two of the first node, two of the second, two whose writer has no near tier.
  static constexpr std::size_t kStories = 6;
  static constexpr std::size_t kReaders = 6;
  static constexpr Story::Write kBetween = 8;

  Crowd(NearMode mode, Flaw flaw) : mode_(mode), flaw_(flaw) {
    for (std::size_t i = 0; i < kStories; ++i) {
      keys_.push_back(Key::literal("test", "of-" + std::to_string(i)));
    }
  }

  void run_all() {
    std::vector<awaitable<void>> works;
    works.push_back(host());
    for (std::size_t i = 0; i < kStories; ++i) {
      works.push_back(write(i));
    }
    for (std::size_t i = 0; i < kReaders; ++i) {
      works.push_back(read(i % Story::kNodes, static_cast<unsigned>(i)));
    }
    run_on_threads(std::move(works));
    EXPECT_EQ(clock_.sleepers(), 0U);
  }

  [[nodiscard]] std::string wrong() {
    const std::lock_guard lock(mutex_);
    return wrong_;
  }
  [[nodiscard]] NearTierStats stats(std::size_t node) const {
    return nodes_[node].near->near_stats();
  }
  [[nodiscard]] std::size_t copies(std::size_t node) const { return nodes_[node].copies.count(); }

 private:
  static constexpr std::size_t owner(std::size_t story) { return story / 2; }

  // The copies' answers to each node, at least.
  [[nodiscard]] std::uint64_t hits() const {
    return std::min(stats(0).hits_near, stats(1).hits_near);
  }

  awaitable<void> host() {
    for (NodeUnderThreads& node : nodes_) {
      node.near = (co_await NearTierBackend::open(node.store, node.copies, clock_, null_log(),
                                                  {.mode = mode_, .staleness = kStaleness}))
                      .value();
    }
    open_ = true;
    co_await yield_until([this] { return readers_ended_ == kReaders; });
    for (NodeUnderThreads& node : nodes_) {
      co_await copies_every_key(node);
    }
    for (NodeUnderThreads& node : nodes_) {
      co_await node.near->close();
    }
  }

  // A fetch or a write that was not taken off the books would keep its key from being copied.
  awaitable<void> copies_every_key(NodeUnderThreads& node) {
    node.store.calm();
    while (!node.near->near_stats().live) {
      clock_.advance(10ms);
      co_await turn();
    }
    for (const Key& key : keys_) {
      // What the watch has still to tell drops a copy in between.
      constexpr int kTriesMax = 1000;
      bool copied = false;
      for (int i = 0; i < kTriesMax && !copied; ++i) {
        co_await text(*node.near, key);
        const std::uint64_t before = node.near->near_stats().hits_near;
        co_await text(*node.near, key);
        copied = node.near->near_stats().hits_near > before;
        co_await turn();
      }
      EXPECT_TRUE(copied) << key.text();
    }
  }

  awaitable<void> write(std::size_t at) {
    co_await yield_until([this] { return open_.load(); });
    const bool far = owner(at) >= Story::kNodes;
    CacheBackend& store = far ? *store_ : *nodes_[owner(at)].near;
    const Tag tag = keys_[at];
    for (Story::Write write = 1; write <= Story::kWrites; ++write) {
      stories_[at].begins(write);
      if (Story::leaves_nothing(write)) {
        co_await store.erase(std::span(&keys_[at], 1), kNoDeadline);
      } else {
        co_await put(store, entry_of(keys_[at], std::to_string(write)));
      }
      stories_[at].ends(write, clock_.now());
      if (!far && write % kBetween == 0) {
        co_await sees_its_own_bump(store, tag);
      }
      if (write % kBetween == 0 && !Story::leaves_nothing(write)) {
        // However the threads are scheduled, copies have answered in between.
        co_await yield_until([this, write] { return hits() > write; });
      }
      co_await turn();
    }
    ++writers_ended_;
  }

  awaitable<void> sees_its_own_bump(CacheBackend& store, Tag tag) {
    const auto bumped = co_await store.bump(std::span(&tag, 1), kNoDeadline);
    const auto seen = co_await store.epochs(std::span(&tag, 1), kNoDeadline);
    if (bumped.front().value() != seen.front().value()) {
      blame("an own bump was not seen\n");
    }
  }

  awaitable<void> read(std::size_t node, unsigned seed) {
    std::minstd_rand random(seed + 1);
    co_await yield_until([this] { return open_.load(); });
    for (unsigned round = 0; writers_ended_ < kStories; ++round) {
      const std::size_t one = random() % kStories;
      if (round % 4 == 0) {
        co_await ask_for_lease(node, one);
      } else {
        co_await get_two(node, {one, random() % kStories});
      }
      if (round % 8 == 0) {
        clock_.advance(1ms);
        co_await nodes_[node].near->epochs(keys_, kNoDeadline);
      }
      co_await turn();
    }
    ++readers_ended_;
  }

  awaitable<void> get_two(std::size_t node, std::array<std::size_t, 2> at) {
    const std::array sights{sight(node, at[0]), sight(node, at[1])};
    const std::array keys{keys_[at[0]], keys_[at[1]]};
    const auto answers = co_await nodes_[node].near->get(keys, kNoDeadline);
    for (std::size_t i = 0; i < 2; ++i) {
      blame(stories_[at[i]].judge(sights[i], kStaleness, text_of(answers[i])));
    }
  }

  awaitable<void> ask_for_lease(std::size_t node, std::size_t at) {
    NearTierBackend& near = *nodes_[node].near;
    const Story::Sight before = sight(node, at);
    const LeaseRequest request{.key = keys_[at]};
    const auto answers = co_await near.read_or_lease(std::span(&request, 1), kNoDeadline);
    const LeaseAnswer& answer = answers.front().value();
    blame(stories_[at].judge(before, kStaleness, text_of(answer.found)));
    if (answer.state == LeaseState::granted) {
      const LeaseHold hold{.key = keys_[at], .token = answer.token};
      co_await near.release(std::span(&hold, 1), kNoDeadline);
    }
  }

  Story::Sight sight(std::size_t node, std::size_t at) const {
    const Story& story = stories_[at];
    const Story::Write ended = story.ended();
    return {.seen = owner(at) == node ? ended : story.told(node),
            .ended = ended,
            .began = clock_.now()};
  }

  void blame(const std::string& violation) {
    const std::lock_guard lock(mutex_);
    wrong_.append(violation);
  }

  const NearMode mode_;
  const Flaw flaw_;
  FakeClock clock_;
  std::unique_ptr<CacheBackend> store_ = memory_store(clock_);
  std::vector<Key> keys_;
  std::array<Story, kStories> stories_;
  std::array<NodeUnderThreads, Story::kNodes> nodes_{
      NodeUnderThreads{.store{*store_, stories_, 0}, .copies{clock_, flaw_}},
      NodeUnderThreads{.store{*store_, stories_, 1}, .copies{clock_, flaw_}}};
  std::atomic<bool> open_{false};
  std::atomic<std::size_t> writers_ended_{0};
  std::atomic<std::size_t> readers_ended_{0};
  std::mutex mutex_;
  std::string wrong_;
};

class NearThreads : public testing::TestWithParam<NearMode> {};

TEST_P(NearThreads, no_answer_is_older_than_promised_and_nothing_stays_behind) {
  Crowd crowd(GetParam(), Flaw::none);
  crowd.run_all();
  EXPECT_EQ(crowd.wrong(), "");
  for (std::size_t node = 0; node < Story::kNodes; ++node) {
    EXPECT_GT(crowd.stats(node).hits_near, Story::kWrites - Crowd::kBetween);
    if (GetParam() == NearMode::coherent) {
      EXPECT_GT(crowd.stats(node).watch_losses, 0U);
    }
    EXPECT_EQ(crowd.copies(node), 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, NearThreads,
                         testing::Values(NearMode::bounded, NearMode::coherent));

// Callers of a node that is closed in the middle of their calls.
class Closing {
 public:
  void run_all() {
    std::vector<awaitable<void>> works;
    works.push_back(host());
    for (std::size_t i = 0; i < kCallers; ++i) {
      works.push_back(call(Key::literal("test", std::to_string(i % 3))));
    }
    run_on_threads(std::move(works));
    EXPECT_EQ(ended_, kCallers);
    EXPECT_EQ(clock_.sleepers(), 0U);
    EXPECT_EQ(copies_.count(), 0U);
  }

 private:
  static constexpr std::size_t kCallers = 12;

  awaitable<void> host() {
    near_ = (co_await NearTierBackend::open(store_, copies_, clock_, null_log(),
                                            {.mode = NearMode::coherent, .staleness = kStaleness}))
                .value();
    open_ = true;
    co_await yield_until([this] { return calls_ > 500; });
    co_await near_->close();
    co_await near_->close();
  }

  // Every answer is one, until the node is closed; then all are that.
  awaitable<void> call(Key key) {
    co_await yield_until([this] { return open_.load(); });
    std::string answer;
    while (answer != "closed") {
      answer = text_of(co_await get(*near_, key));
      EXPECT_TRUE(answer == "value" || answer == "(miss)" || answer == "closed") << answer;
      const std::vector<PutItem> items{{.entry = entry_of(key, "value")}};
      const auto outcome = (co_await near_->put(items, kNoDeadline)).front();
      EXPECT_TRUE(outcome || outcome.error().code() == Errc::closed);
      ++calls_;
      co_await turn();
    }
    EXPECT_EQ(text_of(co_await get(*near_, key)), "closed");
    ++ended_;
  }

  FakeClock clock_;
  std::unique_ptr<CacheBackend> memory_ = memory_store(clock_);
  Distant store_{*memory_};
  Copies copies_{clock_, Flaw::none};
  std::unique_ptr<NearTierBackend> near_;
  std::atomic<bool> open_{false};
  std::atomic<std::size_t> calls_{0};
  std::atomic<std::size_t> ended_{0};
};

TEST(NearThreadsClosing, every_call_ends_when_the_node_is_closed_among_them) {
  for (int round = 0; round < 10; ++round) {
    Closing().run_all();
  }
}

// The judge is worth something: each of these is what it is there for.
TEST(NearThreadsJudge, finds_a_copy_that_outlives_a_change_that_was_told) {
  Crowd crowd(NearMode::coherent, Flaw::forgets_to_drop);
  crowd.run_all();
  EXPECT_NE(crowd.wrong(), "");
}

TEST(NearThreadsJudge, finds_a_copy_that_outlives_the_bound) {
  Crowd crowd(NearMode::bounded, Flaw::keeps_too_long);
  crowd.run_all();
  EXPECT_NE(crowd.wrong(), "");
}

}  // namespace
}  // namespace larder
