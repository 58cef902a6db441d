#include "record_index.hpp"

#include <bit>
#include <utility>

namespace larder::memory {

Record* RecordIndex::find(std::uint64_t hash, const Key& key) const noexcept {
  Record* record = buckets_[bucket_of(hash)].get();
  while (record != nullptr && (record->hash != hash || record->entry->key_text() != key.text())) {
    record = record->chain.get();
  }
  return record;
}

Record& RecordIndex::add(std::unique_ptr<Record> record) {
  reserve_one();
  Bucket& bucket = buckets_[bucket_of(record->hash)];
  record->chain = std::move(bucket);
  bucket = std::move(record);
  ++size_;
  return *bucket;
}

std::unique_ptr<Record> RecordIndex::remove(Record& record) {
  Bucket* place = &buckets_[bucket_of(record.hash)];
  while (place->get() != &record) {
    place = &(*place)->chain;
  }
  std::unique_ptr<Record> removed = std::move(*place);
  *place = std::move(removed->chain);
  --size_;
  if (buckets_.size() > kBucketsMin && size_ < buckets_.size() / 8) {
    resize(buckets_.size() / 2);
  }
  return removed;
}

void RecordIndex::reserve_one() {
  if (size_ == buckets_.size()) {
    resize(buckets_.size() * 2);
  }
}

void RecordIndex::resize(std::size_t buckets) {
  std::vector<Bucket> old = std::exchange(buckets_, std::vector<Bucket>(buckets));
  shift_ = 64U - static_cast<unsigned>(std::countr_zero(buckets));
  for (Bucket& head : old) {
    while (head != nullptr) {
      Bucket record = std::move(head);
      head = std::move(record->chain);
      Bucket& bucket = buckets_[bucket_of(record->hash)];
      record->chain = std::move(bucket);
      bucket = std::move(record);
    }
  }
}

}  // namespace larder::memory
