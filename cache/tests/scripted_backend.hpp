// A small store in memory that keeps the port's rules and fails as a test wants.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <larder/backend.hpp>

namespace larder {

// Any thread. Every call first yields to the other coroutines, as a remote store would.
class ScriptedBackend final : public CacheBackend {
 public:
  enum class Verb : std::uint8_t {
    get,
    put,
    erase,
    touch,
    epochs,
    bump,
    read_or_lease,
    fill,
    renew,
    release,
  };
  static constexpr std::size_t kVerbs = 10;

  explicit ScriptedBackend(Clock& clock);

  // ---- the script ----

  void fail(Verb verb, Error error);        // until heal()
  void fail_once(Verb verb, Error error);   // the next call
  void slow(Verb verb, milliseconds span);  // each call lasts so long, at most to its deadline
  void hang(Verb verb) { slow(verb, std::chrono::hours(1)); }
  // It reads at once, and answers so much later.
  void answer_late(milliseconds span);
  void answer_epochs_late(milliseconds span);
  void fail_all(const Error& error);
  void heal();
  // As a store that had to make room.
  void forget_epochs();
  // From now on it has leases and says that other nodes see it too.
  void share();
  void set_capabilities(Capabilities capabilities) { capabilities_ = capabilities; }

  [[nodiscard]] std::size_t calls(Verb verb) const;
  // Of calls that began and have not ended.
  [[nodiscard]] std::size_t running(Verb verb) const;
  // What stands under the key, however old.
  [[nodiscard]] EntryRef entry(const Key& key) const;
  // Leases that have not ended.
  [[nodiscard]] std::size_t leases() const;

  // ---- CacheBackend ----

  std::string_view name() const noexcept override { return "scripted"; }
  const Capabilities& capabilities() const noexcept override { return capabilities_; }
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
  awaitable<Batch<Epoch>> epochs(std::span<const Tag> tags, Deadline deadline) override;
  awaitable<Batch<Epoch>> bump(std::span<const Tag> tags, Deadline deadline) override;
  // The entries only.
  BackendStats stats() const override;
  awaitable<Result<void>> ping(Deadline) override { co_return Result<void>(); }
  awaitable<void> close() override { co_return; }

 private:
  struct Script {
    std::optional<Error> failure;
    std::optional<Error> next_failure;
    milliseconds takes{0};
    std::size_t calls = 0;
    std::size_t running = 0;
  };
  struct Stored {
    EntryRef entry;
    SteadyTime gone_at;
    Version version{};
  };

  struct Lease {
    LeaseToken token{};
    SteadyTime end;
  };

  [[nodiscard]] Script& script(Verb verb) { return scripts_[static_cast<std::size_t>(verb)]; }
  [[nodiscard]] const Script& script(Verb verb) const {
    return scripts_[static_cast<std::size_t>(verb)];
  }
  // Plays the verb's part; the error that ends the call, if one does.
  awaitable<std::optional<Error>> play(Verb verb, Deadline deadline);
  [[nodiscard]] std::optional<Found> find(const Key& key);
  Version write(const Entry& entry);
  [[nodiscard]] bool holds(const LeaseHold& lease) const;

  Clock& clock_;
  Capabilities capabilities_{
      .conditions = true, .epochs = true, .value_bytes_max = 1 << 20, .batch_max = 100};
  mutable std::mutex mutex_;
  std::array<Script, kVerbs> scripts_{};
  milliseconds late_{0};
  milliseconds epochs_late_{0};
  std::map<Key, Stored> entries_;
  std::map<Key, Lease> leases_;
  std::map<Tag, Epoch> epochs_;
  std::uint64_t last_number_ = 0;
};

}  // namespace larder
