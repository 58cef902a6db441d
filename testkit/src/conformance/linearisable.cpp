// Random programs of many callers at once, and an order for what they were answered.
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <larder/testkit/models.hpp>

#include "conformance/groups.hpp"

namespace larder::testkit {
namespace {

constexpr std::size_t kClients = 6;
constexpr int kSteps = 8;
constexpr std::size_t kKeys = 8;
constexpr const char* kSeedVariable = "LARDER_SEED";

using Random = std::mt19937_64;

// Of the programs; which of them overlap how is up to the threads.
std::uint64_t seed_of_this_run() {
  const char* text = std::getenv(kSeedVariable);
  return text == nullptr ? std::random_device()() : std::strtoull(text, nullptr, 10);
}

int draw(Random& random, int below) {
  return std::uniform_int_distribution<int>(0, below - 1)(random);
}

struct CounterProgram {
  using Model = CounterModel;

  CounterModel::Input next(Random& random, std::size_t, int) {
    constexpr std::int64_t kHuge = std::int64_t{1} << 62;
    constexpr std::int64_t kDeltas[] = {1, 1, 2, -1, 0, 5, kHuge, -kHuge};
    return {.delta = kDeltas[draw(random, 8)]};
  }
  void learn(const CounterModel::Output&) {}
};

struct QuotaProgram {
  using Model = QuotaModel;

  QuotaModel::Input next(Random& random, std::size_t, int) {
    return {.cost = static_cast<std::uint32_t>(draw(random, 4))};
  }
  void learn(const QuotaModel::Output&) {}
};

// What one client has seen of the key, and what it does next.
class KeyProgram {
 public:
  using Model = KeyModel;

  KeyModel::Input next(Random& random, std::size_t client, int step) {
    text_ = std::to_string(client) + "." + std::to_string(step);
    return leases_ && draw(random, 2) == 0 ? lease_verb(random) : value_verb(random);
  }
  void learn(const KeyModel::Output& output) {
    if (output.version) {
      version_ = *output.version;
    } else if (output.found && output.found->version) {
      version_ = *output.found->version;
    }
    if (output.lease == LeaseState::granted) {
      token_ = output.token;
    }
  }

 protected:
  explicit KeyProgram(bool leases) : leases_(leases) {}

 private:
  KeyModel::Input value_verb(Random& random) {
    switch (draw(random, leases_ ? 6 : 10)) {
      case 0:
      case 1:
        return KeyModel::Get();
      case 2:
        return KeyModel::Put{.text = text_};
      case 3:
      case 4:
        return KeyModel::Erase();
      case 5:
      case 6:
        return KeyModel::Put{.text = text_, .condition = IfAbsent()};
      default:
        return KeyModel::Put{.text = text_, .condition = IfVersion{.version = version_}};
    }
  }
  KeyModel::Input lease_verb(Random& random) {
    switch (draw(random, 8)) {
      case 0:
      case 1:
      case 2:
        return KeyModel::Ask();
      case 3:
        return KeyModel::Ask{.despite = version_};
      case 4:
        return KeyModel::Renew{.token = token_};
      case 5:
        return KeyModel::Release{.token = token_};
      default:
        return KeyModel::Fill{.text = text_, .token = token_};
    }
  }

  bool leases_;
  std::string text_;
  Version version_{};
  LeaseToken token_{};
};

struct ConditionProgram : KeyProgram {
  ConditionProgram() : KeyProgram(false) {}
};
struct LeaseProgram : KeyProgram {
  LeaseProgram() : KeyProgram(true) {}
};

// Lets callers on several threads start together, so that their calls overlap.
class StartingLine {
 public:
  explicit StartingLine(std::size_t callers) : missing_(callers) {}
  awaitable<void> wait() {
    --missing_;
    const auto executor = co_await boost::asio::this_coro::executor;
    while (missing_ > 0) {
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
    }
  }

 private:
  std::atomic<std::size_t> missing_;
};

template <typename Program>
struct Race {
  using Histories = std::vector<History<typename Program::Model>>;

  std::vector<Key> keys;
  std::uint64_t seed = 0;
  Histories histories = Histories(kKeys);
  StartingLine line{kClients};
};

// Takes the keys in turn, so that all callers are at one of them at about the same time.
template <typename Program>
awaitable<bool> run_client(Trial& trial, CacheBackend& store, Race<Program>& race,
                           std::size_t client) {
  const auto executor = co_await boost::asio::this_coro::executor;
  Random random(race.seed + client);
  co_await race.line.wait();
  for (std::size_t i = 0; i < race.keys.size(); ++i) {
    Program program;
    for (int step = 0; step < kSteps; ++step) {
      auto input = program.next(random, client, step);
      const auto output = co_await perform(store, race.keys[i], race.histories[i], client,
                                           std::move(input), trial.soon());
      trial.require(output.has_value(), "every operation is answered");
      program.learn(*output);
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
    }
  }
  co_return true;
}

template <typename Program>
awaitable<void> has_an_order(Trial& trial) {
  Race<Program> race;
  race.seed = seed_of_this_run();
  for (std::size_t i = 0; i < kKeys; ++i) {
    race.keys.push_back(trial.key("race" + std::to_string(i)));
  }
  CacheBackend* other = &trial.store();
  if (trial.can().shared) {
    other = co_await trial.another_handle();
  }
  std::vector<awaitable<bool>> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    CacheBackend& store = i % 2 == 0 ? trial.store() : *other;
    clients.push_back(run_client<Program>(trial, store, race, i));
  }
  co_await trial.together(std::move(clients));
  for (const auto& history : race.histories) {
    const Verdict verdict = check(history);
    if (verdict.outcome != Outcome::linearisable) {
      trial.violate(verdict.text + "\n  (" + kSeedVariable + "=" + std::to_string(race.seed) +
                        " draws these programs again)",
                    Where::current());
    }
  }
}

}  // namespace

std::vector<Check> linearisability_checks() {
  return {
      {"Linearisability", "of_values_and_conditions", &Capabilities::conditions,
       has_an_order<ConditionProgram>},
      {"Linearisability", "of_leases_with_puts_and_erasures", &Capabilities::leases,
       has_an_order<LeaseProgram>},
      {"Linearisability", "of_counters", &Capabilities::counters, has_an_order<CounterProgram>},
      {"Linearisability", "of_quotas", &Capabilities::quotas, has_an_order<QuotaProgram>},
  };
}

}  // namespace larder::testkit
