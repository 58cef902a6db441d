// Bounds: how the byte bound of the options is divided. README.md has the table.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

namespace larder::memory {

struct Bounds {
  // The least store: one shard in which a value of 1 MiB fits beside full other tables.
  static constexpr std::size_t kBytesMin = std::size_t{2} << 20;
  // A shard is worth its lock from here on; smaller ones would bound values too tightly.
  static constexpr std::size_t kShardBytesMin = std::size_t{16} << 20;
  static constexpr std::size_t kShardsMax = 64;
  static constexpr std::size_t kValueBytesLeast = std::size_t{1} << 20;

  std::size_t message_bytes;    // subscriptions and the messages that wait for them
  std::size_t watch_bytes;      // changes that wait for watches
  std::size_t shards;           // a power of two
  std::size_t shard_bytes;      // everything in one shard
  std::size_t held_bytes;       // of a shard: leases, counters and quotas
  std::size_t epoch_bytes;      // of a shard: epochs
  std::size_t log_bytes;        // of a shard: event logs
  std::size_t value_bytes_max;  // the largest value

  [[nodiscard]] static constexpr Bounds of(std::size_t bytes_max) noexcept {
    const std::size_t message_bytes = bytes_max / 16;
    const std::size_t watch_bytes = bytes_max / 32;
    const std::size_t shards =
        std::clamp<std::size_t>(std::bit_floor(bytes_max / kShardBytesMin), 1, kShardsMax);
    const std::size_t shard_bytes = (bytes_max - message_bytes - watch_bytes) / shards;
    return Bounds{.message_bytes = message_bytes,
                  .watch_bytes = watch_bytes,
                  .shards = shards,
                  .shard_bytes = shard_bytes,
                  .held_bytes = shard_bytes / 8,
                  .epoch_bytes = shard_bytes / 8,
                  .log_bytes = shard_bytes / 8,
                  .value_bytes_max = std::max(shard_bytes / 2, kValueBytesLeast)};
  }
};

// Five eighths of the least shard are always left for values: 1 MiB and the most that a
// key, 16 tags and the bookkeeping of one entry cost.
static_assert(Bounds::of(Bounds::kBytesMin).shard_bytes / 8 * 5 >
              Bounds::kValueBytesLeast + (std::size_t{32} << 10));

}  // namespace larder::memory
