#include "policy.hpp"

#include <algorithm>

#include "queues.hpp"
#include "shadows.hpp"

namespace larder::memory {
namespace {

// After how many new entries the sample is fitted to the store again, at least.
constexpr std::size_t kFitEveryMin = 128;

}  // namespace

struct Policy::Impl {
  Impl(std::size_t bytes_max_in, const PolicyOwner& owner_in, std::uint64_t seed)
      : owner(owner_in),
        bytes_max(bytes_max_in),
        queues(bytes_max, owner, seed, Shadows::kCandidates.front().rule),
        shadows(seed) {}

  // How many entries there will be, if all are as heavy as those that are there.
  [[nodiscard]] std::size_t entries_when_full() const noexcept {
    if (queues.size() == 0) {
      return 0;
    }
    const double mean = static_cast<double>(queues.weight()) / static_cast<double>(queues.size());
    return static_cast<std::size_t>(static_cast<double>(bytes_max) / std::max(mean, 1.0));
  }

  const PolicyOwner& owner;
  std::size_t bytes_max;
  Queues queues;
  Shadows shadows;
  std::size_t adds_until_fit = kFitEveryMin;
};

Policy::Policy(std::size_t bytes_max, const PolicyOwner& owner, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(bytes_max, owner, seed)), bytes_(counted_bytes()) {
  sample_mask_.store(impl_->shadows.mask(), std::memory_order_relaxed);
}

Policy::~Policy() = default;

void Policy::add(PolicyNode& node, std::uint64_t hash, std::size_t weight) {
  // The node comes last: where memory is short, nothing was added.
  bool may_grow = sampled(hash);
  if (--impl_->adds_until_fit == 0) {
    may_grow = true;
    impl_->adds_until_fit = std::max(size(), kFitEveryMin);
    impl_->shadows.fit(impl_->entries_when_full(), impl_->bytes_max);
    sample_mask_.store(impl_->shadows.mask(), std::memory_order_relaxed);
  }
  samples_.drain([&](HashAndWeight read) {
    impl_->shadows.access(read);
    may_grow = true;
  });
  if (sampled(hash)) {
    impl_->shadows.access(HashAndWeight(hash, weight));
  }
  impl_->queues.follow(impl_->shadows.best());
  const std::size_t queues_bytes = impl_->queues.bytes();
  impl_->queues.add(node, hash, weight);
  if (may_grow || queues_bytes != impl_->queues.bytes()) [[unlikely]] {
    bytes_ = counted_bytes();
  }
}

void Policy::prefetch(std::uint64_t hash) const noexcept { impl_->queues.prefetch(hash); }

void Policy::replaced(PolicyNode& old, PolicyNode& fresh, std::size_t weight) {
  impl_->queues.replaced(old, fresh, weight);
}

void Policy::remove(PolicyNode& node, std::size_t weight) {
  impl_->queues.remove(node, weight);
  if (const std::uint64_t hash = impl_->owner.hash(node); sampled(hash)) {
    impl_->shadows.erase(HashAndWeight(hash, weight).hash());
  }
}

Victim Policy::victim() { return impl_->queues.victim(); }

void Policy::set_bytes_max(std::size_t bytes_max) {
  impl_->bytes_max = bytes_max;
  impl_->queues.set_bytes_max(bytes_max);
  impl_->adds_until_fit = 1;
}

std::size_t Policy::weight() const noexcept { return impl_->queues.weight(); }
std::size_t Policy::size() const noexcept { return impl_->queues.size(); }

std::size_t Policy::counted_bytes() const noexcept {
  return sizeof(*this) + sizeof(Impl) + impl_->queues.bytes() + impl_->shadows.bytes();
}

}  // namespace larder::memory
