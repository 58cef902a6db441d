#include "eviction.hpp"

namespace larder::memory {

void RecordQueue::push(Record& record) noexcept {
  record.newer = nullptr;
  record.older = newest_;
  (newest_ == nullptr ? oldest_ : newest_->newer) = &record;
  newest_ = &record;
  bytes_ += record.bytes;
}

void RecordQueue::remove(Record& record) noexcept {
  (record.newer == nullptr ? newest_ : record.newer->older) = record.older;
  (record.older == nullptr ? oldest_ : record.older->newer) = record.newer;
  record.newer = nullptr;
  record.older = nullptr;
  bytes_ -= record.bytes;
}

void Eviction::add(Record& record, std::size_t records) noexcept {
  record.queue = ghosts_.take(record.hash, records) ? Queue::main : Queue::small;
  record.uses = 0;
  queue_of(record).push(record);
}

void Eviction::add_again(Record& record) noexcept { queue_of(record).push(record); }

bool Eviction::spare(Record& record) noexcept {
  // One read may be the end of the load that brought it; only a second one tells of use.
  const bool spared = record.queue == Queue::small ? record.uses > 1 : record.uses > 0;
  if (!spared) {
    return false;
  }
  queue_of(record).remove(record);
  record.uses =
      record.queue == Queue::small ? std::uint8_t{0} : static_cast<std::uint8_t>(record.uses - 1);
  record.queue = Queue::main;
  main_.push(record);
  return true;
}

Record* Eviction::victim() noexcept {
  Record* oldest = nullptr;
  for (int spared = 0; spared <= kSparedMax; ++spared) {
    const bool small_is_over = small_.bytes() > small_max_ || main_.oldest() == nullptr;
    oldest = small_is_over && small_.oldest() != nullptr ? small_.oldest() : main_.oldest();
    if (oldest == nullptr || spared == kSparedMax || !spare(*oldest)) {
      break;
    }
  }
  if (oldest != nullptr && oldest->queue == Queue::small) {
    ghosts_.add(oldest->hash);
  }
  return oldest;
}

}  // namespace larder::memory
