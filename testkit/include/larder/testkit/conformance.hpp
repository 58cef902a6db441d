// The conformance suite: what every CacheBackend has to do, as tests.
//
// A backend is certified by one class and one line (README.md):
//
//   class MemoryStore final : public larder::testkit::FakeClockStore {
//    public:
//     awaitable<Result<std::unique_ptr<CacheBackend>>> open() override {
//       co_return MemoryCacheBackend::make(clock(), MemoryOptions());
//     }
//   };
//   LARDER_CONFORMANCE(memory, MemoryStore);
//
// Every check runs on a fresh, empty store. What Capabilities declares is checked, under
// concurrency too; what it does not declare must answer Errc::unsupported. Nothing is
// skipped.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include <larder/backend.hpp>
#include <larder/testkit/fake_clock.hpp>

namespace larder::testkit {

// One empty store (a fresh prefix, file or namespace of it), made for one check.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;

  // Opens a handle. Called again while the first is open; the handles see the same data
  // exactly if Capabilities says that the store is shared.
  [[nodiscard]] virtual awaitable<Result<std::unique_ptr<CacheBackend>>> open() = 0;

  // The clock that deadlines are measured on.
  [[nodiscard]] virtual Clock& clock() = 0;

  // Lets time pass on the clock by which the store counts lives, holds and quotas: moves a
  // fake clock, or really waits. Never less than `span`, at most slack() more.
  [[nodiscard]] virtual awaitable<void> advance(milliseconds span) = 0;

  // How far that clock may run by itself in the course of one check, at most 100 ms. 0 says
  // that it stands still until advance(), which may then be asked to pass years at once.
  [[nodiscard]] virtual milliseconds slack() const { return milliseconds(0); }

  // Coroutines asleep on clock(), where it can tell. 0 after close().
  [[nodiscard]] virtual std::size_t sleepers() const { return 0; }
};

// For stores that count time on the Clock they are given.
class FakeClockStore : public StoreUnderTest {
 public:
  FakeClock& clock() final { return clock_; }
  awaitable<void> advance(milliseconds span) final;
  std::size_t sleepers() const final { return clock_.sleepers(); }

 private:
  FakeClock clock_;
};

// What can be done to a store besides using it. A StoreUnderTest derives from each that it
// can suffer, and the suite adds the checks of that fault. Everything that is done is undone
// by the check itself; after each the store has to work again by itself.

// A store with a server that can be made unreachable.
class BreakableStore {
 public:
  virtual ~BreakableStore() = default;
  // From now on the store cannot be reached, until heal().
  [[nodiscard]] virtual awaitable<void> break_store() = 0;
  // It can be reached again; what it had kept may be lost.
  [[nodiscard]] virtual awaitable<void> heal_store() = 0;
};

// One whose server can be stopped in the middle of everything (SIGSTOP, a gate that lets
// nothing through): connections stay, nothing answers.
class FreezableStore {
 public:
  virtual ~FreezableStore() = default;
  [[nodiscard]] virtual awaitable<void> freeze_store() = 0;
  // It goes on where it was, and answers what it was asked meanwhile. It has kept its data.
  [[nodiscard]] virtual awaitable<void> thaw_store() = 0;
};

// One whose server can lose everything and start again.
class RestartableStore {
 public:
  virtual ~RestartableStore() = default;
  // Completes when the new, empty store accepts connections.
  [[nodiscard]] virtual awaitable<void> restart_store_empty() = 0;
};

// One that can be made to have no room for another value of 64 KiB without dropping one.
class FillableStore {
 public:
  virtual ~FillableStore() = default;
  [[nodiscard]] virtual awaitable<void> fill_store() = 0;
};

// One whose handles can have clocks that disagree, as several machines have.
class SkewableStore {
 public:
  virtual ~SkewableStore() = default;
  // Opens a handle whose own clock is `skew` ahead of the store's (behind, if negative).
  // Clock of its deadlines: skewed_clock().
  [[nodiscard]] virtual awaitable<Result<std::unique_ptr<CacheBackend>>> open_skewed(
      milliseconds skew) = 0;
  [[nodiscard]] virtual Clock& skewed_clock() = 0;
};

// What a store got wrong: a sentence, and the line of the check that says so.
struct Violation {
  std::string text;
  std::source_location where;
};

class Trial;

// One rule of the port. "Values", "keeps_order_and_answers_duplicates".
struct Check {
  std::string group;
  std::string name;
  // The capability it is about. Where it is not declared, running the check asserts that
  // the verbs of the capability answer Errc::unsupported (or, for `values`, that nothing
  // is kept). nullptr: about every store.
  bool Capabilities::* needs;
  std::function<awaitable<void>(Trial& trial)> body;
};

// The checks of every store, and those of the faults above.
[[nodiscard]] std::vector<Check> conformance_checks();
[[nodiscard]] std::vector<Check> outage_checks();   // BreakableStore
[[nodiscard]] std::vector<Check> freeze_checks();   // FreezableStore
[[nodiscard]] std::vector<Check> restart_checks();  // RestartableStore
[[nodiscard]] std::vector<Check> full_checks();     // FillableStore
[[nodiscard]] std::vector<Check> skew_checks();     // SkewableStore

// Opens the store, runs the check, looks at what it left behind, and closes the store.
// Empty = the store conforms. Blocks the calling thread; throws nothing.
[[nodiscard]] std::vector<Violation> violations_of(const Check& check, StoreUnderTest& store);

using StoreMaker = std::function<std::unique_ptr<StoreUnderTest>()>;

// Registers every check as a GoogleTest "Conformance/<group>.<check>/<name>". Called
// before RUN_ALL_TESTS; use LARDER_CONFORMANCE.
bool register_conformance(std::string_view name, std::vector<Check> checks, StoreMaker make,
                          std::source_location where = std::source_location::current());

// Those that a store of this kind has to pass.
template <std::derived_from<StoreUnderTest> Store>
[[nodiscard]] std::vector<Check> checks_for() {
  std::vector<Check> checks = conformance_checks();
  const auto add = [&checks](std::vector<Check> more) {
    checks.insert(checks.end(), more.begin(), more.end());
  };
  if constexpr (std::derived_from<Store, BreakableStore>) {
    add(outage_checks());
  }
  if constexpr (std::derived_from<Store, FreezableStore>) {
    add(freeze_checks());
  }
  if constexpr (std::derived_from<Store, RestartableStore>) {
    add(restart_checks());
  }
  if constexpr (std::derived_from<Store, FillableStore>) {
    add(full_checks());
  }
  if constexpr (std::derived_from<Store, SkewableStore>) {
    add(skew_checks());
  }
  return checks;
}

template <std::derived_from<StoreUnderTest> Store>
bool register_store(std::string_view name,
                    std::source_location where = std::source_location::current()) {
  return register_conformance(
      name, checks_for<Store>(), [] { return std::make_unique<Store>(); }, where);
}

}  // namespace larder::testkit

// Runs the suite on `Store`, a StoreUnderTest with a default constructor, under `name`.
#define LARDER_CONFORMANCE(name, Store)                          \
  [[maybe_unused]] static const bool larder_conformance_##name = \
      ::larder::testkit::register_store<Store>(#name)
