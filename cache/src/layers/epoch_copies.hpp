// EpochCopies: epochs of tags as the remote store told them a moment ago.
//
// Without them every hit with tags would pay a round trip for their epochs. Concurrent
// questions about one tag are one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <larder/entry.hpp>

#include "bell.hpp"

namespace larder {

// Any thread.
class EpochCopies {
 public:
  struct Bounds {
    milliseconds staleness;
    std::size_t tags_max;
  };
  EpochCopies(Clock& clock, Bounds bounds) noexcept : clock_(clock), bounds_(bounds) {}

  [[nodiscard]] std::optional<Epoch> find(const Tag& tag);

  // One question to the remote store, whose answer several callers may share.
  struct Question {
    Question(SteadyTime when, Deadline until, std::uint64_t bumps)
        : began(when), deadline(until), bumps_seen(bumps) {}

    const SteadyTime began;
    const Deadline deadline;
    const std::uint64_t bumps_seen;
    const Bell landed{};            // rings once there is an answer, or will never be
    std::atomic<bool> over{false};  // it rang, or is about to

   private:
    friend class EpochCopies;
    std::optional<Result<Epoch>> answer_{};  // under the mutex
  };
  using QuestionPtr = std::shared_ptr<Question>;
  struct Seat {
    QuestionPtr question;
    bool leads;  // asks the store and lands the answer; else waits until another has
  };

  // A seat at the question that runs, where its answer may be kept and comes by `deadline`.
  [[nodiscard]] Seat board(const Tag& tag, Deadline deadline);
  // A question of one's own, which nobody joins.
  [[nodiscard]] QuestionPtr ask(Deadline deadline) const;
  // The leader's: keeps the answer if no bump was begun or told since the question, and wakes
  // who joined.
  void land(const Tag& tag, const QuestionPtr& question, const Result<Epoch>& answer);
  // Any leader's, also after the end of these copies: there will be no answer if none landed.
  static void abandon(Question& question);
  // For those who joined; nullopt where there is none that may be shared.
  [[nodiscard]] std::optional<Result<Epoch>> answer(const Question& question) const;

  // Between the two nothing is kept.
  void bump_begins(std::span<const Tag> tags);
  void bump_ended(std::span<const Tag> tags);

  // Someone else bumped.
  void bumped(const Tag& tag);
  void bumped_any();
  // Whether bumps are told as promised: only then are epochs kept.
  void set_live(bool live);

 private:
  struct Copy {
    Epoch epoch;
    SteadyTime began;
  };

  // With the mutex held: nothing is known against its answer.
  [[nodiscard]] bool holds(const Question& question) const noexcept;
  void keep(const Tag& tag, Copy copy);

  Clock& clock_;
  const Bounds bounds_;

  mutable std::mutex mutex_;
  bool live_ = false;
  std::uint64_t bumps_ = 0;
  std::size_t bumping_ = 0;
  std::unordered_map<Tag, Copy> copies_;
  std::unordered_map<Tag, QuestionPtr> questions_;  // that may be joined
};

// What a node tells the others: tags, or "any" where they would be too many.
[[nodiscard]] std::string write_bumps(std::span<const Tag> tags);
// nullopt is "any".
[[nodiscard]] std::optional<std::vector<Tag>> read_bumps(std::string_view payload);

}  // namespace larder
