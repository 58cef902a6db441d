#include "remote/wire.hpp"

#include <memory>

namespace larder::testkit::wire {
namespace {

// Braces evaluate from left to right, so reading follows the order of writing.
Event take(Reader& from, Type<Event>) {
  return Event{.position = read<EventPosition>(from), .payload = read<Bytes>(from)};
}

void write(Writer& to, const Event& event) {
  write(to, event.position);
  write(to, event.payload);
}

TagEpoch take(Reader& from, Type<TagEpoch>) {
  return TagEpoch{.tag = read<Tag>(from), .epoch = read<Epoch>(from)};
}

void write(Writer& to, const TagEpoch& epoch) {
  write(to, epoch.tag);
  write(to, epoch.epoch);
}

}  // namespace

void write(Writer& to, const Entry& entry) {
  write(to, entry.key);
  write(to, entry.value);
  write(to, entry.life.fresh);
  write(to, entry.life.stale);
  write(to, entry.load_cost);
  write(to, entry.epochs.size());
  for (const TagEpoch& epoch : entry.epochs) {
    write(to, epoch);
  }
  write(to, entry.codec);
  write(to, entry.presence);
}
Entry take(Reader& from, Type<Entry>) {
  Entry entry{.key = read<Key>(from), .value = read<Bytes>(from)};
  entry.life.fresh = read<milliseconds>(from);
  entry.life.stale = read<milliseconds>(from);
  entry.load_cost = read<milliseconds>(from);
  for (std::size_t left = from.count(); left > 0; --left) {
    entry.epochs.push_back(take(from, Type<TagEpoch>()));
  }
  entry.codec = read<Codec>(from);
  entry.presence = read<Presence>(from);
  return entry;
}

void write(Writer& to, const Found& found) {
  write(to, found.entry->entry());
  write(to, found.life_left);
  write(to, found.version);
}
Found take(Reader& from, Type<Found>) {
  return Found{.entry = PackedEntry::pack(read<Entry>(from)),
               .life_left = read<milliseconds>(from),
               .version = read<Version>(from)};
}

void write(Writer& to, const PutItem& item) {
  write(to, item.entry);
  write(to, item.condition.index());
  const auto* wanted = std::get_if<IfVersion>(&item.condition);
  write(to, wanted == nullptr ? Version() : wanted->version);
}
PutItem take(Reader& from, Type<PutItem>) {
  PutItem item{.entry = read<Entry>(from)};
  const auto index = read<std::size_t>(from);
  const auto version = read<Version>(from);
  if (index == 1) {
    item.condition = IfAbsent();
  } else if (index == 2) {
    item.condition = IfVersion{.version = version};
  }
  return item;
}

void write(Writer& to, const PutOutcome& outcome) {
  write(to, outcome.stored);
  write(to, outcome.version);
}
PutOutcome take(Reader& from, Type<PutOutcome>) {
  return PutOutcome{.stored = read<bool>(from), .version = read<Version>(from)};
}

void write(Writer& to, const TouchItem& item) {
  write(to, item.key);
  write(to, item.fresh);
}
TouchItem take(Reader& from, Type<TouchItem>) {
  return TouchItem{.key = read<Key>(from), .fresh = read<milliseconds>(from)};
}

void write(Writer& to, const LeaseRequest& request) {
  write(to, request.key);
  write(to, request.hold);
  write(to, request.despite);
}
LeaseRequest take(Reader& from, Type<LeaseRequest>) {
  return LeaseRequest{.key = read<Key>(from),
                      .hold = read<milliseconds>(from),
                      .despite = read<std::optional<Version>>(from)};
}

void write(Writer& to, const LeaseAnswer& answer) {
  write(to, answer.state);
  write(to, answer.found);
  write(to, answer.token);
}
LeaseAnswer take(Reader& from, Type<LeaseAnswer>) {
  return LeaseAnswer{.state = read<LeaseState>(from),
                     .found = read<std::optional<Found>>(from),
                     .token = read<LeaseToken>(from)};
}

void write(Writer& to, const LeaseHold& lease) {
  write(to, lease.key);
  write(to, lease.token);
}
LeaseHold take(Reader& from, Type<LeaseHold>) {
  return LeaseHold{.key = read<Key>(from), .token = read<LeaseToken>(from)};
}

void write(Writer& to, const Fill& fill) {
  write(to, fill.entry);
  write(to, fill.token);
}
Fill take(Reader& from, Type<Fill>) {
  return Fill{.entry = read<Entry>(from), .token = read<LeaseToken>(from)};
}

void write(Writer& to, const Addition& addition) {
  write(to, addition.key);
  write(to, addition.delta);
  write(to, addition.life);
}
Addition take(Reader& from, Type<Addition>) {
  return Addition{
      .key = read<Key>(from), .delta = read<std::int64_t>(from), .life = read<milliseconds>(from)};
}

void write(Writer& to, const QuotaRequest& request) {
  write(to, request.key);
  write(to, request.quota.burst);
  write(to, request.quota.period);
  write(to, request.cost);
}
QuotaRequest take(Reader& from, Type<QuotaRequest>) {
  return QuotaRequest{
      .key = read<Key>(from),
      .quota = {.burst = read<std::uint32_t>(from), .period = read<milliseconds>(from)},
      .cost = read<std::uint32_t>(from)};
}

void write(Writer& to, const QuotaAnswer& answer) {
  write(to, answer.allowed);
  write(to, answer.remaining);
  write(to, answer.retry_after);
  write(to, answer.reset_after);
}
QuotaAnswer take(Reader& from, Type<QuotaAnswer>) {
  return QuotaAnswer{.allowed = read<bool>(from),
                     .remaining = read<std::uint32_t>(from),
                     .retry_after = read<milliseconds>(from),
                     .reset_after = read<milliseconds>(from)};
}

void write(Writer& to, const EventPosition& position) {
  write(to, position.log);
  write(to, position.sequence);
}
EventPosition take(Reader& from, Type<EventPosition>) {
  return EventPosition{.log = read<std::uint64_t>(from), .sequence = read<std::uint64_t>(from)};
}

void write(Writer& to, const LogBounds& bounds) {
  write(to, bounds.events_max);
  write(to, bounds.bytes_max);
  write(to, bounds.age_max);
}
LogBounds take(Reader& from, Type<LogBounds>) {
  return LogBounds{.events_max = read<std::size_t>(from),
                   .bytes_max = read<std::size_t>(from),
                   .age_max = read<milliseconds>(from)};
}

void write(Writer& to, const EventPage& page) {
  write(to, page.events.size());
  for (const Event& event : page.events) {
    write(to, event);
  }
  write(to, page.last);
  write(to, page.gap);
}
EventPage take(Reader& from, Type<EventPage>) {
  EventPage page;
  for (std::size_t left = from.count(); left > 0; --left) {
    page.events.push_back(take(from, Type<Event>()));
  }
  page.last = read<EventPosition>(from);
  page.gap = read<bool>(from);
  return page;
}

void write(Writer& to, const Notice& notice) {
  const auto* message = std::get_if<Message>(&notice);
  write(to, message != nullptr);
  if (message != nullptr) {
    write(to, message->channel);
    write(to, message->payload);
  }
}
Notice take(Reader& from, Type<Notice>) {
  if (!read<bool>(from)) {
    return MessagesLost();
  }
  return Message{.channel = read<Key>(from), .payload = read<Bytes>(from)};
}

void write(Writer& to, const Change& change) {
  const auto* changed = std::get_if<KeysChanged>(&change);
  write(to, changed != nullptr);
  if (changed != nullptr) {
    write(to, changed->keys);
  }
}
Change take(Reader& from, Type<Change>) {
  if (!read<bool>(from)) {
    return WatchLost();
  }
  return KeysChanged{.keys = read<std::vector<Key>>(from)};
}

void write(Writer& to, const ScanRequest& request) {
  write(to, request.name_space);
  write(to, request.cursor);
  write(to, request.count);
}
ScanRequest take(Reader& from, Type<ScanRequest>) {
  return ScanRequest{.name_space = read<std::string>(from),
                     .cursor = read<std::string>(from),
                     .count = read<std::size_t>(from)};
}

void write(Writer& to, const ScanPage& page) {
  write(to, page.keys);
  write(to, page.cursor);
}
ScanPage take(Reader& from, Type<ScanPage>) {
  return ScanPage{.keys = read<std::vector<Key>>(from), .cursor = read<std::string>(from)};
}

void write(Writer& to, const Capabilities& can) {
  for (const bool one :
       {can.values, can.conditions, can.leases, can.counters, can.quotas, can.epochs, can.events,
        can.messages, can.watch, can.scan, can.shared, can.durable}) {
    write(to, one);
  }
  write(to, can.value_bytes_max);
  write(to, can.batch_max);
}
Capabilities take(Reader& from, Type<Capabilities>) {
  Capabilities can;
  for (bool* one :
       {&can.values, &can.conditions, &can.leases, &can.counters, &can.quotas, &can.epochs,
        &can.events, &can.messages, &can.watch, &can.scan, &can.shared, &can.durable}) {
    *one = read<bool>(from);
  }
  can.value_bytes_max = read<std::size_t>(from);
  can.batch_max = read<std::size_t>(from);
  return can;
}

}  // namespace larder::testkit::wire
