// NearTierBackend: copies in this process of what a remote store answered.
//
// What it promises, against the remote store read directly:
//
// * An answer is what the remote store had at some moment of the last `staleness`, never
//   older, whatever is lost or frozen. That holds for values and for epochs of tags, each.
// * This node's own writes and bumps are seen by this node when they complete.
// * Coherent: writes of others are seen as soon as the store's watch tells them, and bumps of
//   others, where the store has messages, when their node has told them. No copy is taken
//   while the watch is not live; a lost or silent watch drops all.
// * A miss is never copied. Leases, counters, quotas and logs always ask the remote store.
// * Copies carry the remote version and remaining life: conditions and `despite` work.
//
// How far behind the store an answer may be, which is what to choose the mode by:
//
//   mode      a change by this node   a change by another node
//   off       not at all              not at all
//   bounded   not at all              up to `staleness`, and usually so
//   coherent  not at all              until the store has told it, usually one way of the
//                                     network; up to `staleness` if that gets lost
//
// "Off" is to build the stack without it. The bound is one of age alone: two nodes may answer
// different values meanwhile, and an erased entry is still found. Over a replica, how far that
// lags is added.
//
// Concurrent gets of one key share one fetch, and so do questions for the epoch of one tag.
//
// It has no watch of its own to offer, since reads that a copy answers reach no store: see
// capabilities().
#pragma once

#include <cstdint>
#include <memory>

#include <larder/cache/layer.hpp>
#include <larder/cache/stats.hpp>
#include <larder/local_store.hpp>
#include <larder/log.hpp>

namespace larder {

enum class NearMode : std::uint8_t {
  bounded,   // copies live for `staleness`; asks nothing special of the store
  coherent,  // and are dropped when the store tells a change; needs Capabilities::watch
};

struct NearOptions {
  NearMode mode = NearMode::bounded;
  milliseconds staleness{1000};      // 1 ms to 1 h
  std::uint32_t fetches_max = 4096;  // keys being fetched or written at once whose answers may
                                     // be copied; those beyond are not. 1 to 1,000,000
  std::uint32_t epochs_max = 4096;   // tags whose epochs are kept; 1 to 1,000,000
};

// Any thread.
class NearTierBackend final : public Layer {
 public:
  // invalid_argument for an option out of its range; unsupported for coherent over a store
  // without watch. All references outlive it. `local` is emptied, and to be used by nothing
  // else. In coherent mode the watch is read on the calling coroutine's executor until
  // close(), which has to complete before the destructor.
  [[nodiscard]] static awaitable<Result<std::unique_ptr<NearTierBackend>>> open(
      CacheBackend& remote, LocalStore& local, Clock& clock, LogSink& log, NearOptions options);
  ~NearTierBackend() override;

  [[nodiscard]] NearTierStats near_stats() const noexcept;

  const Capabilities& capabilities() const noexcept override;
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys, Deadline deadline) override;
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override;
  awaitable<Batch<bool>> erase(std::span<const Key> keys, Deadline deadline) override;
  awaitable<Batch<bool>> touch(std::span<const TouchItem> items, Deadline deadline) override;
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) override;
  awaitable<Batch<FillOutcome>> fill(std::span<const Fill> fills, Deadline deadline) override;
  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline) override;
  awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline) override;
  awaitable<Result<std::unique_ptr<Watch>>> watch(Deadline deadline) override;
  BackendStats stats() const override;
  // Joins what reads the watch, drops all copies, then closes the remote store. Not to be
  // cancelled.
  awaitable<void> close() override;

 private:
  class Impl;
  NearTierBackend(CacheBackend& remote, std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace larder
