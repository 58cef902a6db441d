// What a log drops at its bounds, it tells as a gap.
#include "conformance/events.hpp"
#include "conformance/groups.hpp"

namespace larder::testkit {
namespace {

awaitable<void> drops_the_oldest_over_events_max(Trial& trial) {
  const Key log = trial.key("a");
  const LogBounds bounds{.events_max = 3};
  std::vector<EventPosition> positions;
  for (const char* text : {"a", "b", "c", "d", "e"}) {
    positions.push_back(co_await append(trial, log, text, bounds));
  }
  trial.equal(positions.back().sequence, std::uint64_t{5}, "the sequence goes on counting");
  trial.equal(words(co_await read_after(trial, log, EventPosition())), "gap: c d e",
              "the default position, since the log has lost its beginning");
  trial.equal(words(co_await read_after(trial, log, positions[0])), "gap: c d e", "after a");
  trial.equal(words(co_await read_after(trial, log, positions[1])), "c d e", "after b");
  trial.equal(words(co_await read_after(trial, log, positions[2])), "d e", "after c");
  trial.equal(words(co_await read_after(trial, log, positions[0], 1)), "gap: c", "one after a");
}

awaitable<void> drops_the_oldest_over_bytes_max(Trial& trial) {
  const Key log = trial.key("a");
  const LogBounds bounds{.bytes_max = 10};
  const EventPosition first = co_await append(trial, log, "aaaa", bounds);
  const EventPosition second = co_await append(trial, log, "bbbb", bounds);
  trial.equal(words(co_await read_after(trial, log, EventPosition())), "aaaa bbbb", "within");
  co_await append(trial, log, "cccc", bounds);
  trial.equal(words(co_await read_after(trial, log, first)), "bbbb cccc", "after the first");
  co_await append(trial, log, "0123456789", bounds);
  trial.equal(words(co_await read_after(trial, log, second)), "gap: 0123456789",
              "after the second, when one event fills the log");
}

awaitable<void> refuses_an_event_larger_than_the_log(Trial& trial) {
  const Key log = trial.key("a");
  const LogBounds bounds{.bytes_max = 10};
  co_await append(trial, log, "before", bounds);
  trial.fails(
      co_await trial.store().append(log, Bytes::copy_of("0123456789+"), bounds, trial.soon()),
      Errc::too_large, "append");
  trial.equal(words(co_await read_after(trial, log, EventPosition())), "before", "the log");
  trial.equal((co_await append(trial, log, "after", bounds)).sequence, std::uint64_t{2},
              "the next sequence");
}

awaitable<void> drops_what_is_older_than_age_max(Trial& trial) {
  const Key log = trial.key("a");
  const LogBounds bounds{.age_max = milliseconds(600)};
  const EventPosition first = co_await append(trial, log, "a", bounds);
  co_await trial.pass(milliseconds(300));
  co_await append(trial, log, "b", bounds);
  trial.equal(words(co_await read_after(trial, log, EventPosition())), "a b", "within age_max");
  co_await trial.pass(milliseconds(300));
  trial.equal(words(co_await read_after(trial, log, EventPosition())), "gap: b",
              "the default position, since the log has lost its beginning");
  trial.equal(words(co_await read_after(trial, log, first)), "b", "after a");
}

// A store may forget an idle log whole, or remember where it ended; it must not pretend
// that a new log goes on where a reader stopped.
awaitable<void> hides_no_loss_when_an_idle_log_is_gone(Trial& trial) {
  const Key log = trial.key("a");
  const LogBounds bounds{.age_max = milliseconds(300)};
  const EventPosition first = co_await append(trial, log, "a", bounds);
  const EventPosition last = co_await append(trial, log, "b", bounds);
  co_await trial.pass(milliseconds(300));
  trial.expect((co_await read_after(trial, log, EventPosition())).events.empty(),
               "an idle log has no events after age_max");
  trial.equal(words(co_await read_after(trial, log, first)), "gap:", "after a: b was missed");

  const EventPosition next = co_await append(trial, log, "c", bounds);
  const bool goes_on = next.log == last.log;
  trial.equal(next.sequence, goes_on ? last.sequence + 1 : 1, "the sequence of the next event");
  trial.equal(words(co_await read_after(trial, log, last)), goes_on ? "c" : "gap: c", "after b");
  trial.equal(words(co_await read_after(trial, log, first)), "gap: c", "after a");
}

}  // namespace

std::vector<Check> event_bound_checks() {
  constexpr auto kNeeds = &Capabilities::events;
  return {
      {"Events", "drops_the_oldest_over_events_max", kNeeds, drops_the_oldest_over_events_max},
      {"Events", "drops_the_oldest_over_bytes_max", kNeeds, drops_the_oldest_over_bytes_max},
      {"Events", "refuses_an_event_larger_than_the_log", kNeeds,
       refuses_an_event_larger_than_the_log},
      {"Events", "drops_what_is_older_than_age_max", kNeeds, drops_what_is_older_than_age_max},
      {"Events", "hides_no_loss_when_an_idle_log_is_gone", kNeeds,
       hides_no_loss_when_an_idle_log_is_gone},
  };
}

}  // namespace larder::testkit
