#include "value_table.hpp"

#include <utility>

namespace larder::memory {

ValueTable::ValueTable(std::size_t room_max, WatchHub& watches)
    : eviction_(room_max), watches_(watches) {
  eviction_.resize_ghosts(index_.buckets());
}

Record* ValueTable::find(std::uint64_t hash, const Key& key, SteadyTime now) {
  Record* record = index_.find(hash, key);
  if (record != nullptr && record->ends <= now) {
    ++expirations_;
    remove(*record);
    return nullptr;
  }
  return record;
}

Found ValueTable::read(Record& record, SteadyTime now) noexcept {
  eviction_.used(record);
  // Rounded up, since an entry that still lives must not be answered with no life.
  return Found{.entry = record.entry,
               .life_left = std::chrono::ceil<milliseconds>(record.ends - now),
               .version = record.version};
}

void ValueTable::write(Record* over, Record fresh, std::size_t room, SteadyTime now) {
  if (over != nullptr) {
    // Out of its queue and off the account, so that making room cannot evict it.
    eviction_.remove(*over);
    expiry_.remove(*over);
    record_bytes_ -= over->bytes;
    make_room(fresh.bytes, room, now);
    dead_.push_back(std::exchange(over->entry, std::move(fresh.entry)));
    over->version = fresh.version;
    over->ends = fresh.ends;
    over->bytes = fresh.bytes;
    eviction_.add_again(*over);
    expiry_.add(*over);
    record_bytes_ += over->bytes;
    watches_.changed(over->entry->key());
    return;
  }
  // The arrays grow first, so that room is made for them too.
  index_.reserve_one();
  expiry_.reserve_one();
  eviction_.resize_ghosts(index_.buckets());
  make_room(fresh.bytes, room, now);
  Record& record = index_.add(std::make_unique<Record>(std::move(fresh)));
  eviction_.add(record, index_.size());
  expiry_.add(record);
  record_bytes_ += record.bytes;
  watches_.changed(record.entry->key());
}

void ValueTable::erase(Record& record) { remove(record); }

void ValueTable::set_end(Record& record, SteadyTime ends) {
  record.ends = ends;
  expiry_.moved(record);
  watches_.changed(record.entry->key());
}

void ValueTable::shrink_to(std::size_t room, SteadyTime now) { make_room(0, room, now); }

bool ValueTable::reclaim_one(SteadyTime now) {
  Record* record = expiry_.due(now);
  if (record == nullptr) {
    return false;
  }
  ++expirations_;
  remove(*record);
  return true;
}

void ValueTable::make_room(std::size_t bytes, std::size_t room, SteadyTime now) {
  while (this->bytes() + bytes > room && drop_one(now)) {
  }
}

bool ValueTable::drop_one(SteadyTime now) {
  if (reclaim_one(now)) {
    return true;
  }
  Record* record = eviction_.victim();
  if (record == nullptr) {
    return false;
  }
  ++evictions_;
  remove(*record);
  return true;
}

void ValueTable::remove(Record& record) {
  eviction_.remove(record);
  expiry_.remove(record);
  record_bytes_ -= record.bytes;
  watches_.changed(record.entry->key());
  std::unique_ptr<Record> removed = index_.remove(record);
  dead_.push_back(std::move(removed->entry));
  eviction_.resize_ghosts(index_.buckets());
}

}  // namespace larder::memory
