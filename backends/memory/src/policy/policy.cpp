#include "policy.hpp"

#include <algorithm>

#include "queues.hpp"
#include "shadows.hpp"

namespace larder::memory {
namespace {

// How often the sample is fitted to the store anew, in victims: not more often than this.
constexpr std::size_t kFitEveryMin = 1024;

}  // namespace

struct Policy::Impl {
  Impl(std::size_t bytes_max_in, const PolicyOwner& owner_in, std::uint64_t seed)
      : owner(owner_in),
        bytes_max(bytes_max_in),
        queues(bytes_max, owner, seed, Shadows::kRules.front()),
        shadows(seed) {}

  const PolicyOwner& owner;
  std::size_t bytes_max;
  Queues queues;
  Shadows shadows;
  std::size_t victims_until_fit = 0;
};

Policy::Policy(std::size_t bytes_max, const PolicyOwner& owner, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(bytes_max, owner, seed)) {
  sample_mask_.store(impl_->shadows.mask(), std::memory_order_relaxed);
}

Policy::~Policy() = default;

void Policy::add(PolicyNode& node, std::uint64_t hash, std::size_t weight) {
  impl_->queues.add(node, hash, weight);
  samples_.drain([this](HashAndWeight read) { impl_->shadows.access(read); });
  if (sampled(hash)) {
    impl_->shadows.access(HashAndWeight(hash, weight));
  }
  impl_->queues.follow(impl_->shadows.best());
}

void Policy::replaced(PolicyNode& old, PolicyNode& fresh, std::uint64_t /*hash*/,
                      std::size_t weight) {
  impl_->queues.replaced(old, fresh, weight);
}

void Policy::remove(PolicyNode& node, std::size_t weight) {
  impl_->queues.remove(node, weight);
  if (const std::uint64_t hash = impl_->owner.hash(node); sampled(hash)) {
    impl_->shadows.erase(HashAndWeight(hash, weight).hash());
  }
}

PolicyNode* Policy::victim() {
  if (impl_->victims_until_fit == 0) {
    const std::size_t entries = impl_->queues.size();
    impl_->victims_until_fit = std::max(entries, kFitEveryMin);
    if (impl_->shadows.fit(entries, impl_->bytes_max)) {
      sample_mask_.store(impl_->shadows.mask(), std::memory_order_relaxed);
    }
  }
  --impl_->victims_until_fit;
  return impl_->queues.victim();
}

void Policy::set_bytes_max(std::size_t bytes_max) {
  impl_->bytes_max = bytes_max;
  impl_->queues.set_bytes_max(bytes_max);
  impl_->victims_until_fit = 0;
}

std::size_t Policy::weight() const noexcept { return impl_->queues.weight(); }
std::size_t Policy::size() const noexcept { return impl_->queues.size(); }

std::size_t Policy::bytes() const noexcept {
  return sizeof(*this) + sizeof(Impl) + impl_->queues.bytes() + impl_->shadows.bytes();
}

}  // namespace larder::memory
