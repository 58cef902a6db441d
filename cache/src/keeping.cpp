#include "keeping.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

namespace larder {
namespace {

// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014):
// its state is a plain sum, so threads share it with one atomic addition.
constexpr std::uint64_t kSplitMixStep = 0x9e3779b97f4a7c15;

std::uint64_t mixed(std::uint64_t state) noexcept {
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
  state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
  return state ^ (state >> 31);
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

constexpr double kJitterMax = 0.9;
constexpr milliseconds kLoadDeadlineMax = std::chrono::hours(1);
constexpr milliseconds kStoreDeadlineMax = std::chrono::minutes(1);
constexpr milliseconds kErrorTtlMax = std::chrono::minutes(1);
constexpr double kEarlyRefreshMax = 100;

Result<void> check_range(std::string_view field, milliseconds value, milliseconds least,
                         milliseconds most) {
  if (value >= least && value <= most) {
    return {};
  }
  std::string text = "policy: ";
  text.append(field).append(" is ").append(std::to_string(value.count()));
  text.append(" ms, allowed are ").append(std::to_string(least.count())).append(" to ");
  text.append(std::to_string(most.count())).append(" ms");
  return fail(Errc::invalid_argument, std::move(text));
}

Result<void> check_durations(const Policy& policy) {
  constexpr milliseconds zero{0};
  constexpr milliseconds one{1};
  struct Range {
    std::string_view field;
    milliseconds value;
    milliseconds least;
    milliseconds most;
  };
  const Range ranges[] = {
      {"ttl", policy.ttl, zero, Life::kTotalMax},
      {"stale_while_revalidate", policy.stale_while_revalidate, zero, Life::kTotalMax - policy.ttl},
      {"stale_if_error", policy.stale_if_error, zero, Life::kTotalMax - policy.ttl},
      {"soft_deadline", policy.soft_deadline, zero, kLoadDeadlineMax},
      {"error_ttl", policy.error_ttl, zero, kErrorTtlMax},
      {"negative_ttl", policy.negative_ttl, zero, Life::kTotalMax},
      {"load_deadline", policy.load_deadline, one, kLoadDeadlineMax},
      {"store_deadline", policy.store_deadline, one, kStoreDeadlineMax},
  };
  for (const Range& range : ranges) {
    if (auto ok = check_range(range.field, range.value, range.least, range.most); !ok) {
      return ok;
    }
  }
  return {};
}

// Written so that it refuses a NaN too.
Result<void> check_share(std::string_view field, double value, double most) {
  if (value >= 0 && value <= most) {
    return {};
  }
  std::string text = "policy: ";
  text.append(field).append(" is ").append(std::to_string(value)).append(", allowed are 0 to ");
  text.append(std::to_string(most));
  return fail(Errc::invalid_argument, std::move(text));
}

}  // namespace

Jitter::Jitter() : state_(random_seed()) {}

double Jitter::fraction() noexcept {
  const std::uint64_t drawn = mixed(state_.fetch_add(kSplitMixStep, std::memory_order_relaxed));
  // The upper 52 bits, and a half so that it is neither 0 nor 1.
  return (static_cast<double>(drawn >> 12) + 0.5) * 0x1p-52;
}

milliseconds Jitter::shorten(milliseconds span, double share) noexcept {
  if (span <= milliseconds(0) || share <= 0) {
    return span;
  }
  const double off = static_cast<double>(span.count()) * share * fraction();
  return span - milliseconds(static_cast<milliseconds::rep>(off));
}

Life life_of(const Loaded& loaded, const Policy& policy, Jitter& jitter) noexcept {
  Life life;
  if (loaded.ttl) {
    life.fresh = *loaded.ttl;
  } else {
    life.fresh = jitter.shorten(loaded.value ? policy.ttl : policy.negative_ttl, policy.ttl_jitter);
  }
  // An absence is not worth falling back on unless the loader says so.
  const milliseconds stale = std::max(policy.stale_while_revalidate, policy.stale_if_error);
  life.stale = loaded.stale_if_error.value_or(loaded.value ? stale : milliseconds(0));
  life = life.clamped();
  life.fresh = std::min(life.fresh, Life::kTotalMax);
  life.stale = std::min(life.stale, Life::kTotalMax - life.fresh);
  return life;
}

double early_refresh_chance(const Found& found, double beta) noexcept {
  const auto cost = static_cast<double>(found.entry->load_cost().count()) * beta;
  const auto left = static_cast<double>(found.fresh_left().count());
  return cost > 0 ? std::exp(-left / cost) : 0;
}

Loaded kept_from(const Found& stale, const Loaded& loaded) {
  Loaded kept = loaded;
  kept.value.reset();
  if (stale.entry->presence() == Presence::value) {
    kept.value = value_of(stale.entry);
  }
  return kept;
}

std::size_t value_bytes_max(const Policy& policy, const Capabilities& store) noexcept {
  return policy.value_bytes_max == 0 ? store.value_bytes_max
                                     : std::min(policy.value_bytes_max, store.value_bytes_max);
}

Result<void> check(const Policy& policy, const Capabilities& store) {
  if (auto ok = check_durations(policy); !ok) {
    return ok;
  }
  if (auto ok = check_share("ttl_jitter", policy.ttl_jitter, kJitterMax); !ok) {
    return ok;
  }
  if (auto ok = check_share("early_refresh", policy.early_refresh, kEarlyRefreshMax); !ok) {
    return ok;
  }
  const bool has_clear_tag = policy.clearable && store.epochs;
  const std::size_t tags_max = Entry::kTagsMax - (has_clear_tag ? 1 : 0);
  if (policy.tags.size() > tags_max) {
    return fail(Errc::invalid_argument, "policy: tags are " + std::to_string(policy.tags.size()) +
                                            ", allowed are " + std::to_string(tags_max) +
                                            (has_clear_tag ? " beside that of clearable" : ""));
  }
  if (!policy.tags.empty() && !store.epochs) {
    return fail(Errc::unsupported, "policy: tags need a store with epochs");
  }
  return {};
}

Result<void> check(const CacheOptions& options) {
  if (options.loads_max < 1) {
    return fail(Errc::invalid_argument, "options: loads_max is 0, allowed is 1 or more");
  }
  constexpr milliseconds kHoldMin{30};
  constexpr milliseconds kHoldMax = std::chrono::hours(1);
  if (options.lease_hold < kHoldMin || options.lease_hold > kHoldMax) {
    return fail(Errc::invalid_argument, "options: lease_hold is " +
                                            std::to_string(options.lease_hold.count()) +
                                            " ms, allowed are 30 to 3600000 ms");
  }
  return options.breaker ? check(*options.breaker) : Result<void>();
}

}  // namespace larder
