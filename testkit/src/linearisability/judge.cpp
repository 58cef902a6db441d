// From a history to a verdict that can be read.
#include <algorithm>
#include <string>

#include "linearisability/search.hpp"

namespace larder::testkit::detail {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kToTheEnd = kNever - 1;

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

std::string stamp(std::uint64_t value) {
  std::string text = value == kNever ? "..." : std::to_string(value);
  return std::string(text.size() < 5 ? 5 - text.size() : 0, ' ') + text;
}

// A beginning of the history is never harder to order than the whole: search for the first
// answer that cannot be had.
std::uint64_t first_impossible(std::span<const Interval> intervals, Steps& steps,
                               std::size_t configurations_max) {
  std::vector<std::uint64_t> returns;
  for (const Interval& interval : intervals) {
    if (interval.returned != kNever) {
      returns.push_back(interval.returned);
    }
  }
  std::ranges::sort(returns);
  const auto place = std::ranges::partition_point(returns, [&](std::uint64_t until) {
    return Search(intervals, steps, until, configurations_max).run().outcome !=
           Outcome::not_linearisable;
  });
  return place == returns.end() ? kToTheEnd : *place;
}

std::string place_in(const Order& order, std::size_t operation) {
  const auto place = std::ranges::find(order.best, operation);
  return place == order.best.end()
             ? "    "
             : padded("#" + std::to_string(place - order.best.begin() + 1), 4);
}

std::string counter_example(std::span<const Interval> intervals, Steps& steps, std::uint64_t until,
                            std::size_t configurations_max) {
  const Order order = Search(intervals, steps, until, configurations_max).run();
  std::string text =
      "no order explains these answers (called..returned, client, operation -> answer; # is the "
      "place in the order that comes furthest):\n";
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const Interval& one = intervals[i];
    if (one.called > until) {
      continue;
    }
    const bool open = one.returned > until;
    const Line line = steps.line(i);
    text.append("  ").append(place_in(order, i)).append(stamp(one.called)).append("..");
    text.append(open ? "  ..." : stamp(one.returned)).append("  client ");
    text.append(padded(std::to_string(line.client), 3)).append(line.operation).append(" -> ");
    text.append(open ? "(not answered yet)" : line.answer);
    text.append(one.returned == until ? "   <- impossible\n" : "\n");
  }
  return text.append("  that order ends in the state: ").append(steps.state(order.best_state));
}

}  // namespace

Verdict judge(std::span<const Interval> intervals, Steps& steps, Bounds bounds) {
  if (intervals.size() > bounds.operations_max) {
    return {.outcome = Outcome::undecided,
            .text = "undecided: more than " + std::to_string(bounds.operations_max) +
                    " operations (Bounds::operations_max)"};
  }
  const Order order = Search(intervals, steps, kToTheEnd, bounds.configurations_max).run();
  switch (order.outcome) {
    case Outcome::linearisable:
      return {.outcome = Outcome::linearisable, .text = {}};
    case Outcome::undecided:
      return {.outcome = Outcome::undecided,
              .text = "undecided: more than " + std::to_string(bounds.configurations_max) +
                      " configurations (Bounds::configurations_max)"};
    case Outcome::not_linearisable:
      break;
  }
  const std::uint64_t until = first_impossible(intervals, steps, bounds.configurations_max);
  return {.outcome = Outcome::not_linearisable,
          .text = counter_example(intervals, steps, until, bounds.configurations_max)};
}

}  // namespace larder::testkit::detail
