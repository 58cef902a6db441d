// append, read_after: dense, ordered logs.
#include "conformance/events.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "conformance/groups.hpp"

namespace larder::testkit {

awaitable<EventPosition> append(Trial& trial, Key log, std::string text, LogBounds bounds,
                                Where where) {
  co_return trial.must(
      co_await trial.store().append(log, Bytes(std::move(text)), bounds, trial.soon()), "append",
      where);
}

awaitable<EventPage> read_after(Trial& trial, Key log, EventPosition position, std::size_t count,
                                Where where) {
  co_return trial.must(co_await trial.store().read_after(log, position, count, trial.soon()),
                       "read_after", where);
}

std::string words(const EventPage& page) {
  std::string text = page.gap ? "gap:" : "";
  for (const Event& event : page.events) {
    text.append(text.empty() ? "" : " ").append(event.payload.view());
  }
  return text;
}

namespace {

awaitable<void> numbers_events_from_one_without_holes(Trial& trial) {
  const Key log = trial.key("a");
  std::vector<EventPosition> positions;
  for (const char* text : {"a", "b", "c"}) {
    positions.push_back(co_await append(trial, log, text));
    trial.equal(positions.back().sequence, positions.size(), "sequence");
    trial.expect(positions.back().log == positions.front().log, "the log is the same");
  }
  trial.expect(positions.front().log != 0, "a log that exists is not that of the default position");
  const EventPage page = co_await read_after(trial, log, EventPosition());
  trial.equal(words(page), "a b c", "everything, oldest first");
  trial.expect(page.last == positions.back(), "last is the position of the last event");
  for (std::size_t i = 0; i < page.events.size() && i < positions.size(); ++i) {
    trial.expect(page.events[i].position == positions[i], "an event tells its own position");
  }
}

awaitable<void> reads_on_from_a_position(Trial& trial) {
  const Key log = trial.key("a");
  const EventPosition first = co_await append(trial, log, "a");
  co_await append(trial, log, "b");
  const EventPosition last = co_await append(trial, log, "c");
  trial.equal(words(co_await read_after(trial, log, first)), "b c", "after the first");
  const EventPage end = co_await read_after(trial, log, last);
  trial.equal(words(end), "", "after the last");
  trial.expect(end.last == last, "last, when there is nothing after it");
  co_await append(trial, log, "d");
  trial.equal(words(co_await read_after(trial, log, last)), "d", "after the last, later");
}

awaitable<void> reads_page_by_page(Trial& trial) {
  const Key log = trial.key("a");
  EventPosition last;
  for (const char* text : {"a", "b", "c", "d", "e"}) {
    last = co_await append(trial, log, text);
  }
  std::string pages;
  EventPosition position;
  for (int i = 0; i < 4; ++i) {
    const EventPage page = co_await read_after(trial, log, position, 2);
    pages.append("[").append(words(page)).append("]");
    trial.expect(page.last == last, "last is that of the log, not of the page");
    position = page.events.empty() ? position : page.events.back().position;
  }
  trial.equal(pages, "[a b][c d][e][]", "pages of two");
}

awaitable<void> has_nothing_in_a_log_that_does_not_exist(Trial& trial) {
  const EventPage page = co_await read_after(trial, trial.key("no"), EventPosition());
  trial.equal(words(page), "", "the default position, no log");
  trial.expect(page.last == EventPosition(), "last is the default position");
  const EventPosition lost{.log = 0x1234'5678'9ABC'DEF0U, .sequence = 7};
  trial.equal(words(co_await read_after(trial, trial.key("no"), lost)),
              "gap:", "a position of a log that was lost, no log");
}

awaitable<void> recognises_a_position_of_a_lost_log(Trial& trial) {
  const Key log = trial.key("a");
  const EventPosition first = co_await append(trial, log, "a");
  co_await append(trial, log, "b");
  const EventPosition lost{.log = first.log ^ 1, .sequence = 1};
  trial.equal(words(co_await read_after(trial, log, lost)), "gap: a b",
              "after a position of another log");
}

awaitable<void> keeps_logs_apart_and_any_bytes(Trial& trial) {
  const std::string bytes("\0\xFF\n", 3);
  co_await append(trial, trial.key("a"), bytes);
  co_await append(trial, trial.key("a"), "");
  co_await append(trial, trial.key("b"), "other");
  trial.equal(words(co_await read_after(trial, trial.key("a"), EventPosition())), bytes + " ",
              "payloads with NUL bytes, and empty");
  trial.equal(words(co_await read_after(trial, trial.key("b"), EventPosition())), "other",
              "another log");
}

awaitable<void> refuses_counts_and_bounds_out_of_range(Trial& trial) {
  const Key log = trial.key("a");
  CacheBackend& store = trial.store();
  for (const std::size_t count : {std::size_t{0}, std::size_t{1001}}) {
    trial.fails(co_await store.read_after(log, EventPosition(), count, trial.soon()),
                Errc::invalid_argument, "read_after");
  }
  for (const LogBounds bounds :
       {LogBounds{.events_max = 0}, LogBounds{.bytes_max = 0},
        LogBounds{.age_max = milliseconds(0)}, LogBounds{.age_max = milliseconds(-1)}}) {
    trial.fails(co_await store.append(log, Bytes::copy_of("a"), bounds, trial.soon()),
                Errc::invalid_argument, "append");
  }
  trial.equal(words(co_await read_after(trial, log, EventPosition())), "", "the log afterwards");
}

awaitable<void> appends_nothing_when_the_deadline_is_past(Trial& trial) {
  const Key log = trial.key("a");
  trial.fails(co_await trial.store().append(log, Bytes::copy_of("late"), LogBounds(), trial.past()),
              Errc::timeout, "append");
  trial.equal(words(co_await read_after(trial, log, EventPosition())), "", "the log afterwards");
}

awaitable<void> gives_many_appenders_dense_positions(Trial& trial) {
  constexpr int kSteps = 10;
  const Key log = trial.key("a");
  const auto appender = [&](std::size_t number) -> awaitable<std::vector<std::uint64_t>> {
    std::vector<std::uint64_t> sequences;
    for (int step = 0; step < kSteps; ++step) {
      sequences.push_back((co_await append(trial, log, std::to_string(number))).sequence);
    }
    trial.expect(std::ranges::is_sorted(sequences), "one appender's positions only grow");
    co_return sequences;
  };
  std::vector<awaitable<std::vector<std::uint64_t>>> appenders;
  for (std::size_t i = 0; i < Trial::kCallers; ++i) {
    appenders.push_back(appender(i));
  }
  std::map<std::uint64_t, std::string> wanted;
  const auto answers = co_await trial.together(std::move(appenders));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    for (const std::uint64_t sequence : answers[i]) {
      trial.expect(wanted.emplace(sequence, std::to_string(i)).second, "a position is given once");
    }
  }
  const EventPage page = co_await read_after(trial, log, EventPosition());
  trial.equal(page.events.size(), Trial::kCallers * kSteps, "events");
  std::uint64_t next = 1;
  for (const Event& event : page.events) {
    trial.equal(event.position.sequence, next, "sequence");
    trial.equal(std::string(event.payload.view()), wanted[next], "the payload at its position");
    ++next;
  }
}

}  // namespace

std::vector<Check> event_checks() {
  constexpr auto kNeeds = &Capabilities::events;
  return {
      {"Events", "numbers_events_from_one_without_holes", kNeeds,
       numbers_events_from_one_without_holes},
      {"Events", "reads_on_from_a_position", kNeeds, reads_on_from_a_position},
      {"Events", "reads_page_by_page", kNeeds, reads_page_by_page},
      {"Events", "has_nothing_in_a_log_that_does_not_exist", kNeeds,
       has_nothing_in_a_log_that_does_not_exist},
      {"Events", "recognises_a_position_of_a_lost_log", kNeeds,
       recognises_a_position_of_a_lost_log},
      {"Events", "keeps_logs_apart_and_any_bytes", kNeeds, keeps_logs_apart_and_any_bytes},
      {"Events", "refuses_counts_and_bounds_out_of_range", kNeeds,
       refuses_counts_and_bounds_out_of_range},
      {"Events", "appends_nothing_when_the_deadline_is_past", kNeeds,
       appends_nothing_when_the_deadline_is_past},
      {"Events", "gives_many_appenders_dense_positions", kNeeds,
       gives_many_appenders_dense_positions},
  };
}

}  // namespace larder::testkit
