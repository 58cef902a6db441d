#include <larder/cache/metrics.hpp>

#include <algorithm>
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metric_lines.hpp"

namespace larder {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

CacheFigures with_everything() {
  return CacheFigures{.cache = "pages",
                      .store = "redis",
                      .backend = BackendStats{.entries = 3, .bytes = 400},
                      .breaker = BreakerStats{},
                      .near_tier = NearTierStats{},
                      .codec = CodecStats{}};
}

std::string text_of(const CacheFigures& figures) { return prometheus_text(std::span(&figures, 1)); }

TEST(CacheMetrics, are_those_that_the_documentation_lists) {
  EXPECT_THAT(documented_metrics(LARDER_METRICS_FILE),
              IsSupersetOf(metric_lines(text_of(with_everything()))));
}

TEST(CacheMetrics, tell_the_figures_by_tier_cause_and_reason) {
  CacheFigures figures = with_everything();
  figures.stats = CacheStats{.hits = 7,
                             .misses_absent = 1,
                             .misses_unreadable = 2,
                             .loads = 10,
                             .load_failures = 3,
                             .load_timeouts = 1,
                             .loads_running = 1,
                             .stale_after_failure = 4,
                             .store_reads_fail = true};
  figures.backend->evictions = 11;
  figures.backend->expirations = 12;
  figures.near_tier = NearTierStats{.hits_near = 5, .hits_remote = 2, .live = true};
  figures.breaker->writes = {.opens = 1, .refused = 9, .probes = 2, .open = true};
  const std::string text = text_of(figures);
  for (const char* line :
       {"larder_cache_hits_total{cache=\"pages\"} 7\n",
        "larder_cache_misses_total{cache=\"pages\",cause=\"absent\"} 1\n",
        "larder_cache_misses_total{cache=\"pages\",cause=\"unreadable\"} 2\n",
        "larder_cache_loads_total{cache=\"pages\",result=\"ok\"} 5\n",
        "larder_cache_loads_total{cache=\"pages\",result=\"failed\"} 3\n",
        "larder_cache_stale_served_total{cache=\"pages\",reason=\"load_failed\"} 4\n",
        "larder_cache_degraded{cache=\"pages\",part=\"store_reads\"} 1\n",
        "larder_cache_degraded{cache=\"pages\",part=\"store_writes\"} 0\n",
        "larder_cache_degraded{cache=\"pages\",part=\"near_tier\"} 0\n",
        "larder_store_evictions_total{cache=\"pages\",store=\"redis\",cause=\"room\"} 11\n",
        "larder_store_evictions_total{cache=\"pages\",store=\"redis\",cause=\"age\"} 12\n",
        "larder_store_bytes{cache=\"pages\",store=\"redis\"} 400\n",
        "larder_near_hits_total{cache=\"pages\",tier=\"near\"} 5\n",
        "larder_breaker_refused_total{cache=\"pages\",direction=\"writes\"} 9\n",
        "larder_breaker_open{cache=\"pages\",direction=\"reads\"} 0\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(CacheMetrics, of_several_caches_stand_under_one_head_each) {
  const std::array caches{CacheFigures{.cache = "a"}, CacheFigures{.cache = "b"}};
  const std::string text = prometheus_text(caches);
  EXPECT_THAT(text, HasSubstr("# HELP larder_cache_hits_total Lookups answered by a fresh entry\n"
                              "# TYPE larder_cache_hits_total counter\n"
                              "larder_cache_hits_total{cache=\"a\"} 0\n"
                              "larder_cache_hits_total{cache=\"b\"} 0\n# "));
  EXPECT_TRUE(std::ranges::none_of(metric_lines(text),
                                   [](const auto& line) { return line.ends_with(" wrong"); }));
}

TEST(CacheMetrics, leave_out_what_a_cache_does_not_have) {
  CacheFigures figures = with_everything();
  figures.backend->bytes.reset();
  figures.breaker.reset();
  figures.near_tier.reset();
  figures.codec.reset();
  const std::string text = text_of(figures);
  EXPECT_THAT(text, HasSubstr("larder_store_entries"));
  for (const char* name :
       {"larder_store_bytes", "larder_breaker", "larder_near", "larder_codec", "near_tier"}) {
    EXPECT_THAT(text, Not(HasSubstr(name)));
  }
  EXPECT_EQ(prometheus_text({}), "");
}

TEST(CacheMetrics, escape_their_labels) {
  EXPECT_THAT(text_of({.cache = "a\"b\\c\nd"}),
              HasSubstr("larder_cache_hits_total{cache=\"a\\\"b\\\\c\\nd\"} 0\n"));
}

// A snapshot taken while loads end may count an end before its start.
TEST(CacheMetrics, never_wrap_around) {
  EXPECT_THAT(text_of({.cache = "a", .stats = {.loads = 1, .load_failures = 2}}),
              HasSubstr("larder_cache_loads_total{cache=\"a\",result=\"ok\"} 0\n"));
}

}  // namespace
}  // namespace larder
