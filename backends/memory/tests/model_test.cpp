// Random calls, each compared with a trivial map that does the same by hand.
#include <map>
#include <optional>
#include <random>
#include <string>

#include "store.hpp"

namespace larder::memory {
namespace {

struct Known {
  std::string value;
  Life life;
  SteadyTime ends;
  Version version;
};

class Model {
 public:
  explicit Model(std::uint32_t seed) : random_(seed) {}

  void step() {
    const std::string id = std::to_string(below(40));
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
        return compare(id);
      case 3:
      case 4:
        return put(id);
      case 5:
        return touch(id);
      case 6:
        return erase(id);
      case 7:
        return lease(id);
      case 8:
        return fill(id);
      default:
        store_.clock.advance(milliseconds(below(40)));
    }
  }

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }

  Known* known(const std::string& id) {
    const auto place = values_.find(id);
    return place == values_.end() || place->second.ends <= store_.clock.now() ? nullptr
                                                                              : &place->second;
  }

  void same(const std::optional<Found>& found, const Known* expected) {
    ASSERT_EQ(found.has_value(), expected != nullptr);
    if (expected != nullptr) {
      EXPECT_EQ(found->entry->value(), expected->value);
      EXPECT_EQ(found->version, expected->version);
      EXPECT_EQ(found->life_left, expected->ends - store_.clock.now());
    }
  }

  void compare(const std::string& id) { same(store_.get(id), known(id)); }

  Entry draw(const std::string& id) {
    const Life life{.fresh = milliseconds(below(100) - 10), .stale = milliseconds(below(60) - 10)};
    return entry(id, std::string(static_cast<std::size_t>(below(200)), 'v'), life);
  }

  void remember(const std::string& id, const Entry& item, Version version) {
    values_[id] = Known{.value = std::string(item.value.view()),
                        .life = item.life.clamped(),
                        .ends = store_.clock.now() + item.life.total(),
                        .version = version};
  }

  void put(const std::string& id) {
    const Known* old = known(id);
    const Entry item = draw(id);
    Condition condition = Always{};
    bool holds = true;
    switch (below(4)) {
      case 0:
        condition = IfAbsent{};
        holds = old == nullptr;
        break;
      case 1: {
        const bool right = old != nullptr && below(2) == 0;
        condition = IfVersion{right ? old->version : Version{1}};
        holds = right;
        break;
      }
      default:
        break;
    }
    const auto outcome = store_.put(item, condition);
    ASSERT_EQ(outcome->stored, holds);
    if (holds) {
      remember(id, item, outcome->version);
      leases_.erase(id);
    }
  }

  void touch(const std::string& id) {
    Known* old = known(id);
    const milliseconds fresh(below(120) - 20);
    ASSERT_EQ(*store_.touch(id, fresh), old != nullptr);
    if (old != nullptr) {
      const SteadyTime now = store_.clock.now();
      old->ends =
          fresh > 0ms ? now + fresh + old->life.stale : std::min(old->ends, now + old->life.stale);
    }
  }

  void erase(const std::string& id) {
    ASSERT_EQ(store_.erase(id), known(id) != nullptr);
    values_.erase(id);
    leases_.erase(id);
  }

  bool held(const std::string& id) {
    const auto lease = leases_.find(id);
    return lease != leases_.end() && lease->second.ends > store_.clock.now();
  }

  void lease(const std::string& id) {
    const Known* old = known(id);
    const bool fresh = old != nullptr && old->ends - store_.clock.now() > old->life.stale;
    const milliseconds hold(1 + below(50));
    const auto answer = store_.lease(id, hold);
    ASSERT_EQ(answer->state, fresh      ? LeaseState::not_needed
                             : held(id) ? LeaseState::busy
                                        : LeaseState::granted);
    same(answer->found, old);
    if (answer->state == LeaseState::granted) {
      leases_[id] = Lease{.token = answer->token, .ends = store_.clock.now() + hold};
    }
  }

  void fill(const std::string& id) {
    const bool valid = held(id);
    const auto lease = leases_.find(id);
    const LeaseToken token = lease == leases_.end() ? LeaseToken{0} : lease->second.token;
    const Entry item = draw(id);
    const auto outcome = store_.fill(item, token);
    ASSERT_EQ(*outcome, valid ? FillOutcome::stored : FillOutcome::void_lease);
    if (valid) {
      leases_.erase(id);
      const auto found = store_.get(id);
      remember(id, item, found ? found->version : Version{});
    }
    compare(id);
  }

  struct Lease {
    LeaseToken token;
    SteadyTime ends;
  };

  std::mt19937 random_;
  Store store_;
  std::map<std::string, Known> values_;
  std::map<std::string, Lease> leases_;
};

TEST(MemoryModel, agrees_with_a_plain_map_over_random_calls) {
  for (const std::uint32_t seed : {1U, 20261123U, 3141592653U}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Model model(seed);
    for (int step = 0; step < 10'000; ++step) {
      model.step();
      if (testing::Test::HasFailure()) {
        FAIL() << "at step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace larder::memory
