// Trial: one check at work on one store. Collects what the store gets wrong.
//
// Checks read as sentences: `expect` goes on after a violation, `must` ends the check.
#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <larder/testkit/conformance.hpp>
#include <larder/testkit/run.hpp>

namespace larder::testkit {

using Where = std::source_location;

// Ends a check whose violation is already noted.
struct CheckEnded {};

class Trial {
 public:
  // How many threads, and how many callers on them, a concurrency check uses.
  static constexpr std::size_t kThreads = 4;
  static constexpr std::size_t kCallers = 16;

  Trial(StoreUnderTest& place, CacheBackend& store) : place_(place), store_(store) {}

  [[nodiscard]] CacheBackend& store() noexcept { return store_; }
  [[nodiscard]] const Capabilities& can() const noexcept { return store_.capabilities(); }
  [[nodiscard]] StoreUnderTest& place() noexcept { return place_; }
  [[nodiscard]] milliseconds slack() const { return place_.slack(); }

  // A deadline for calls that are not about deadlines.
  [[nodiscard]] Deadline soon() const { return place_.clock().in(std::chrono::seconds(30)); }
  [[nodiscard]] Deadline past() const { return place_.clock().now() - milliseconds(1); }

  // A key of this trial's, erased when it ends.
  [[nodiscard]] Key key(std::string_view id);
  [[nodiscard]] Key key_in(std::string_view name_space, std::string_view id);
  [[nodiscard]] std::vector<Key> keys() const { return keys_; }

  [[nodiscard]] awaitable<void> pass(milliseconds span) { return place_.advance(span); }
  // Together these pass at least `span`; in between, less than `span` has passed for sure.
  [[nodiscard]] awaitable<void> pass_almost(milliseconds span) {
    return place_.advance(span - slack() - milliseconds(1));
  }
  [[nodiscard]] awaitable<void> pass_rest() { return place_.advance(slack() + milliseconds(1)); }

  void expect(bool holds, std::string_view sentence, Where where = Where::current());
  void require(bool holds, std::string_view sentence, Where where = Where::current());

  template <typename A, typename B>
  void equal(const A& got, const B& wanted, std::string_view what, Where where = Where::current()) {
    if (!(got == wanted)) {
      violate(std::string(what) + ": is " + testing::PrintToString(got) + ", should be " +
                  testing::PrintToString(wanted),
              where);
    }
  }

  // A span measured by the store: `wanted`, or less by what its clock ran meanwhile.
  void span_is(milliseconds got, milliseconds wanted, std::string_view what,
               Where where = Where::current());

  template <typename T>
  void fails(const Result<T>& result, Errc code, std::string_view what,
             Where where = Where::current()) {
    if (result.has_value()) {
      violate(std::string(what) + ": succeeded, should be " + std::string(to_string(code)), where);
    } else if (result.error().code() != code) {
      violate(std::string(what) + ": is '" + result.error().message() + "', should be " +
                  std::string(to_string(code)),
              where);
    }
  }

  template <typename T>
  T must(Result<T> result, std::string_view what, Where where = Where::current()) {
    if (!result.has_value()) {
      violate(std::string(what) + ": failed: " + result.error().message(), where);
      throw CheckEnded();
    }
    if constexpr (!std::is_void_v<T>) {
      return std::move(*result);
    }
  }

  // All answers of a batch of `size` items.
  template <typename T>
  std::vector<T> must(Batch<T> batch, std::size_t size, std::string_view what,
                      Where where = Where::current()) {
    require(batch.size() == size, std::string(what) + ": one answer for each item", where);
    std::vector<T> answers;
    answers.reserve(size);
    for (auto& result : batch) {
      answers.push_back(must(std::move(result), what, where));
    }
    return answers;
  }

  // The answer of a batch of one item.
  template <typename T>
  Result<T> only(Batch<T> batch, std::string_view what, Where where = Where::current()) {
    require(batch.size() == 1, std::string(what) + ": one answer for one item", where);
    return std::move(batch.front());
  }

  // Another handle on the same data; the store is shared. It is closed when the trial ends.
  [[nodiscard]] awaitable<CacheBackend*> another_handle();

  // Runs the works on kThreads threads at once; the answers stand in their order.
  template <typename T>
  [[nodiscard]] awaitable<std::vector<T>> together(std::vector<awaitable<T>> works) {
    std::vector<T> answers;
    std::exception_ptr failure;
    std::atomic<bool> ended = false;
    const std::jthread driver([&] {
      try {
        answers = run_together(std::move(works), kThreads);
      } catch (...) {
        failure = std::current_exception();
      }
      ended = true;
    });
    const std::function<bool()> done = [&] { return ended.load(); };
    co_await yield_until(done);
    if (failure) {
      std::rethrow_exception(failure);
    }
    co_return std::move(answers);
  }

  // Erases this trial's keys and looks whether they are gone.
  [[nodiscard]] awaitable<void> leave_nothing_behind();
  // Closes every handle.
  [[nodiscard]] awaitable<void> close();
  [[nodiscard]] bool closed() const noexcept { return closed_; }

  void violate(std::string text, Where where);
  [[nodiscard]] std::vector<Violation> take_violations() { return std::move(violations_); }

 private:
  StoreUnderTest& place_;
  CacheBackend& store_;
  std::vector<Key> keys_;
  std::vector<std::unique_ptr<CacheBackend>> others_;
  bool closed_ = false;
  std::mutex mutex_;  // guards violations_: concurrent callers may fail at once
  std::vector<Violation> violations_;
};

// ---- verbs with one item; a failure ends the check -----------------------------------

// A life that no check outlasts.
inline constexpr Life kLong{.fresh = std::chrono::hours(1), .stale = std::chrono::hours(1)};

[[nodiscard]] Entry entry_of(const Key& key, std::string_view text, Life life = kLong);
// What a read found, or "(miss)".
[[nodiscard]] std::string text_of(const std::optional<Found>& found);

[[nodiscard]] awaitable<std::optional<Found>> get(Trial& trial, Key key,
                                                  Where where = Where::current());
[[nodiscard]] awaitable<PutOutcome> put(Trial& trial, Entry entry, Condition condition = Always(),
                                        Where where = Where::current());
[[nodiscard]] awaitable<bool> erase(Trial& trial, Key key, Where where = Where::current());
[[nodiscard]] awaitable<bool> touch(Trial& trial, Key key, milliseconds fresh,
                                    Where where = Where::current());

}  // namespace larder::testkit
