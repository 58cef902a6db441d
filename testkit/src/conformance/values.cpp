// get, put, erase: what is kept is what was put.
#include <cstdlib>
#include <string>

#include "conformance/groups.hpp"

namespace larder::testkit {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

awaitable<std::string> texts_of(Trial& trial, std::vector<Key> keys) {
  const auto found = trial.must(co_await trial.store().get(keys, trial.soon()), keys.size(), "get");
  std::string texts;
  for (const auto& one : found) {
    texts.append(texts.empty() ? "" : " ").append(text_of(one));
  }
  co_return texts;
}

awaitable<void> misses_what_was_never_put(Trial& trial) {
  trial.equal(text_of(co_await get(trial, trial.key("a"))), "(miss)", "get");
  trial.expect(!co_await erase(trial, trial.key("a")), "erase answers false");
  trial.expect(!co_await touch(trial, trial.key("a"), milliseconds(1000)), "touch answers false");
  trial.equal(text_of(co_await get(trial, trial.key("a"))), "(miss)", "get after touch");
}

awaitable<void> keeps_every_field_of_an_entry(Trial& trial) {
  Entry entry{.key = trial.key("a"),
              .value = Bytes::copy_of("value"),
              .life = {.fresh = milliseconds(60'000), .stale = milliseconds(30'000)},
              .load_cost = milliseconds(123),
              .codec = Codec::zstd,
              .presence = Presence::absence};
  for (std::size_t i = 0; i < Entry::kTagsMax; ++i) {
    entry.epochs.push_back(TagEpoch{.tag = Key::literal("tags", std::string(i + 1, 't')),
                                    .epoch = Epoch(0xFFFF'FFFF'FFFF'FFF0U + i)});
  }
  const PutOutcome outcome = co_await put(trial, entry);
  trial.expect(outcome.stored, "put stores");
  const auto found = co_await get(trial, entry.key);
  trial.require(found.has_value() && found->entry != nullptr, "get finds an entry");
  trial.expect(found->entry->entry() == entry, "the entry is what was put, in every field");
  trial.expect(found->version == outcome.version, "the version is that of the put");
  trial.span_is(found->life_left, milliseconds(90'000), "life_left");
}

awaitable<void> keeps_order_and_answers_duplicates(Trial& trial) {
  const std::vector<PutItem> items{{.entry = entry_of(trial.key("a"), "1")},
                                   {.entry = entry_of(trial.key("b"), "2")},
                                   {.entry = entry_of(trial.key("a"), "3")}};
  const auto outcomes = trial.must(co_await trial.store().put(items, trial.soon()), 3, "put");
  trial.expect(outcomes[0].stored && outcomes[1].stored && outcomes[2].stored, "all are stored");
  const std::vector<Key> keys{trial.key("b"), trial.key("no"), trial.key("a"), trial.key("b")};
  trial.equal(co_await texts_of(trial, keys), "2 (miss) 3 2", "get in the order of the keys");
  trial.expect((co_await get(trial, trial.key("a")))->version == outcomes[2].version,
               "of two puts of one key the later one stays");
  const auto erased = trial.must(co_await trial.store().erase(keys, trial.soon()), 4, "erase");
  trial.equal(erased, std::vector<bool>{true, false, true, false}, "erase in the order of keys");
  trial.equal(co_await texts_of(trial, keys), "(miss) (miss) (miss) (miss)", "get after erase");
}

awaitable<void> answers_an_empty_batch_with_an_empty_batch(Trial& trial) {
  trial.expect((co_await trial.store().get({}, trial.soon())).empty(), "get");
  trial.expect((co_await trial.store().put({}, trial.soon())).empty(), "put");
  trial.expect((co_await trial.store().erase({}, trial.soon())).empty(), "erase");
  trial.expect((co_await trial.store().touch({}, trial.soon())).empty(), "touch");
}

template <typename T>
void expect_refused(Trial& trial, const Batch<T>& batch, std::size_t size, std::string_view verb,
                    Where where = Where::current()) {
  trial.equal(batch.size(), size, std::string(verb) + ": answers", where);
  for (const auto& result : batch) {
    trial.fails(result, Errc::invalid_argument, verb, where);
  }
}

awaitable<void> takes_batches_up_to_batch_max_and_no_larger(Trial& trial) {
  const std::size_t most = trial.can().batch_max;
  const Key key = trial.key("a");
  std::vector<PutItem> items(most, PutItem{.entry = entry_of(key, "full")});
  std::vector<Key> keys(most, key);
  trial.must(co_await trial.store().put(items, trial.soon()), most, "put of batch_max items");
  trial.must(co_await trial.store().get(keys, trial.soon()), most, "get of batch_max keys");
  keys.push_back(key);
  items.assign(most + 1, PutItem{.entry = entry_of(key, "over")});
  const std::vector<TouchItem> touches(most + 1, TouchItem{.key = key});
  CacheBackend& store = trial.store();
  expect_refused(trial, co_await store.get(keys, trial.soon()), most + 1, "get");
  expect_refused(trial, co_await store.put(items, trial.soon()), most + 1, "put");
  expect_refused(trial, co_await store.erase(keys, trial.soon()), most + 1, "erase");
  expect_refused(trial, co_await store.touch(touches, trial.soon()), most + 1, "touch");
  const auto found = co_await get(trial, key);
  trial.equal(text_of(found), "full", "what was there before the refused batches");
}

awaitable<void> keeps_any_bytes(Trial& trial) {
  const std::string bytes("\0a\r\n\xFF\0", 6);
  const std::vector<Key> keys{trial.key(bytes), trial.key(std::string(Key::kIdBytesMax, '\0')),
                              trial.key(std::string_view("\0", 1)), trial.key("empty")};
  co_await put(trial, entry_of(keys[0], bytes));
  co_await put(trial, entry_of(keys[1], "longest id"));
  co_await put(trial, entry_of(keys[2], "shortest id"));
  co_await put(trial, entry_of(keys[3], ""));
  trial.equal(text_of(co_await get(trial, keys[0])), bytes, "a value with NUL bytes");
  trial.equal(text_of(co_await get(trial, keys[1])), "longest id", "an id of 1024 NUL bytes");
  trial.equal(text_of(co_await get(trial, keys[2])), "shortest id", "an id of one NUL byte");
  trial.equal(text_of(co_await get(trial, keys[3])), "", "an empty value");
}

awaitable<void> keeps_a_value_of_one_mib(Trial& trial) {
  std::string text(kMiB, 'x');
  text.front() = 'f';
  text.back() = 'b';
  co_await put(trial, entry_of(trial.key("a"), text));
  trial.expect(text_of(co_await get(trial, trial.key("a"))) == text, "the value comes back whole");
}

awaitable<void> refuses_a_value_over_value_bytes_max(Trial& trial) {
  // calloc takes no memory until it is read, and nobody should read it.
  const std::size_t size = trial.can().value_bytes_max + 1;
  const std::shared_ptr<void> zeros(std::calloc(size, 1), std::free);
  trial.require(zeros != nullptr, "the test has memory for a value over value_bytes_max");
  co_await put(trial, entry_of(trial.key("large"), "before"));
  Entry large = entry_of(trial.key("large"), "");
  large.value = Bytes(zeros, std::string_view(static_cast<const char*>(zeros.get()), size));
  const std::vector<PutItem> items{{.entry = large}, {.entry = entry_of(trial.key("b"), "small")}};
  const auto outcomes = co_await trial.store().put(items, trial.soon());
  trial.require(outcomes.size() == 2, "one answer for each item");
  trial.fails(outcomes[0], Errc::too_large, "put of the large value");
  trial.expect(outcomes[1].has_value(), "its neighbour is answered on its own");
  trial.equal(text_of(co_await get(trial, trial.key("large"))), "before", "the entry that was");
  trial.equal(text_of(co_await get(trial, trial.key("b"))), "small", "the neighbour");
}

awaitable<void> gives_every_write_its_own_version(Trial& trial) {
  const Key key = trial.key("a");
  std::vector<Version> versions;
  for (int i = 0; i < 4; ++i) {
    const PutOutcome outcome = co_await put(trial, entry_of(key, "same"));
    for (const Version other : versions) {
      trial.expect(outcome.version != other, "two writes have different versions");
    }
    versions.push_back(outcome.version);
    if (i == 2) {
      co_await erase(trial, key);
    }
  }
  trial.expect((co_await get(trial, key))->version == versions.back(), "get tells the last one");
}

awaitable<void> keeps_an_answer_unchanged_when_its_entry_changes(Trial& trial) {
  const Key key = trial.key("a");
  co_await put(trial, entry_of(key, "old"));
  const auto found = co_await get(trial, key);
  co_await put(trial, entry_of(key, "new"));
  trial.equal(text_of(found), "old", "the answer after another put");
  co_await erase(trial, key);
  trial.equal(text_of(found), "old", "the answer after erase");
}

awaitable<void> never_brings_back_what_was_erased(Trial& trial) {
  const Key key = trial.key("a");
  co_await put(trial, entry_of(key, "text"));
  trial.expect(co_await erase(trial, key), "erase answers true");
  trial.equal(text_of(co_await get(trial, key)), "(miss)", "get after erase");
  trial.expect(!co_await touch(trial, key, milliseconds(1000)), "touch after erase");
  co_await trial.pass(milliseconds(100));
  trial.equal(text_of(co_await get(trial, key)), "(miss)", "get later");
  trial.expect(!co_await erase(trial, key), "a second erase answers false");
}

awaitable<void> does_nothing_when_the_deadline_is_past(Trial& trial) {
  const Key key = trial.key("a");
  co_await put(trial, entry_of(key, "before"));
  const PutItem item{.entry = entry_of(key, "late")};
  const TouchItem touched{.key = key, .fresh = milliseconds(1)};
  trial.fails(trial.only(co_await trial.store().put(std::span(&item, 1), trial.past()), "put"),
              Errc::timeout, "put");
  trial.fails(trial.only(co_await trial.store().erase(std::span(&key, 1), trial.past()), "erase"),
              Errc::timeout, "erase");
  trial.fails(
      trial.only(co_await trial.store().touch(std::span(&touched, 1), trial.past()), "touch"),
      Errc::timeout, "touch");
  const auto found = co_await get(trial, key);
  trial.require(found.has_value(), "the entry is still there");
  trial.equal(text_of(found), "before", "the value");
  trial.span_is(found->life_left, kLong.total(), "life_left");
}

awaitable<void> survives_callers_on_several_threads(Trial& trial) {
  const Key common = trial.key("common");
  const auto caller = [&trial, &common](Key own) -> awaitable<bool> {
    for (int i = 0; i < 20; ++i) {
      const std::string text = std::string(own.id()) + "." + std::to_string(i);
      co_await put(trial, entry_of(own, text));
      co_await put(trial, entry_of(common, text));
      trial.equal(text_of(co_await get(trial, own)), text, "a key that one caller writes");
      trial.expect((co_await get(trial, common)).has_value(), "a key that all write is there");
      trial.expect(co_await erase(trial, own), "erase of an own key");
    }
    co_return true;
  };
  std::vector<awaitable<bool>> callers;
  for (std::size_t i = 0; i < Trial::kCallers; ++i) {
    callers.push_back(caller(trial.key("own" + std::to_string(i))));
  }
  co_await trial.together(std::move(callers));
}

}  // namespace

std::vector<Check> value_checks() {
  constexpr auto kNeeds = &Capabilities::values;
  return {
      {"Values", "misses_what_was_never_put", kNeeds, misses_what_was_never_put},
      {"Values", "keeps_every_field_of_an_entry", kNeeds, keeps_every_field_of_an_entry},
      {"Values", "keeps_order_and_answers_duplicates", kNeeds, keeps_order_and_answers_duplicates},
      {"Values", "answers_an_empty_batch_with_an_empty_batch", nullptr,
       answers_an_empty_batch_with_an_empty_batch},
      {"Values", "takes_batches_up_to_batch_max_and_no_larger", kNeeds,
       takes_batches_up_to_batch_max_and_no_larger},
      {"Values", "keeps_any_bytes_in_ids_and_values", kNeeds, keeps_any_bytes},
      {"Values", "keeps_a_value_of_one_mib", kNeeds, keeps_a_value_of_one_mib},
      {"Values", "refuses_a_value_over_value_bytes_max", kNeeds,
       refuses_a_value_over_value_bytes_max},
      {"Values", "gives_every_write_its_own_version", kNeeds, gives_every_write_its_own_version},
      {"Values", "keeps_an_answer_unchanged_when_its_entry_changes", kNeeds,
       keeps_an_answer_unchanged_when_its_entry_changes},
      {"Values", "never_brings_back_what_was_erased", kNeeds, never_brings_back_what_was_erased},
      {"Values", "does_nothing_when_the_deadline_is_past", kNeeds,
       does_nothing_when_the_deadline_is_past},
      {"Values", "survives_callers_on_several_threads", kNeeds,
       survives_callers_on_several_threads},
  };
}

}  // namespace larder::testkit
