// Near tiers used by many threads at once: what their readers may see, and the store that
// they stand on.
//
// Every key has one writer, whose writes are numbered; so each answer tells how old it is.
#pragma once

#include <array>
#include <atomic>
#include <charconv>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "stage.hpp"

namespace larder {

inline awaitable<void> turn() {
  const auto executor = co_await boost::asio::this_coro::executor;
  co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

// A store some turns of the executor away, there and back, so that calls overlap.
class Distant : public Layer {
 public:
  using Layer::Layer;

  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys,
                                             Deadline deadline) override {
    co_return co_await there_and_back(inner().get(keys, deadline));
  }
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override {
    co_return co_await there_and_back(inner().put(items, deadline));
  }
  awaitable<Batch<bool>> erase(std::span<const Key> keys, Deadline deadline) override {
    co_return co_await there_and_back(inner().erase(keys, deadline));
  }
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) override {
    co_return co_await there_and_back(inner().read_or_lease(requests, deadline));
  }
  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline) override {
    co_return co_await there_and_back(inner().epochs(tags, deadline));
  }
  awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline) override {
    co_return co_await there_and_back(inner().bump(tags, deadline));
  }

 private:
  template <typename T>
  awaitable<Batch<T>> there_and_back(awaitable<Batch<T>> call) {
    co_await travel();
    auto answers = co_await std::move(call);
    co_await travel();
    co_return answers;
  }
  awaitable<void> travel() {
    for (std::uint32_t turns = trips_.fetch_add(1) % 3; turns > 0; --turns) {
      co_await turn();
    }
  }

  std::atomic<std::uint32_t> trips_{0};
};

// What the one writer of a key has done to it. The n-th write leaves the text of n, or
// nothing where 7 divides n; write 0 is before the first.
class Story {
 public:
  using Write = std::uint32_t;
  static constexpr Write kWrites = 250;

  // Who reads it through node i has seen all writes that had ended (its own node's), or
  // those that its watch told (another's), or nothing for sure.
  static constexpr std::size_t kNodes = 2;

  static bool leaves_nothing(Write write) { return write % 7 == 0; }

  void begins(Write write) { begun_ = write; }
  void ends(Write write, SteadyTime now) {
    ended_at_[write] = now.time_since_epoch().count();
    ended_ = write;
  }
  [[nodiscard]] Write ended() const { return ended_; }
  [[nodiscard]] Write told(std::size_t node) const { return told_[node]; }
  void tell(std::size_t node, Write write) { told_[node] = write; }

  // What a reader knows when its call begins.
  struct Sight {
    Write seen;   // this write at least
    Write ended;  // of the writer's
    SteadyTime began;
  };

  // What an answer to it gets wrong; "" for nothing. `text` is "(miss)" where none was found.
  [[nodiscard]] std::string judge(const Sight& sight, milliseconds staleness,
                                  const std::string& text) const {
    const Write last = begun_;
    Write first = sight.seen;
    while (first < sight.ended && at(first + 1) < sight.began - staleness) {
      ++first;
    }
    if (text == "(miss)") {
      for (Write write = first; write <= last; ++write) {
        if (leaves_nothing(write)) {
          return "";
        }
      }
    }
    Write read = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), read);
    if (parsed.ec == std::errc() && first <= read && read <= last && !leaves_nothing(read)) {
      return "";
    }
    return "answered " + text + ", but writes " + std::to_string(first) + " to " +
           std::to_string(last) +
           " are all that could be seen (known before: " + std::to_string(sight.seen) + ")\n";
  }

 private:
  [[nodiscard]] SteadyTime at(Write write) const {
    return SteadyTime(SteadyTime::duration(ended_at_[write]));
  }

  std::atomic<Write> begun_{0};
  std::atomic<Write> ended_{0};
  std::array<std::atomic<Write>, kNodes> told_{};
  std::array<std::atomic<SteadyTime::rep>, kWrites + 1> ended_at_{};
};

// Notes which writes a node has been told: whoever asks for the next change has taken in
// the one before. Some changes are told as lost, and now and then the stream breaks.
class NotedWatch final : public Watch {
 public:
  NotedWatch(std::unique_ptr<Watch> watch, std::span<Story> stories, std::size_t node,
             const std::atomic<bool>& calm)
      : watch_(std::move(watch)), stories_(stories), node_(node), calm_(calm) {}

  awaitable<Result<Change>> next(Deadline deadline) override {
    for (std::size_t i = 0; i < heard_.size(); ++i) {
      stories_[i].tell(node_, heard_[i]);
    }
    // What has ended by now is told by the next change at the latest.
    std::vector<Story::Write> ended;
    for (const Story& story : stories_) {
      ended.push_back(story.ended());
    }
    auto change = co_await watch_->next(deadline);
    if (!change) {
      co_return change;
    }
    if (++changes_ % 32 == 0 && !calm_) {
      co_return fail(Errc::unavailable, "the stream broke");
    }
    heard_ = std::move(ended);
    if (changes_ % 8 == 0 && !calm_) {
      co_return WatchLost();
    }
    co_return change;
  }

 private:
  std::unique_ptr<Watch> watch_;
  std::span<Story> stories_;
  const std::size_t node_;
  const std::atomic<bool>& calm_;
  std::uint32_t changes_ = 0;
  std::vector<Story::Write> heard_;
};

class WatchedStore final : public Distant {
 public:
  WatchedStore(CacheBackend& store, std::span<Story> stories, std::size_t node)
      : Distant(store), stories_(stories), node_(node) {}

  // From now on its watches do not break.
  void calm() { calm_ = true; }

  awaitable<Result<std::unique_ptr<Watch>>> watch(Deadline deadline) override {
    auto watch = co_await Distant::watch(deadline);
    if (!watch) {
      co_return watch;
    }
    co_return std::make_unique<NotedWatch>(*std::move(watch), stories_, node_, calm_);
  }

 private:
  std::span<Story> stories_;
  const std::size_t node_;
  std::atomic<bool> calm_{false};
};

}  // namespace larder
