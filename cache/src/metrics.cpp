#include <larder/cache/metrics.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace larder {
namespace {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Of one metric.
class Samples {
 public:
  explicit Samples(std::string_view name) noexcept : name_(name) {}

  // Of the cache that is asked now.
  void add(Labels labels, std::uint64_t value) {
    text_.append(name_).append("{cache=\"").append(escaped(cache_)).push_back('"');
    for (const auto& [label, text] : labels) {
      text_.append(",").append(label).append("=\"").append(escaped(text)).push_back('"');
    }
    text_.append("} ").append(std::to_string(value)).push_back('\n');
  }
  void add(std::uint64_t value) { add({}, value); }

  void set_cache(std::string_view cache) noexcept { cache_ = cache; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  static std::string escaped(std::string_view text) {
    std::string out;
    for (const char letter : text) {
      if (letter == '\n') {
        out.append("\\n");
        continue;
      }
      if (letter == '\\' || letter == '"') {
        out.push_back('\\');
      }
      out.push_back(letter);
    }
    return out;
  }

  std::string_view name_;
  std::string_view cache_;
  std::string text_;
};

struct Metric {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  void (*write)(const CacheFigures& of, Samples& out);
};

// Fields of a snapshot are read one after the other, so a sum may be ahead of its whole.
std::uint64_t rest(std::uint64_t whole, std::uint64_t parts) noexcept {
  return whole - std::min(whole, parts);
}

constexpr std::string_view kCounter = "counter";
constexpr std::string_view kGauge = "gauge";

constexpr std::array kCacheMetrics{
    Metric{"larder_cache_hits_total", kCounter, "Lookups answered by a fresh entry",
           [](const CacheFigures& of, Samples& out) { out.add(of.stats.hits); }},
    Metric{"larder_cache_misses_total", kCounter, "Lookups not answered by the store, by cause",
           [](const CacheFigures& of, Samples& out) {
             out.add({{"cause", "absent"}}, of.stats.misses_absent);
             out.add({{"cause", "expired"}}, of.stats.misses_expired);
             out.add({{"cause", "invalidated"}}, of.stats.misses_invalidated);
             out.add({{"cause", "unreadable"}}, of.stats.misses_unreadable);
             out.add({{"cause", "unavailable"}}, of.stats.misses_unavailable);
           }},
    Metric{"larder_cache_loads_total", kCounter, "Loads that ended, by how",
           [](const CacheFigures& of, Samples& out) {
             const CacheStats& stats = of.stats;
             out.add({{"result", "ok"}},
                     rest(stats.loads, stats.load_failures + stats.load_timeouts +
                                           stats.loads_deserted + stats.loads_running));
             out.add({{"result", "failed"}}, stats.load_failures);
             out.add({{"result", "timeout"}}, stats.load_timeouts);
             out.add({{"result", "deserted"}}, stats.loads_deserted);
           }},
    Metric{"larder_cache_loads_running", kGauge, "Loads that run now",
           [](const CacheFigures& of, Samples& out) { out.add(of.stats.loads_running); }},
    Metric{"larder_cache_loads_refused_total", kCounter,
           "Loads not started since too many ran in the namespace",
           [](const CacheFigures& of, Samples& out) { out.add(of.stats.loads_refused); }},
    Metric{"larder_cache_loads_not_modified_total", kCounter,
           "Loads that found the stored value still right",
           [](const CacheFigures& of, Samples& out) { out.add(of.stats.not_modified); }},
    Metric{"larder_cache_background_loads_total", kCounter,
           "Loads that no caller waited for, by why they were started",
           [](const CacheFigures& of, Samples& out) {
             out.add({{"reason", "early_refresh"}}, of.stats.early_refreshes);
             out.add({{"reason", "revalidation"}}, of.stats.revalidations);
           }},
    Metric{"larder_cache_coalesced_total", kCounter, "Callers who shared another's load",
           [](const CacheFigures& of, Samples& out) { out.add(of.stats.coalesced); }},
    Metric{"larder_cache_errors_shared_total", kCounter,
           "Callers answered with the error of a load a moment ago",
           [](const CacheFigures& of, Samples& out) { out.add(of.stats.errors_shared); }},
    Metric{"larder_cache_stale_served_total", kCounter, "Outdated answers, by why they were given",
           [](const CacheFigures& of, Samples& out) {
             out.add({{"reason", "load_failed"}}, of.stats.stale_after_failure);
             out.add({{"reason", "revalidating"}}, of.stats.stale_while_revalidating);
             out.add({{"reason", "soft_deadline"}}, of.stats.stale_after_soft_deadline);
             out.add({{"reason", "overload"}}, of.stats.stale_for_overload);
           }},
    Metric{"larder_cache_leases_total", kCounter, "Leases granted to this process",
           [](const CacheFigures& of, Samples& out) { out.add(of.stats.leases); }},
    Metric{"larder_cache_lease_waits_total", kCounter,
           "Loads that waited for one in another process",
           [](const CacheFigures& of, Samples& out) { out.add(of.stats.lease_waits); }},
    Metric{"larder_cache_leases_void_total", kCounter,
           "Loads whose value was not stored since their lease was lost",
           [](const CacheFigures& of, Samples& out) { out.add(of.stats.leases_void); }},
    Metric{"larder_cache_invalidations_total", kCounter, "Tags whose entries were made outdated",
           [](const CacheFigures& of, Samples& out) { out.add(of.stats.invalidations); }},
    Metric{"larder_cache_clears_total", kCounter, "Namespaces whose entries were made outdated",
           [](const CacheFigures& of, Samples& out) { out.add(of.stats.clears); }},
    Metric{"larder_cache_store_errors_total", kCounter, "Calls to the store that failed",
           [](const CacheFigures& of, Samples& out) { out.add(of.stats.store_errors); }},
    Metric{"larder_cache_store_outages_total", kCounter,
           "Times the store stopped answering reads or writes",
           [](const CacheFigures& of, Samples& out) { out.add(of.stats.store_outages); }},
    Metric{"larder_cache_degraded", kGauge, "1 while the cache works without this part",
           [](const CacheFigures& of, Samples& out) {
             out.add({{"part", "store_reads"}}, of.stats.store_reads_fail ? 1 : 0);
             out.add({{"part", "store_writes"}}, of.stats.store_writes_fail ? 1 : 0);
             if (of.near_tier) {
               out.add({{"part", "near_tier"}}, of.near_tier->live ? 0 : 1);
             }
           }},
};

void write_store(const CacheFigures& of, Samples& out,
                 std::initializer_list<std::pair<std::string_view, std::uint64_t>> by,
                 std::string_view label) {
  for (const auto& [text, value] : by) {
    out.add({{"store", of.store}, {label, text}}, value);
  }
}

constexpr std::array kStoreMetrics{
    Metric{"larder_store_reads_total", kCounter, "Keys asked of the store, by answer",
           [](const CacheFigures& of, Samples& out) {
             write_store(of, out, {{"hit", of.backend->hits}, {"miss", of.backend->misses}},
                         "result");
           }},
    Metric{"larder_store_writes_total", kCounter, "Entries written to the store",
           [](const CacheFigures& of, Samples& out) {
             out.add({{"store", of.store}}, of.backend->writes);
           }},
    Metric{"larder_store_evictions_total", kCounter, "Entries the store dropped, by cause",
           [](const CacheFigures& of, Samples& out) {
             write_store(of, out,
                         {{"room", of.backend->evictions}, {"age", of.backend->expirations}},
                         "cause");
           }},
    Metric{"larder_store_corrupt_total", kCounter, "Stored entries that could not be read",
           [](const CacheFigures& of, Samples& out) {
             out.add({{"store", of.store}}, of.backend->corrupt);
           }},
    Metric{"larder_store_errors_total", kCounter, "Calls that the store ended in an error",
           [](const CacheFigures& of, Samples& out) {
             out.add({{"store", of.store}}, of.backend->errors);
           }},
    Metric{"larder_store_entries", kGauge, "Entries now in the store",
           [](const CacheFigures& of, Samples& out) {
             if (of.backend->entries) {
               out.add({{"store", of.store}}, *of.backend->entries);
             }
           }},
    Metric{"larder_store_bytes", kGauge, "Bytes the store now holds",
           [](const CacheFigures& of, Samples& out) {
             if (of.backend->bytes) {
               out.add({{"store", of.store}}, *of.backend->bytes);
             }
           }},
};

void write_directions(const CacheFigures& of, Samples& out,
                      std::uint64_t BreakerStats::Direction::* count) {
  out.add({{"direction", "reads"}}, of.breaker->reads.*count);
  out.add({{"direction", "writes"}}, of.breaker->writes.*count);
}

constexpr std::array kBreakerMetrics{
    Metric{"larder_breaker_open", kGauge, "1 while the breaker lets no call through but probes",
           [](const CacheFigures& of, Samples& out) {
             out.add({{"direction", "reads"}}, of.breaker->reads.open ? 1 : 0);
             out.add({{"direction", "writes"}}, of.breaker->writes.open ? 1 : 0);
           }},
    Metric{"larder_breaker_opens_total", kCounter, "Times the breaker opened",
           [](const CacheFigures& of, Samples& out) {
             write_directions(of, out, &BreakerStats::Direction::opens);
           }},
    Metric{"larder_breaker_refused_total", kCounter, "Calls refused by the open breaker",
           [](const CacheFigures& of, Samples& out) {
             write_directions(of, out, &BreakerStats::Direction::refused);
           }},
    Metric{"larder_breaker_probes_total", kCounter, "Calls let through to try the store again",
           [](const CacheFigures& of, Samples& out) {
             write_directions(of, out, &BreakerStats::Direction::probes);
           }},
};

constexpr std::array kNearMetrics{
    Metric{"larder_near_hits_total", kCounter, "Reads answered, by the tier that did",
           [](const CacheFigures& of, Samples& out) {
             out.add({{"tier", "near"}}, of.near_tier->hits_near);
             out.add({{"tier", "remote"}}, of.near_tier->hits_remote);
           }},
    Metric{"larder_near_misses_total", kCounter, "Reads that neither tier answered",
           [](const CacheFigures& of, Samples& out) { out.add(of.near_tier->misses); }},
    Metric{"larder_near_coalesced_total", kCounter, "Reads that shared another's fetch",
           [](const CacheFigures& of, Samples& out) { out.add(of.near_tier->coalesced); }},
    Metric{"larder_near_fills_total", kCounter, "Copies for the near tier, by what became of them",
           [](const CacheFigures& of, Samples& out) {
             out.add({{"result", "kept"}}, of.near_tier->fills);
             out.add({{"result", "killed"}}, of.near_tier->fills_killed);
             out.add({{"result", "refused"}}, of.near_tier->fills_refused);
           }},
    Metric{"larder_near_drops_total", kCounter, "Copies dropped since their key changed",
           [](const CacheFigures& of, Samples& out) { out.add(of.near_tier->drops); }},
    Metric{"larder_near_watch_losses_total", kCounter,
           "Times all copies were dropped since changes may have been missed",
           [](const CacheFigures& of, Samples& out) { out.add(of.near_tier->watch_losses); }},
};

constexpr std::array kCodecMetrics{
    Metric{"larder_codec_values_total", kCounter, "Values by what the codec did with them",
           [](const CacheFigures& of, Samples& out) {
             out.add({{"result", "compressed"}}, of.codec->compressed);
             out.add({{"result", "left_plain"}}, of.codec->left_plain);
             out.add({{"result", "encrypted"}}, of.codec->encrypted);
             out.add({{"result", "unreadable"}}, of.codec->unreadable);
           }},
    Metric{"larder_codec_compressed_bytes_total", kCounter,
           "Bytes of compressed values, before and after",
           [](const CacheFigures& of, Samples& out) {
             out.add({{"side", "before"}}, of.codec->bytes_before);
             out.add({{"side", "after"}}, of.codec->bytes_after);
           }},
};

template <typename Has>
void write(std::string& text, std::span<const Metric> metrics, std::span<const CacheFigures> caches,
           const Has& has) {
  for (const Metric& metric : metrics) {
    Samples samples(metric.name);
    for (const CacheFigures& of : caches) {
      if (has(of)) {
        samples.set_cache(of.cache);
        metric.write(of, samples);
      }
    }
    if (!samples.text().empty()) {
      text.append("# HELP ").append(metric.name).append(" ").append(metric.help);
      text.append("\n# TYPE ").append(metric.name).append(" ").append(metric.type);
      text.append("\n").append(samples.text());
    }
  }
}

}  // namespace

std::string prometheus_text(std::span<const CacheFigures> caches) {
  std::string text;
  write(text, kCacheMetrics, caches, [](const CacheFigures&) { return true; });
  write(text, kStoreMetrics, caches, [](const auto& of) { return of.backend.has_value(); });
  write(text, kBreakerMetrics, caches, [](const auto& of) { return of.breaker.has_value(); });
  write(text, kNearMetrics, caches, [](const auto& of) { return of.near_tier.has_value(); });
  write(text, kCodecMetrics, caches, [](const auto& of) { return of.codec.has_value(); });
  return text;
}

}  // namespace larder
