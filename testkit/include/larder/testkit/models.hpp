// Sequential models of what a CacheBackend keeps for one key, and `perform`: does one
// operation on a store and writes it into a history. linearisability.hpp checks it.
//
// The models know no time: use lives, holds and periods that the test does not outlast
// (perform does), on a store with room.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include <larder/backend.hpp>
#include <larder/testkit/linearisability.hpp>

namespace larder::testkit {

// add.
struct CounterModel {
  using State = std::int64_t;
  struct Input {
    std::int64_t delta = 1;
  };
  struct Output {
    std::optional<std::int64_t> sum{};  // nullopt: it does not fit
  };

  static std::optional<State> step(const State& sum, const Input& input,
                                   const std::optional<Output>& answer);
  static std::string words(const State& sum);
  static std::string words(const Input& input);
  static std::string words(const Output& output);
};

// take, with a clock that stands still or a period that nobody sees the end of.
struct QuotaModel {
  static constexpr std::uint32_t kBurst = 10;

  using State = std::uint32_t;  // units taken
  struct Input {
    std::uint32_t cost = 1;
  };
  struct Output {
    bool allowed = false;
    std::uint32_t remaining = 0;
  };

  static std::optional<State> step(const State& taken, const Input& input,
                                   const std::optional<Output>& answer);
  static std::string words(const State& taken);
  static std::string words(const Input& input);
  static std::string words(const Output& output);
};

// A value, its conditions and its lease: get, put, erase, read_or_lease, fill, renew and
// release of one key. Entries stay fresh.
struct KeyModel {
  // A version or token is unknown where the write or grant had no answer.
  struct Value {
    std::string text;
    std::optional<Version> version{};

    friend auto operator<=>(const Value&, const Value&) = default;
  };
  struct Lease {
    std::optional<LeaseToken> token{};

    friend auto operator<=>(const Lease&, const Lease&) = default;
  };
  struct State {
    std::optional<Value> value{};
    std::optional<Lease> lease{};
    LeaseToken last_token{};  // the largest that was granted

    friend auto operator<=>(const State&, const State&) = default;
  };

  struct Get {};
  struct Put {
    std::string text;
    Condition condition = Always();
  };
  struct Erase {};
  struct Ask {  // read_or_lease
    std::optional<Version> despite{};
  };
  struct Fill {
    std::string text;
    LeaseToken token{};
  };
  struct Renew {
    LeaseToken token{};
  };
  struct Release {
    LeaseToken token{};
  };
  using Input = std::variant<Get, Put, Erase, Ask, Fill, Renew, Release>;

  struct Output {
    bool done = false;                 // put stored, erase found, fill stored, renewed, released
    std::optional<Value> found{};      // by get and read_or_lease
    std::optional<Version> version{};  // of the put that stored
    LeaseState lease{};                // of read_or_lease
    LeaseToken token{};                // where granted
  };

  static std::optional<State> step(const State& state, const Input& input,
                                   const std::optional<Output>& answer);
  static std::string words(const State& state);
  static std::string words(const Input& input);
  static std::string words(const Output& output);
};

// Each performs one operation, recorded as `client`'s. An error that says that nothing was
// done leaves nothing in the history; after any other the outcome stays unknown. What the
// store answered is returned.
[[nodiscard]] awaitable<std::optional<CounterModel::Output>> perform(CacheBackend& store, Key key,
                                                                     History<CounterModel>& history,
                                                                     std::size_t client,
                                                                     CounterModel::Input input,
                                                                     Deadline deadline);
[[nodiscard]] awaitable<std::optional<QuotaModel::Output>> perform(CacheBackend& store, Key key,
                                                                   History<QuotaModel>& history,
                                                                   std::size_t client,
                                                                   QuotaModel::Input input,
                                                                   Deadline deadline);
[[nodiscard]] awaitable<std::optional<KeyModel::Output>> perform(CacheBackend& store, Key key,
                                                                 History<KeyModel>& history,
                                                                 std::size_t client,
                                                                 KeyModel::Input input,
                                                                 Deadline deadline);

}  // namespace larder::testkit
