#include "log_table.hpp"

#include <utility>

namespace larder::memory {
namespace {

// What an empty deque owns: its map and its first block.
constexpr std::size_t kDequeBytes = heap_bytes(64) + heap_bytes(512);

}  // namespace

std::size_t LogTable::cost_most(const Key& key, std::size_t payload_size) noexcept {
  return EventLog::cost(payload_size) + kDequeBytes + Logs::cost(key);
}

Result<EventPosition> LogTable::append(const Key& key, Bytes payload, const LogBounds& bounds,
                                       SteadyTime now) {
  const std::size_t bytes = EventLog::cost(payload.size());
  if (cost_most(key, payload.size()) > bytes_max_) {
    return fail(Errc::too_large, "event payload: more than the store keeps for logs");
  }
  Logs::Item* log = logs_.find(key, now);
  if (log == nullptr) {
    drop(key);
    log = &logs_.set(key, EventLog(random_.next()), SteadyTime::max());
    event_bytes_ += kDequeBytes;
  }
  // Not the first to go while room is made for itself.
  logs_.set_end(*log, SteadyTime::max());
  make_room(*log, bytes);
  event_bytes_ -= log->value.bytes();
  const EventPosition position = log->value.append(std::move(payload), bounds, now);
  event_bytes_ += log->value.bytes();
  logs_.set_end(*log, now + bounds.age_max);
  return position;
}

EventPage LogTable::read_after(const Key& key, EventPosition position, std::size_t count,
                               SteadyTime now) {
  Logs::Item* log = logs_.find(key, now);
  if (log == nullptr) {
    return EventPage{.events = {}, .last = {}, .gap = position != EventPosition{}};
  }
  event_bytes_ -= log->value.bytes();
  EventPage page = log->value.read_after(position, count, now);
  event_bytes_ += log->value.bytes();
  return page;
}

bool LogTable::reclaim_one(SteadyTime now) {
  const auto log = logs_.take_due(now);
  if (!log) {
    return false;
  }
  event_bytes_ -= log->bytes() + kDequeBytes;
  return true;
}

void LogTable::drop(const Key& key) {
  if (const auto log = logs_.take(key)) {
    event_bytes_ -= log->bytes() + kDequeBytes;
  }
}

void LogTable::make_room(Logs::Item& log, std::size_t bytes) {
  while (this->bytes() + bytes > bytes_max_) {
    if (Logs::Item* first = logs_.first(); first != &log) {
      drop(*first->key);
      continue;
    }
    if (log.value.empty()) {
      return;
    }
    event_bytes_ -= log.value.bytes();
    log.value.drop_oldest();
    event_bytes_ += log.value.bytes();
  }
}

}  // namespace larder::memory
