#include "keeping.hpp"

#include <algorithm>
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
  if (auto ok = check_range("ttl", policy.ttl, zero, Life::kTotalMax); !ok) {
    return ok;
  }
  if (auto ok =
          check_range("stale_if_error", policy.stale_if_error, zero, Life::kTotalMax - policy.ttl);
      !ok) {
    return ok;
  }
  if (auto ok = check_range("negative_ttl", policy.negative_ttl, zero, Life::kTotalMax); !ok) {
    return ok;
  }
  if (auto ok = check_range("load_deadline", policy.load_deadline, one, kLoadDeadlineMax); !ok) {
    return ok;
  }
  return check_range("store_deadline", policy.store_deadline, one, kStoreDeadlineMax);
}

}  // namespace

Jitter::Jitter() : state_(random_seed()) {}

milliseconds Jitter::shorten(milliseconds span, double share) noexcept {
  if (span <= milliseconds(0) || share <= 0) {
    return span;
  }
  const std::uint64_t drawn = mixed(state_.fetch_add(kSplitMixStep, std::memory_order_relaxed));
  // The upper 53 bits as a fraction below 1.
  const double part = static_cast<double>(drawn >> 11) * 0x1p-53;
  const double off = static_cast<double>(span.count()) * share * part;
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
  life.stale =
      loaded.stale_if_error.value_or(loaded.value ? policy.stale_if_error : milliseconds(0));
  life = life.clamped();
  life.fresh = std::min(life.fresh, Life::kTotalMax);
  life.stale = std::min(life.stale, Life::kTotalMax - life.fresh);
  return life;
}

std::size_t value_bytes_max(const Policy& policy, const Capabilities& store) noexcept {
  return policy.value_bytes_max == 0 ? store.value_bytes_max
                                     : std::min(policy.value_bytes_max, store.value_bytes_max);
}

Result<void> check(const Policy& policy, const Capabilities& store) {
  if (auto ok = check_durations(policy); !ok) {
    return ok;
  }
  // Written so that it refuses a NaN too.
  if (!(policy.ttl_jitter >= 0 && policy.ttl_jitter <= kJitterMax)) {
    return fail(
        Errc::invalid_argument,
        "policy: ttl_jitter is " + std::to_string(policy.ttl_jitter) + ", allowed are 0 to 0.9");
  }
  if (policy.tags.size() > Entry::kTagsMax) {
    return fail(Errc::invalid_argument, "policy: tags are " + std::to_string(policy.tags.size()) +
                                            ", allowed are " + std::to_string(Entry::kTagsMax));
  }
  if (!policy.tags.empty() && !store.epochs) {
    return fail(Errc::unsupported, "policy: tags need a store with epochs");
  }
  return {};
}

}  // namespace larder
