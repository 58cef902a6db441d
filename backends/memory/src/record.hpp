// Record: an entry as the store keeps it, with the links of the structures it is in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <larder/clock.hpp>
#include <larder/packed_entry.hpp>

#include "cost.hpp"

namespace larder::memory {

enum class Queue : std::uint8_t { small, main };

struct Record {
  EntryRef entry;  // never null
  Version version{};
  SteadyTime ends{};
  std::uint64_t hash = 0;         // of the key
  std::size_t bytes = 0;          // what it is charged
  std::unique_ptr<Record> chain;  // the next one in its bucket of the index
  Record* newer = nullptr;        // neighbours in its queue
  Record* older = nullptr;
  std::uint32_t heap_place = 0;
  Queue queue = Queue::small;
  std::uint8_t uses = 0;  // reads since it was queued, up to Eviction::kUsesMax
};

// Without the arrays of index, heap and ghosts, which are charged as they are.
[[nodiscard]] inline std::size_t record_bytes(const PackedEntry& entry) noexcept {
  return heap_bytes(sizeof(Record)) + entry_bytes(entry);
}

}  // namespace larder::memory
