// The eviction policy of the memory store: which entry goes when room is needed.
//
// The entries queue as in S3-FIFO (queues.hpp). How large the small queue is, whether what
// leaves it must be more popular than what it displaces, and whether large entries go first
// depends on the traffic, so tiny copies of the store without values (shadow_cache.hpp), fed
// with a sample of the keys, try a few answers, and the store follows the one that misses least.
//
// Threads: one lock of the owner's around every call, except hit() and note_read(), which any
// thread may call at any time.
// Memory: bytes() beside the nodes: at most 18 bytes an entry (14 on average), and for the shadow
// caches a sixteenth of `bytes_max`, from kShadowBytesMin to kShadowBytesMax.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "node.hpp"
#include "owner.hpp"
#include "sample_buffer.hpp"

namespace larder::memory {

class Policy {
 public:
  // `bytes_max`: what all nodes together may weigh. `seed`: random, or fixed in tests.
  // The owner must outlive the policy.
  Policy(std::size_t bytes_max, const PolicyOwner& owner, std::uint64_t seed);
  ~Policy();
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  // A new entry. The node must stay where it is until it is removed, replaced or a victim.
  // Throws std::bad_alloc, seldom, where it must grow; the node is not added then.
  void add(PolicyNode& node, std::uint64_t hash, std::size_t weight);

  // Begins to bring what add() will look at into the processor's cache.
  void prefetch(std::uint64_t hash) const noexcept;

  // An entry was overwritten: `fresh` takes the standing of `old`, which is let go.
  void replaced(PolicyNode& old, PolicyNode& fresh, std::size_t weight);

  // An entry is gone for another reason than victim(): erased, or expired.
  void remove(PolicyNode& node, std::size_t weight);

  // The next to evict, already let go and remembered. Bounded work.
  [[nodiscard]] Victim victim();

  // An entry was read.
  static void hit(PolicyNode& node) noexcept { node.hit(); }

  // Tells the shadow caches of a read, if its key is sampled: usually one load and one test.
  // `weigh()` answers the weight as in add().
  template <typename Weigh>
  void note_read(std::uint64_t hash, Weigh&& weigh) noexcept {
    if (sampled(hash)) [[unlikely]] {
      samples_.push(HashAndWeight(hash, weigh()));
    }
  }

  // The most that all nodes together may weigh has changed. Cheap, unless by a quarter or more:
  // the shadow caches start anew then.
  void set_bytes_max(std::size_t bytes_max);

  // What the nodes it holds weigh together, and how many there are.
  [[nodiscard]] std::size_t weight() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;

  // What the policy itself takes beside the nodes.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  static constexpr std::size_t kShadowBytesMin = std::size_t{64} << 10U;
  static constexpr std::size_t kShadowBytesMax = std::size_t{512} << 10U;

 private:
  // Which bits of a hash decide whether its key is sampled; the other parts use others.
  static constexpr unsigned kSampleShift = 40;

  [[nodiscard]] bool sampled(std::uint64_t hash) const noexcept {
    return ((hash >> kSampleShift) & sample_mask_.load(std::memory_order_relaxed)) == 0;
  }

  struct Impl;
  [[nodiscard]] std::size_t counted_bytes() const noexcept;

  SampleBuffer samples_;
  std::atomic<std::uint64_t> sample_mask_;
  std::unique_ptr<Impl> impl_;
  std::size_t bytes_;  // counted anew when something may have grown
};

}  // namespace larder::memory
