// Runs each policy over each trace and prints a line of JSON for each trace, policy and size.
//
//   bench_traces [FILE ... | all our own: --synthetic [NAME ...]]

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <queue>
#include <span>
#include <string_view>

#include "simulated.hpp"
#include "trace.hpp"

namespace larder::bench {
namespace {

constexpr std::array kPerMille = {1, 10, 100};

struct Misses {
  std::size_t objects = 0;
  std::size_t bytes = 0;
};

struct Size {
  int per_mille;
  std::size_t bytes;
  std::size_t objects;  // that fit, about
};

struct Total {
  std::size_t bytes = 0;
  std::size_t footprint = 0;
};

Total total_of(const Trace& trace) {
  Total total;
  std::vector<bool> seen(trace.keys);
  for (const Request& request : trace.requests) {
    total.bytes += request.size;
    total.footprint += seen[request.id] ? 0 : request.size;
    seen[request.id] = true;
  }
  return total;
}

// `cache` may be null: then everything fits, and only what is new misses.
Misses run(Simulated& cache, const Trace& trace) {
  Misses misses;
  for (const Request& request : trace.requests) {
    if (!cache.access(request)) {
      ++misses.objects;
      misses.bytes += request.size;
    }
  }
  return misses;
}

// With an end of each entry's life, which the cache is told of. Without a cache: the floor, what
// misses where everything fits.
Misses run_with_ttl(Simulated* cache, const Trace& trace) {
  Misses misses;
  std::vector<std::uint32_t> ends(trace.keys);
  using End = std::pair<std::uint32_t, std::uint32_t>;
  std::priority_queue<End, std::vector<End>, std::greater<>> soonest;
  for (const Request& request : trace.requests) {
    while (!soonest.empty() && soonest.top().first <= request.time) {
      const auto [end, id] = soonest.top();
      soonest.pop();
      if (ends[id] == end && cache != nullptr) {
        cache->expire(id);
      }
    }
    const bool fresh = ends[request.id] > request.time;
    const bool hit = (cache == nullptr || cache->access(request)) && fresh;
    if (!hit) {
      ++misses.objects;
      misses.bytes += request.size;
      ends[request.id] = request.time + request.ttl;
      soonest.emplace(ends[request.id], request.id);
    }
  }
  return misses;
}

class Reporter {
 public:
  explicit Reporter(const Trace& trace) : trace_(trace), total_(total_of(trace)) {}

  [[nodiscard]] Size size(int per_mille) const {
    const std::size_t bytes = std::max<std::size_t>(
        total_.footprint / 1000 * static_cast<std::size_t>(per_mille), kUnitSize);
    return {per_mille, bytes, bytes / std::max<std::size_t>(1, total_.footprint / trace_.keys)};
  }

  void print(std::string_view policy, const Size& size, const Misses& misses,
             std::string_view ttl) {
    std::printf(R"({"trace": "%s", "sized": %s, "policy": "%.*s", "ttl": %.*s, "per_mille": %d, )"
                R"("objects": %zu, "object_misses": %.6f, "byte_misses": %.6f})"
                "\n",
                trace_.name.c_str(), trace_.sized ? "true" : "false",
                static_cast<int>(policy.size()), policy.data(), static_cast<int>(ttl.size()),
                ttl.data(), size.per_mille, size.objects,
                share(misses.objects, trace_.requests.size()), share(misses.bytes, total_.bytes));
    std::fflush(stdout);
  }

 private:
  static double share(std::size_t part, std::size_t whole) {
    return static_cast<double>(part) / static_cast<double>(std::max<std::size_t>(1, whole));
  }

  const Trace& trace_;
  Total total_;
};

struct Policy {
  std::string_view name;
  Cache (*make)(std::size_t, std::uint32_t);
};
// W-TinyLFU and ARC are published for entries of one size.
constexpr std::array kUnitOnly = {Policy{"ARC", make_arc}, Policy{"W-TinyLFU", make_w_tinylfu}};
constexpr std::array kAlways = {Policy{"larder", make_ours}, Policy{"FIFO", make_fifo},
                                Policy{"LRU", make_lru}, Policy{"S3-FIFO", make_s3_fifo},
                                Policy{"GDSF", make_gdsf}};

void run_all(const Trace& trace, bool ours_only) {
  Reporter reporter(trace);
  for (const int per_mille : kPerMille) {
    const Size size = reporter.size(per_mille);
    const auto run_each = [&](std::span<const Policy> policies) {
      for (const Policy& policy : policies) {
        const Cache cache = policy.make(size.bytes, trace.keys);
        reporter.print(policy.name, size, run(*cache, trace), "false");
        if (ours_only) {
          break;
        }
      }
    };
    run_each(kAlways);
    if (!trace.sized && !ours_only) {
      run_each(kUnitOnly);
    }
    if (!ours_only) {
      reporter.print("Belady", size, run(*make_belady(size.bytes, trace), trace), "false");
    }
  }
}

void run_ttl(const Trace& trace) {
  if (std::ranges::all_of(trace.requests, [](const Request& one) { return one.ttl == 0; })) {
    return;
  }
  Reporter reporter(trace);
  for (const int per_mille : kPerMille) {
    const Size size = reporter.size(per_mille);
    const Cache cache = make_ours(size.bytes, trace.keys);
    reporter.print("larder", size, run_with_ttl(cache.get(), trace), "true");
    reporter.print("floor", size, run_with_ttl(nullptr, trace), "true");
  }
}

int main_of(std::span<char*> arguments) {
  std::vector<Trace> traces;
  bool ours_only = false;
  for (const std::string argument : arguments) {
    if (argument == "--ours") {
      ours_only = true;
      continue;
    }
    const std::vector<std::string> own = synthetic_names();
    const Trace trace = std::ranges::find(own, argument) != own.end() ? synthetic_trace(argument)
                                                                      : read_trace(argument);
    run_all(trace, ours_only);
    run_ttl(trace);
  }
  return 0;
}

}  // namespace
}  // namespace larder::bench

int main(int count, char** words) {
  try {
    return larder::bench::main_of({words + 1, static_cast<std::size_t>(count - 1)});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_traces: %s\n", error.what());
    return 1;
  }
}
