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

  // How far that clock may run by itself in the course of one check; 0 if it stands still.
  // At most 100 ms.
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

// For stores with a server that can be made unreachable; adds the checks of outages.
class BreakableStore {
 public:
  virtual ~BreakableStore() = default;
  // From now on the store cannot be reached, until heal().
  [[nodiscard]] virtual awaitable<void> break_store() = 0;
  // It can be reached again; what it had kept may be lost.
  [[nodiscard]] virtual awaitable<void> heal_store() = 0;
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

// All checks that do not need a BreakableStore, and those that do.
[[nodiscard]] std::vector<Check> conformance_checks();
[[nodiscard]] std::vector<Check> outage_checks();

// Opens the store, runs the check, looks at what it left behind, and closes the store.
// Empty = the store conforms. Blocks the calling thread; throws nothing.
[[nodiscard]] std::vector<Violation> violations_of(const Check& check, StoreUnderTest& store);

using StoreMaker = std::function<std::unique_ptr<StoreUnderTest>()>;

// Registers every check as a GoogleTest "Conformance/<group>.<check>/<name>". Called
// before RUN_ALL_TESTS; use LARDER_CONFORMANCE.
bool register_conformance(std::string_view name, std::vector<Check> checks, StoreMaker make,
                          std::source_location where = std::source_location::current());

template <std::derived_from<StoreUnderTest> Store>
bool register_store(std::string_view name,
                    std::source_location where = std::source_location::current()) {
  std::vector<Check> checks = conformance_checks();
  if constexpr (std::derived_from<Store, BreakableStore>) {
    const std::vector<Check> more = outage_checks();
    checks.insert(checks.end(), more.begin(), more.end());
  }
  return register_conformance(
      name, std::move(checks), [] { return std::make_unique<Store>(); }, where);
}

}  // namespace larder::testkit

// Runs the suite on `Store`, a StoreUnderTest with a default constructor, under `name`.
#define LARDER_CONFORMANCE(name, Store)                          \
  [[maybe_unused]] static const bool larder_conformance_##name = \
      ::larder::testkit::register_store<Store>(#name)
