#include "event_log.hpp"

#include <algorithm>
#include <utility>

#include "cost.hpp"

namespace larder::memory {

std::size_t EventLog::cost(std::size_t payload_size) noexcept {
  return sizeof(Kept) + payload_bytes(payload_size);
}

EventPosition EventLog::append(Bytes payload, const LogBounds& bounds, SteadyTime now) {
  age_max_ = bounds.age_max;
  drop_old(now);
  payload_bytes_ += payload.size();
  bytes_ += cost(payload.size());
  events_.push_back(Kept{.payload = std::move(payload), .appended = now});
  ++last_;
  while (events_.size() > bounds.events_max || payload_bytes_ > bounds.bytes_max) {
    drop_oldest();
  }
  return EventPosition{.log = id_, .sequence = last_};
}

EventPage EventLog::read_after(EventPosition position, std::size_t count, SteadyTime now) {
  drop_old(now);
  EventPage page;
  page.last = EventPosition{.log = id_, .sequence = last_};
  const bool before_everything = position == EventPosition{};
  const bool known = before_everything || position.log == id_;
  const std::uint64_t after = known ? position.sequence : 0;
  page.gap = !known || after + 1 < first();
  if (after >= last_) {
    return page;
  }
  const std::uint64_t from = std::max(after + 1, first());
  const std::size_t size = std::min<std::size_t>(count, last_ - from + 1);
  page.events.reserve(size);
  for (std::uint64_t sequence = from; sequence < from + size; ++sequence) {
    page.events.push_back(Event{.position = EventPosition{.log = id_, .sequence = sequence},
                                .payload = events_[sequence - first()].payload});
  }
  return page;
}

void EventLog::drop_old(SteadyTime now) {
  while (!events_.empty() && events_.front().appended + age_max_ <= now) {
    drop_oldest();
  }
}

void EventLog::drop_oldest() {
  const std::size_t size = events_.front().payload.size();
  payload_bytes_ -= size;
  bytes_ -= cost(size);
  events_.pop_front();
}

}  // namespace larder::memory
