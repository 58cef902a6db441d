// The figures of caches, as Prometheus reads them.
//
//   body = prometheus_text(std::array{CacheFigures{.cache = "pages", .stats = cache.stats()}});
//
// docs/metrics.txt lists every name with its type, labels and meaning.
#pragma once

#include <optional>
#include <span>
#include <string>

#include <larder/cache/stats.hpp>
#include <larder/verbs.hpp>

namespace larder {

// One cache, what is under it, and what tells it from the others. Parts it does not have
// stay empty and are not written.
struct CacheFigures {
  std::string cache;  // the label `cache`; any text, one for each cache
  CacheStats stats{};
  std::string store{};  // the label `store`: the backend's type
  std::optional<BackendStats> backend{};
  std::optional<BreakerStats> breaker{};
  std::optional<NearTierStats> near_tier{};
  std::optional<CodecStats> codec{};
};

// The text format, version 0.0.4: all caches together, since a metric may stand in it once.
[[nodiscard]] std::string prometheus_text(std::span<const CacheFigures> caches);

}  // namespace larder
