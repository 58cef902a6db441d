// Runs each policy over each trace and prints a line of JSON for each trace, policy and size.
//
//   bench_traces TRACE ...   a file, or the name of one of our own
//   bench_traces --ours TRACE ...   our policy alone, which is quick

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <functional>
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

enum class Ends : std::uint8_t { never, by_ttl };

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

  void print(std::string_view policy, const Size& size, const Misses& misses, Ends ends) {
    std::printf(R"({"trace": "%s", "sized": %s, "policy": "%.*s", "ttl": %s, "per_mille": %d, )"
                R"("objects": %zu, "object_misses": %.6f, "byte_misses": %.6f})"
                "\n",
                trace_.name.c_str(), trace_.sized ? "true" : "false",
                static_cast<int>(policy.size()), policy.data(),
                ends == Ends::never ? "false" : "true", size.per_mille, size.objects,
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

struct Contender {
  std::string_view name;
  Cache (*make)(std::size_t, std::uint32_t);
};
// W-TinyLFU and ARC are published for entries of one size.
constexpr std::array kUnitOnly = {Contender{"ARC", make_arc},
                                  Contender{"W-TinyLFU", make_w_tinylfu}};
constexpr std::array kAlways = {Contender{"larder", make_ours}, Contender{"FIFO", make_fifo},
                                Contender{"LRU", make_lru}, Contender{"S3-FIFO", make_s3_fifo},
                                Contender{"GDSF", make_gdsf}};

enum class Who : std::uint8_t { all, ours };

void run_all(const Trace& trace, Who who) {
  Reporter reporter(trace);
  for (const int per_mille : kPerMille) {
    const Size size = reporter.size(per_mille);
    const auto run_each = [&](std::span<const Contender> contenders) {
      for (const Contender& contender : contenders) {
        const Cache cache = contender.make(size.bytes, trace.keys);
        reporter.print(contender.name, size, run(*cache, trace), Ends::never);
        if (who == Who::ours) {
          break;
        }
      }
    };
    run_each(kAlways);
    if (!trace.sized && who == Who::all) {
      run_each(kUnitOnly);
    }
    if (who == Who::all) {
      reporter.print("Belady", size, run(*make_belady(size.bytes, trace), trace), Ends::never);
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
    const Cache ours = make_ours(size.bytes, trace.keys);
    reporter.print("larder", size, run_with_ttl(ours.get(), trace), Ends::by_ttl);
    const Cache gdsf = make_gdsf(size.bytes, trace.keys);
    reporter.print("GDSF", size, run_with_ttl(gdsf.get(), trace), Ends::by_ttl);
    reporter.print("floor", size, run_with_ttl(nullptr, trace), Ends::by_ttl);
  }
}

int main_of(std::span<char*> arguments) {
  Who who = Who::all;
  for (const std::string argument : arguments) {
    if (argument == "--ours") {
      who = Who::ours;
      continue;
    }
    const std::vector<std::string> own = synthetic_names();
    const Trace trace = std::ranges::find(own, argument) != own.end() ? synthetic_trace(argument)
                                                                      : read_trace(argument);
    run_all(trace, who);
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
