#include "conformance/trial.hpp"

#include <algorithm>

namespace larder::testkit {
namespace {

constexpr std::string_view kNamespace = "conformance";

}  // namespace

Key Trial::key(std::string_view id) { return key_in(kNamespace, id); }

Key Trial::key_in(std::string_view name_space, std::string_view id) {
  Key key = Key::literal(name_space, id);
  if (std::ranges::find(keys_, key) == keys_.end()) {
    keys_.push_back(key);
  }
  return key;
}

void Trial::violate(std::string text, Where where) {
  const std::lock_guard lock(mutex_);
  violations_.push_back(Violation{.text = std::move(text), .where = where});
}

void Trial::expect(bool holds, std::string_view sentence, Where where) {
  if (!holds) {
    violate("does not hold: " + std::string(sentence), where);
  }
}

void Trial::require(bool holds, std::string_view sentence, Where where) {
  expect(holds, sentence, where);
  if (!holds) {
    throw CheckEnded();
  }
}

void Trial::span_is(milliseconds got, milliseconds wanted, std::string_view what, Where where) {
  if (got > wanted || got < wanted - slack()) {
    violate(std::string(what) + ": is " + std::to_string(got.count()) + " ms, should be " +
                std::to_string(wanted.count()) + " ms",
            where);
  }
}

awaitable<CacheBackend*> Trial::another_handle() {
  others_.push_back(must(co_await place_.open(), "opening another handle"));
  co_return others_.back().get();
}

awaitable<void> Trial::close() {
  closed_ = true;
  for (const auto& other : others_) {
    co_await other->close();
  }
  co_await store_.close();
}

awaitable<void> Trial::leave_nothing_behind() {
  for (const Key& key : keys_) {
    co_await erase(*this, key);
    equal(text_of(co_await get(*this, key)), "(miss)", "get after the last erase");
  }
  if (can().scan) {
    // A place that was filled up lists what it was filled with, in a namespace of its own.
    const ScanRequest request{.name_space = std::string(kNamespace)};
    const ScanPage page = must(co_await store_.scan(request, soon()), "scan");
    expect(page.keys.empty(), "scan lists nothing after everything was erased");
  }
}

Entry entry_of(const Key& key, std::string_view text, Life life) {
  return Entry{.key = key, .value = Bytes::copy_of(text), .life = life};
}

std::string text_of(const std::optional<Found>& found) {
  return found ? std::string(found->entry->value()) : "(miss)";
}

awaitable<std::optional<Found>> get(Trial& trial, Key key, Where where) {
  auto batch = co_await trial.store().get(std::span(&key, 1), trial.soon());
  co_return trial.must(trial.only(std::move(batch), "get", where), "get", where);
}

awaitable<PutOutcome> put(Trial& trial, Entry entry, Condition condition, Where where) {
  const PutItem item{.entry = std::move(entry), .condition = condition};
  auto batch = co_await trial.store().put(std::span(&item, 1), trial.soon());
  co_return trial.must(trial.only(std::move(batch), "put", where), "put", where);
}

awaitable<bool> erase(Trial& trial, Key key, Where where) {
  auto batch = co_await trial.store().erase(std::span(&key, 1), trial.soon());
  co_return trial.must(trial.only(std::move(batch), "erase", where), "erase", where);
}

awaitable<bool> touch(Trial& trial, Key key, milliseconds fresh, Where where) {
  const TouchItem item{.key = std::move(key), .fresh = fresh};
  auto batch = co_await trial.store().touch(std::span(&item, 1), trial.soon());
  co_return trial.must(trial.only(std::move(batch), "touch", where), "touch", where);
}

}  // namespace larder::testkit
