// What holds for the store as a whole.
#include "conformance/groups.hpp"
#include "conformance/probes.hpp"

namespace larder::testkit {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
// Fits the tags of one entry, and a test can exceed it.
constexpr std::size_t kBatchAtLeast = Entry::kTagsMax;
constexpr std::size_t kBatchAtMost = std::size_t{1} << 16;

awaitable<void> has_a_name_and_sensible_capabilities(Trial& trial) {
  const Capabilities& can = trial.can();
  trial.expect(!trial.store().name().empty(), "the store has a name");
  trial.expect(can.batch_max >= kBatchAtLeast, "batch_max is at least 16");
  trial.expect(can.batch_max <= kBatchAtMost, "batch_max is at most 65,536");
  trial.expect(!can.values || can.value_bytes_max >= kMiB, "value_bytes_max is at least 1 MiB");
  trial.expect(can.values || !(can.conditions || can.leases || can.watch || can.scan),
               "what is about values needs values");
  co_return;
}

awaitable<void> answers_a_ping(Trial& trial) {
  trial.must(co_await trial.store().ping(trial.soon()), "ping");
}

awaitable<void> counts_what_was_asked_and_written(Trial& trial) {
  const BackendStats before = trial.store().stats();
  const Key key = trial.key("a");
  co_await put(trial, entry_of(key, "1"));
  co_await put(trial, entry_of(trial.key("b"), "2"));
  const std::vector<Key> keys{key, trial.key("no"), trial.key("b"), key, trial.key("no")};
  trial.must(co_await trial.store().get(keys, trial.soon()), 5, "get");
  const BackendStats after = trial.store().stats();
  trial.equal(after.hits - before.hits, trial.can().values ? 3U : 0U, "hits");
  trial.equal(after.misses - before.misses, trial.can().values ? 2U : 5U, "misses");
  trial.equal(after.writes - before.writes, 2U, "writes");
  trial.equal(after.errors - before.errors, 0U, "errors");
  trial.equal(after.corrupt, 0U, "corrupt");
}

awaitable<void> counts_the_entries_it_has(Trial& trial) {
  for (const char* id : {"a", "b", "c"}) {
    co_await put(trial, entry_of(trial.key(id), "text"));
  }
  co_await erase(trial, trial.key("b"));
  // A store that cannot tell a gauge leaves it empty, which is the right answer there.
  const BackendStats stats = trial.store().stats();
  trial.equal(stats.entries.value_or(trial.can().values ? 2 : 0), trial.can().values ? 2U : 0U,
              "entries");
  trial.expect(stats.bytes.value_or(1) > 0 || !trial.can().values, "bytes of two entries");
}

awaitable<void> closes_once_and_for_all(Trial& trial) {
  co_await trial.close();
  co_await trial.close();
  for (const VerbProbe& probe : verb_probes()) {
    trial.expect((co_await probe.call(trial, trial.soon())).has_value(),
                 "no verb works after a second close");
  }
}

// The same key in every group at once.
awaitable<void> keeps_the_verb_groups_apart(Trial& trial) {
  const Key key = trial.key("a");
  const std::span one(&key, 1);
  CacheBackend& store = trial.store();
  const Addition addition{.key = key, .delta = 5};
  const QuotaRequest request{.key = key, .quota = {.burst = 4}, .cost = 1};
  co_await put(trial, entry_of(key, "text"));
  std::optional<Epoch> epoch;
  if (trial.can().counters) {
    trial.must(co_await store.add(std::span(&addition, 1), trial.soon()), 1, "add");
  }
  if (trial.can().quotas) {
    trial.must(co_await store.take(std::span(&request, 1), trial.soon()), 1, "take");
  }
  if (trial.can().events) {
    trial.must(co_await store.append(key, Bytes::copy_of("e"), LogBounds(), trial.soon()),
               "append");
  }
  if (trial.can().epochs) {
    epoch = trial.must(co_await store.epochs(one, trial.soon()), 1, "epochs").front();
  }
  trial.equal(text_of(co_await get(trial, key)), trial.can().values ? "text" : "(miss)", "get");
  trial.equal(co_await erase(trial, key), trial.can().values, "erase");
  if (trial.can().counters) {
    const auto sums =
        trial.must(co_await store.add(std::span(&addition, 1), trial.soon()), 1, "add");
    trial.equal(sums.front(), 10, "the counter after erase of the value");
  }
  if (trial.can().quotas) {
    const auto left =
        trial.must(co_await store.take(std::span(&request, 1), trial.soon()), 1, "take");
    trial.equal(left.front().remaining, 2U, "the quota after erase of the value");
  }
  if (trial.can().events) {
    const EventPage page =
        trial.must(co_await store.read_after(key, EventPosition(), 10, trial.soon()), "read_after");
    trial.equal(page.events.size(), std::size_t{1}, "the log after erase of the value");
  }
  if (trial.can().epochs) {
    const auto now = trial.must(co_await store.epochs(one, trial.soon()), 1, "epochs");
    trial.expect(now.front() == epoch, "the epoch after erase of the value is what it was");
  }
}

}  // namespace

std::vector<Check> care_checks() {
  return {
      {"Care", "has_a_name_and_sensible_capabilities", nullptr,
       has_a_name_and_sensible_capabilities},
      {"Care", "answers_a_ping", nullptr, answers_a_ping},
      {"Care", "counts_what_was_asked_and_written", nullptr, counts_what_was_asked_and_written},
      {"Care", "counts_the_entries_it_has", nullptr, counts_the_entries_it_has},
      {"Care", "closes_once_and_for_all", nullptr, closes_once_and_for_all},
      {"Care", "keeps_the_verb_groups_apart", nullptr, keeps_the_verb_groups_apart},
  };
}

}  // namespace larder::testkit
