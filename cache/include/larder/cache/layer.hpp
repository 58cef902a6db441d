// Layer: a CacheBackend over another one, which passes every verb on.
//
// The base of decorators: each overrides the verbs it has something to do for. Layers stack
// in any order that makes sense; cache/src/layers/README.md says which does.
#pragma once

#include <larder/backend.hpp>

namespace larder {

// Any thread, as the store below it.
class Layer : public CacheBackend {
 public:
  // `inner` outlives the layer.
  explicit Layer(CacheBackend& inner) noexcept : inner_(inner) {}
  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  // What it stands on.
  [[nodiscard]] CacheBackend& inner() const noexcept { return inner_; }

  std::string_view name() const noexcept override { return inner_.name(); }
  const Capabilities& capabilities() const noexcept override { return inner_.capabilities(); }
  awaitable<Batch<std::optional<Found>>> get(std::span<const Key> keys, Deadline deadline) override;
  awaitable<Batch<PutOutcome>> put(std::span<const PutItem> items, Deadline deadline) override;
  awaitable<Batch<bool>> erase(std::span<const Key> keys, Deadline deadline) override;
  awaitable<Batch<bool>> touch(std::span<const TouchItem> items, Deadline deadline) override;
  awaitable<Batch<LeaseAnswer>> read_or_lease(std::span<const LeaseRequest> requests,
                                              Deadline deadline) override;
  awaitable<Batch<FillOutcome>> fill(std::span<const Fill> fills, Deadline deadline) override;
  awaitable<Batch<bool>> renew(std::span<const LeaseHold> leases, milliseconds hold,
                               Deadline deadline) override;
  awaitable<Batch<bool>> release(std::span<const LeaseHold> leases, Deadline deadline) override;
  awaitable<Batch<std::int64_t>> add(std::span<const Addition> additions,
                                     Deadline deadline) override;
  awaitable<Batch<QuotaAnswer>> take(std::span<const QuotaRequest> requests,
                                     Deadline deadline) override;
  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline) override;
  awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline) override;
  awaitable<Result<EventPosition>> append(const Key& log, Bytes payload, LogBounds bounds,
                                          Deadline deadline) override;
  awaitable<Result<EventPage>> read_after(const Key& log, EventPosition position, std::size_t count,
                                          Deadline deadline) override;
  awaitable<Result<void>> publish(const Key& channel, Bytes payload, Deadline deadline) override;
  awaitable<Result<std::unique_ptr<Subscription>>> subscribe(std::span<const Key> channels,
                                                             Deadline deadline) override;
  awaitable<Result<std::unique_ptr<Watch>>> watch(Deadline deadline) override;
  awaitable<Result<ScanPage>> scan(ScanRequest request, Deadline deadline) override;
  BackendStats stats() const override { return inner_.stats(); }
  awaitable<Result<void>> ping(Deadline deadline) override;
  // Closes what is below as well.
  awaitable<void> close() override;

 private:
  CacheBackend& inner_;
};

// Whether a layer of this kind stands somewhere in the stack.
template <typename Kind>
[[nodiscard]] bool has_layer(const CacheBackend& stack) noexcept {
  const CacheBackend* place = &stack;
  while (const auto* layer = dynamic_cast<const Layer*>(place)) {
    if (dynamic_cast<const Kind*>(layer) != nullptr) {
      return true;
    }
    place = &layer->inner();
  }
  return false;
}

}  // namespace larder
