// Bounds: how the byte bound of the options is divided. README.md has the table.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

namespace larder::memory {

struct Bounds {
  // The least store: a value of 1 MiB fits beside full other tables.
  static constexpr std::size_t kBytesMin = std::size_t{2} << 20;
  // Lanes and shards keep threads from waiting for one another. Smaller ones would bound their
  // tables too tightly: a lane has room for leases only, a shard for the longest event log.
  static constexpr std::size_t kLaneBytesMin = std::size_t{256} << 10;
  static constexpr std::size_t kShardBytesMin = std::size_t{16} << 20;
  static constexpr std::size_t kLanesMax = 64;
  static constexpr std::size_t kShardsMax = 64;
  static constexpr std::size_t kValueBytesLeast = std::size_t{1} << 20;

  std::size_t message_bytes;    // subscriptions and the messages that wait for them
  std::size_t watch_bytes;      // changes that wait for watches
  std::size_t store_bytes;      // everything else
  std::size_t index_bytes;      // of the index of values, without its rare second blocks
  std::size_t lanes;            // a power of two
  std::size_t lease_bytes;      // of a lane
  std::size_t shards;           // a power of two
  std::size_t held_bytes;       // of a shard: counters and quotas
  std::size_t epoch_bytes;      // of a shard: epochs
  std::size_t log_bytes;        // of a shard: event logs
  std::size_t value_bytes_max;  // the largest value

  [[nodiscard]] static constexpr Bounds of(std::size_t bytes_max) noexcept {
    const std::size_t message_bytes = bytes_max / 16;
    const std::size_t watch_bytes = bytes_max / 32;
    const auto parts = [bytes_max](std::size_t bytes_min, std::size_t parts_max) {
      return std::clamp<std::size_t>(std::bit_floor(bytes_max / bytes_min), 1, parts_max);
    };
    const std::size_t lanes = parts(kLaneBytesMin, kLanesMax);
    const std::size_t shards = parts(kShardBytesMin, kShardsMax);
    const std::size_t store_bytes = bytes_max - message_bytes - watch_bytes;
    return Bounds{.message_bytes = message_bytes,
                  .watch_bytes = watch_bytes,
                  .store_bytes = store_bytes,
                  .index_bytes = store_bytes / 16,
                  .lanes = lanes,
                  .lease_bytes = store_bytes / lanes / 20,
                  .shards = shards,
                  .held_bytes = store_bytes / shards / 20,
                  .epoch_bytes = store_bytes / shards / 10,
                  .log_bytes = store_bytes / shards / 10,
                  .value_bytes_max = std::max(bytes_max / 16, kValueBytesLeast)};
  }
};

// Seven tenths of the least store are always left for values: 1 MiB, the most that a key, 16
// tags and the bookkeeping of one entry cost, the index, and a policy for small entries.
static_assert(Bounds::of(Bounds::kBytesMin).store_bytes / 10 * 7 >
              Bounds::kValueBytesLeast + Bounds::of(Bounds::kBytesMin).index_bytes +
                  (std::size_t{128} << 10));

}  // namespace larder::memory
