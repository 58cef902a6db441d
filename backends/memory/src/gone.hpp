// Gone: entries on their way out. They are freed, and watches are told of them, when this is
// destroyed: declared before the lock it is filled under, that is after its release, since
// giving a large entry back to the system takes a while.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include <larder/packed_entry.hpp>

#include "watch_hub.hpp"

namespace larder::memory {

class Gone {
 public:
  static constexpr std::size_t kMax = 16;

  explicit Gone(WatchHub& watches) noexcept : watches_(watches) {}
  ~Gone() {
    for (std::size_t i = 0; i < size_; ++i) {
      if (told_[i]) {
        watches_.changed(*entries_[i]);
      }
      entries_[i]->drop();
    }
  }
  Gone(const Gone&) = delete;
  Gone& operator=(const Gone&) = delete;

  [[nodiscard]] bool full() const noexcept { return size_ == kMax; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  void add(EntryRef entry) noexcept { put(std::move(entry), true); }
  // Whoever overwrote it tells of it.
  void add_overwritten(EntryRef entry) noexcept { put(std::move(entry), false); }

  [[nodiscard]] std::span<const PackedEntry* const> entries() const noexcept {
    return std::span(entries_).first(size_);
  }

 private:
  void put(EntryRef entry, bool told) noexcept {
    entries_[size_] = entry.release();
    told_[size_] = told;
    ++size_;
  }

  WatchHub& watches_;
  std::size_t size_ = 0;
  // Uninitialised up to size_: most leave nothing or one, and every write has a few of these.
  std::array<const PackedEntry*, kMax> entries_;
  std::array<bool, kMax> told_;
};

}  // namespace larder::memory
