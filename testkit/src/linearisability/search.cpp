#include "linearisability/search.hpp"

#include <algorithm>
#include <utility>

namespace larder::testkit::detail {
namespace {

constexpr std::size_t kBits = 64;

}  // namespace

std::size_t Search::Hash::operator()(const Configuration& configuration) const noexcept {
  // Multiply and fold; the words are our own, so no stranger can make them collide.
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15ULL;
  std::uint64_t hash = 0;
  for (const std::uint64_t word : configuration) {
    hash = (hash ^ word) * kFactor;
    hash ^= hash >> 32U;
  }
  return hash;
}

Search::Search(std::span<const Interval> intervals, Steps& steps, std::uint64_t until,
               std::size_t configurations_max)
    : intervals_(intervals),
      steps_(steps),
      until_(until),
      configurations_max_(configurations_max),
      next_((2 * intervals.size()) + 3),
      previous_((2 * intervals.size()) + 3),
      configuration_((intervals.size() / kBits) + 2) {
  std::vector<std::pair<std::uint64_t, Node>> stamps;
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    if (intervals[i].called <= until) {
      stamps.emplace_back(intervals[i].called, call_of(i));
    }
    if (answered(i)) {
      stamps.emplace_back(intervals[i].returned, call_of(i) + 1);
      ++answers_left_;
    }
  }
  fewest_left_ = answers_left_ + 1;
  link(std::move(stamps));
}

void Search::link(std::vector<std::pair<std::uint64_t, Node>> stamps) {
  std::ranges::sort(stamps);
  Node last = kHead;
  for (const auto& [stamp, node] : stamps) {
    next_[last] = node;
    previous_[node] = last;
    last = node;
  }
  next_[last] = end();
  previous_[end()] = last;
}

void Search::take_out(Node node) {
  next_[previous_[node]] = next_[node];
  previous_[next_[node]] = previous_[node];
}

void Search::put_back(Node node) {
  next_[previous_[node]] = node;
  previous_[next_[node]] = node;
}

bool Search::place(std::size_t operation) {
  const auto state = steps_.step(state_, operation, until_);
  if (!state) {
    return false;
  }
  const std::uint64_t bit = std::uint64_t{1} << (operation % kBits);
  configuration_[operation / kBits] |= bit;
  configuration_.back() = *state;
  if (!seen_.insert(configuration_).second) {
    configuration_[operation / kBits] &= ~bit;
    return false;
  }
  placed_.push_back({.operation = operation, .state_before = state_});
  state_ = *state;
  take_out(call_of(operation));
  if (answered(operation)) {
    take_out(call_of(operation) + 1);
    --answers_left_;
  }
  return true;
}

Search::Node Search::take_back() {
  const Placed last = placed_.back();
  placed_.pop_back();
  state_ = last.state_before;
  configuration_[last.operation / kBits] &= ~(std::uint64_t{1} << (last.operation % kBits));
  // In the opposite order of taking out, so that the neighbours are the same again.
  if (answered(last.operation)) {
    put_back(call_of(last.operation) + 1);
    ++answers_left_;
  }
  put_back(call_of(last.operation));
  return next_[call_of(last.operation)];
}

void Search::note_best() {
  if (answers_left_ >= fewest_left_) {
    return;
  }
  fewest_left_ = answers_left_;
  order_.best.clear();
  for (const Placed& one : placed_) {
    order_.best.push_back(one.operation);
  }
  order_.best_state = state_;
}

Order Search::run() {
  Node at = next_[kHead];
  note_best();
  while (answers_left_ > 0) {
    if (seen_.size() > configurations_max_) {
      return std::move(order_);
    }
    if (is_call(at)) {
      const bool placed = place((at - 1) / 2);
      at = placed ? next_[kHead] : next_[at];
      note_best();
    } else if (placed_.empty()) {
      order_.outcome = Outcome::not_linearisable;
      return std::move(order_);
    } else {
      // A return whose call is not placed, or the end: no order goes on from here.
      at = take_back();
    }
  }
  order_.outcome = Outcome::linearisable;
  return std::move(order_);
}

}  // namespace larder::testkit::detail
