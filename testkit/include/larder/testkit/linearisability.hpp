// Linearisability: is there an order of these operations, each placed between its call and
// its answer, in which a simple sequential model gives every answer that was seen?
//
//   History<CounterModel> history;            // one key; models.hpp has the models
//   ... many coroutines: co_await perform(store, key, history, client, {.delta = 1}, deadline);
//   const Verdict verdict = check(history);
//   EXPECT_EQ(verdict.outcome, Outcome::linearisable) << verdict.text;
//
// Check each key by itself: a store is linearisable if each of its keys is (Herlihy and
// Wing 1990). The search is that of Wing and Gong (1993) with Lowe's (2017) memory of the
// configurations it has seen. It is exact; where it would grow without bound it says
// `undecided` instead.
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace larder::testkit {

// What an object does when operations come one after another.
template <typename Model>
concept SequentialModel = requires(
    const typename Model::State& state, const typename Model::Input& input,
    const typename Model::Output& output, const std::optional<typename Model::Output>& answer) {
  requires std::totally_ordered<typename Model::State>;
  requires std::default_initializable<typename Model::State>;  // before the first operation
  // The state after the operation; nullopt if `answer` is wrong in this state. Without an
  // answer: the state if the operation has its effect.
  { Model::step(state, input, answer) } -> std::same_as<std::optional<typename Model::State>>;
  { Model::words(state) } -> std::same_as<std::string>;
  { Model::words(input) } -> std::same_as<std::string>;
  { Model::words(output) } -> std::same_as<std::string>;
};

// The calls and answers of one key, as its clients saw them. Thread-safe.
template <SequentialModel Model>
class History {
 public:
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  // `called` and `returned` count the calls and answers of all clients. Without an answer
  // the operation may happen at any time after its call, or not at all.
  struct Operation {
    std::size_t client = 0;
    typename Model::Input input;
    std::optional<typename Model::Output> answer{};
    std::uint64_t called = 0;
    std::uint64_t returned = kNever;
    bool nothing_done = false;
  };

  // Before the operation; the number names it in what comes after.
  [[nodiscard]] std::size_t call(std::size_t client, typename Model::Input input) {
    const std::lock_guard lock(mutex_);
    operations_.push_back(
        Operation{.client = client, .input = std::move(input), .called = ++stamp_});
    return operations_.size() - 1;
  }
  void answered(std::size_t operation, typename Model::Output answer) {
    const std::lock_guard lock(mutex_);
    operations_[operation].answer = std::move(answer);
    operations_[operation].returned = ++stamp_;
  }
  // It failed and had no effect for sure. An operation whose outcome is unknown stays as it is.
  void nothing_done(std::size_t operation) {
    const std::lock_guard lock(mutex_);
    operations_[operation].nothing_done = true;
  }

  // In the order of their calls, without those that did nothing.
  [[nodiscard]] std::vector<Operation> operations() const {
    const std::lock_guard lock(mutex_);
    std::vector<Operation> real;
    for (const Operation& operation : operations_) {
      if (!operation.nothing_done) {
        real.push_back(operation);
      }
    }
    return real;
  }

 private:
  mutable std::mutex mutex_;
  std::uint64_t stamp_ = 0;
  std::vector<Operation> operations_;
};

enum class Outcome : std::uint8_t {
  linearisable,
  not_linearisable,
  undecided,  // the bounds were met before an order was found or ruled out
};

struct Bounds {
  std::size_t operations_max = 10'000;
  std::size_t configurations_max = 1'000'000;  // remembered; each takes about 100 bytes
};

// `text` is empty for a linearisable history. Else it shows the shortest beginning of the
// history that has no order, and how far the best order came.
struct Verdict {
  Outcome outcome = Outcome::undecided;
  std::string text;
};

namespace detail {

struct Interval {
  std::uint64_t called = 0;
  std::uint64_t returned = 0;  // History::kNever = the outcome is unknown
};

// An operation as a counter-example shows it.
struct Line {
  std::size_t client = 0;
  std::string operation;
  std::string answer;
};

// A model with numbers for its states; 0 is the initial one.
class Steps {
 public:
  virtual ~Steps() = default;
  // An answer later than `answered_until` has not been seen: the operation just takes effect.
  [[nodiscard]] virtual std::optional<std::size_t> step(std::size_t state, std::size_t operation,
                                                        std::uint64_t answered_until) = 0;
  [[nodiscard]] virtual Line line(std::size_t operation) const = 0;
  [[nodiscard]] virtual std::string state(std::size_t state) const = 0;
};

// The intervals stand in the order of their calls.
[[nodiscard]] Verdict judge(std::span<const Interval> intervals, Steps& steps, Bounds bounds);

template <SequentialModel Model>
class ModelSteps final : public Steps {
 public:
  using Operation = typename History<Model>::Operation;

  explicit ModelSteps(std::vector<Operation> operations) : operations_(std::move(operations)) {
    (void)number(typename Model::State());
  }

  std::optional<std::size_t> step(std::size_t state, std::size_t operation,
                                  std::uint64_t answered_until) override {
    static const std::optional<typename Model::Output> kNoAnswer;
    const Operation& one = operations_[operation];
    auto next = Model::step(states_[state]->first, one.input,
                            one.returned <= answered_until ? one.answer : kNoAnswer);
    return next ? std::optional(number(std::move(*next))) : std::nullopt;
  }
  Line line(std::size_t operation) const override {
    const Operation& one = operations_[operation];
    return Line{.client = one.client,
                .operation = Model::words(one.input),
                .answer = one.answer ? Model::words(*one.answer) : "(unknown)"};
  }
  std::string state(std::size_t state) const override {
    return Model::words(states_[state]->first);
  }

 private:
  std::size_t number(typename Model::State state) {
    const auto [place, fresh] = numbers_.try_emplace(std::move(state), states_.size());
    if (fresh) {
      states_.push_back(place);
    }
    return place->second;
  }

  using Numbers = std::map<typename Model::State, std::size_t>;
  std::vector<Operation> operations_;
  Numbers numbers_;
  std::vector<typename Numbers::const_iterator> states_;
};

}  // namespace detail

// After all operations have ended or been given up.
template <SequentialModel Model>
[[nodiscard]] Verdict check(const History<Model>& history, Bounds bounds = {}) {
  const auto operations = history.operations();
  std::vector<detail::Interval> intervals;
  intervals.reserve(operations.size());
  for (const auto& operation : operations) {
    intervals.push_back({.called = operation.called, .returned = operation.returned});
  }
  detail::ModelSteps<Model> steps(operations);
  return detail::judge(intervals, steps, bounds);
}

}  // namespace larder::testkit
