// RecordIndex: finds a record by its key, and owns all records. A chained hash table of a
// power-of-two size. The top bits of a hash choose the bucket, so the buckets stand in the
// order of hashes at every size, and a scan goes on at a hash whatever the size is by then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "record.hpp"

namespace larder::memory {

class RecordIndex {
 public:
  RecordIndex() : buckets_(kBucketsMin) {}

  [[nodiscard]] Record* find(std::uint64_t hash, const Key& key) const noexcept;

  // Its key must not be there yet.
  Record& add(std::unique_ptr<Record> record);
  std::unique_ptr<Record> remove(Record& record);

  // So that the next add() allocates nothing.
  void reserve_one();

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t buckets() const noexcept { return buckets_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return buckets_.size() * sizeof(Bucket); }

  // Visits the records of one bucket whose hashes are `from` or above. Answers where the
  // next bucket begins; nullopt after the last one.
  template <typename Visit>
  std::optional<std::uint64_t> visit_bucket(std::uint64_t from, Visit&& visit) const {
    const std::size_t bucket = bucket_of(from);
    for (const Record* record = buckets_[bucket].get(); record != nullptr;
         record = record->chain.get()) {
      if (record->hash >= from) {
        visit(*record);
      }
    }
    if (bucket + 1 == buckets_.size()) {
      return std::nullopt;
    }
    return static_cast<std::uint64_t>(bucket + 1) << shift_;
  }

 private:
  using Bucket = std::unique_ptr<Record>;
  static constexpr std::size_t kBucketsMin = 16;

  [[nodiscard]] std::size_t bucket_of(std::uint64_t hash) const noexcept { return hash >> shift_; }
  void resize(std::size_t buckets);

  std::vector<Bucket> buckets_;
  unsigned shift_ = 60;  // 64 minus the bits that choose a bucket
  std::size_t size_ = 0;
};

}  // namespace larder::memory
