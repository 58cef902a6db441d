// EpochCopies: epochs of tags as the remote store told them a moment ago.
//
// Without them every hit with tags would pay a round trip for their epochs.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <larder/entry.hpp>

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

  // Taken before the store is asked; what it answers is kept only if no bump was begun or
  // told since.
  struct Question {
    SteadyTime began;
    std::uint64_t bumps_seen;
  };
  [[nodiscard]] Question ask() const;
  void keep(const Question& question, const Tag& tag, Epoch epoch);

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

  Clock& clock_;
  const Bounds bounds_;

  mutable std::mutex mutex_;
  bool live_ = false;
  std::uint64_t bumps_ = 0;
  std::size_t bumping_ = 0;
  std::unordered_map<Tag, Copy> copies_;
};

// What a node tells the others: tags, or "any" where they would be too many.
[[nodiscard]] std::string write_bumps(std::span<const Tag> tags);
// nullopt is "any".
[[nodiscard]] std::optional<std::vector<Tag>> read_bumps(std::string_view payload);

}  // namespace larder
