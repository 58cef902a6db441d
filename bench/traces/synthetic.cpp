// Traces of our own. They are invented: each shows one pattern that breaks some policy.

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "trace.hpp"

namespace larder::bench {
namespace {

using Random =
    std::mt19937_64;  // the same numbers everywhere, unlike the distributions of <random>

double uniform(Random& random) { return static_cast<double>(random() >> 11U) * 0x1p-53; }

// Rank 0 is asked for most.
class Zipf {
 public:
  Zipf(std::uint32_t ranks, double skew) : sums_(ranks) {
    double sum = 0;
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
      sum += std::pow(rank + 1.0, -skew);
      sums_[rank] = sum;
    }
  }
  std::uint32_t operator()(Random& random) const {
    const double at = uniform(random) * sums_.back();
    return static_cast<std::uint32_t>(std::ranges::upper_bound(sums_, at) - sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

// A size around `median`, seldom far from it; always the same for one id.
std::uint32_t size_of(std::uint32_t id, double median, double spread) {
  Random random(id * 2654435761U + 1);
  const double a = uniform(random);
  const double b = uniform(random);
  const double normal = std::sqrt(-2 * std::log(1 - a)) * std::cos(6.283185307179586 * b);
  return static_cast<std::uint32_t>(
      std::clamp(median * std::exp(spread * normal), 100.0, 1048576.0));
}

struct Builder {
  explicit Builder(std::uint64_t seed) : random(seed) {}
  void ask(std::uint32_t id, std::uint32_t size = kUnitSize, std::uint32_t ttl = 0) {
    trace.keys = std::max(trace.keys, id + 1);
    trace.requests.push_back({.id = id, .size = size, .time = time, .ttl = ttl});
  }
  [[nodiscard]] std::size_t asked() const { return trace.requests.size(); }

  Random random;
  Trace trace;
  std::uint32_t time = 0;
};

Trace zipf() {
  Builder to(1);
  const Zipf rank(200'000, 0.9);
  while (to.asked() < 2'000'000) {
    to.ask(rank(to.random));
  }
  return to.trace;
}

// Popular keys, and now and then somebody reads through all of a table once.
Trace scan() {
  Builder to(2);
  const std::uint32_t popular = 100'000;
  const Zipf rank(popular, 0.9);
  while (to.asked() < 2'000'000) {
    if (uniform(to.random) < 1.0 / 60'000) {
      const auto start = static_cast<std::uint32_t>(to.random() % 150'000);
      for (std::uint32_t block = 0; block < 40'000; ++block) {
        to.ask(popular + start + block);
      }
    }
    to.ask(rank(to.random));
  }
  return to.trace;
}

// Loops of several lengths in turn, with a few popular keys between.
Trace loop() {
  Builder to(3);
  const Zipf rank(2'000, 0.8);
  std::uint32_t turn = 0;
  while (to.asked() < 1'500'000) {
    const std::uint32_t length = 1'000U << (turn++ % 5 * 1U);
    for (std::uint32_t round = 0; round < 8; ++round) {
      for (std::uint32_t at = 0; at < length; ++at) {
        to.ask(2'000 + length + at);
        if (uniform(to.random) < 0.1) {
          to.ask(rank(to.random));
        }
      }
    }
  }
  return to.trace;
}

// What is new is asked for most, and interest moves on: newest first, as in feeds.
Trace drift() {
  Builder to(4);
  const Zipf age(60'000, 1.05);
  for (std::uint32_t newest = 60'000; newest < 360'000; ++newest) {
    for (int asked = 0; asked < 5; ++asked) {
      to.ask(newest - age(to.random));
    }
  }
  return to.trace;
}

// Files of a web site: many are asked for once, sizes differ by orders of magnitude.
Trace cdn() {
  Builder to(5);
  const Zipf rank(150'000, 0.85);
  std::uint32_t once = 150'000;
  while (to.asked() < 2'000'000) {
    const std::uint32_t id = uniform(to.random) < 0.15 ? once++ : rank(to.random);
    to.ask(id, size_of(id, 12'000, 1.8));
  }
  to.trace.sized = true;
  return to.trace;
}

// Small values of a key-value store, whose popular keys change slowly.
Trace kv() {
  Builder to(6);
  const Zipf rank(120'000, 1.0);
  while (to.asked() < 2'500'000) {
    const auto moved = static_cast<std::uint32_t>(to.asked() / 25);
    const std::uint32_t at = rank(to.random);
    // Every key's rank is its own number, moved; the scrambling keeps neighbours apart.
    const std::uint32_t id = at % 3 == 0 ? 120'000 + (at + moved) % 220'000 : at;
    to.ask(id, size_of(id, 300, 0.9));
  }
  to.trace.sized = true;
  return to.trace;
}

// Calls of tools through a gateway. Four kinds of tools: how long an answer stays fresh, how
// large it is, how many different arguments it is asked with. A quarter of the calls repeat one
// of the same session; some are asked once and never again.
Trace mcp() {
  struct Tool {
    std::uint32_t first;
    std::uint32_t ttl;
    double size;
    Zipf argument;
  };
  Builder to(7);
  std::vector<Tool> tools;
  tools.push_back({0, 30, 800, Zipf(30'000, 0.9)});
  tools.push_back({30'000, 300, 3'000, Zipf(100'000, 0.9)});
  tools.push_back({130'000, 3'600, 6'000, Zipf(120'000, 0.8)});
  tools.push_back({250'000, 86'400, 20'000, Zipf(50'000, 0.8)});
  std::uint32_t once = 300'000;
  std::vector<Request> lately(256);
  while (to.asked() < 2'000'000) {
    to.time = static_cast<std::uint32_t>(to.asked() / 50);
    const double kind = uniform(to.random);
    const Tool& tool = tools[to.random() % tools.size()];
    Request& slot = lately[to.random() % lately.size()];
    if (kind < 0.25 && slot.size != 0) {
      to.ask(slot.id, slot.size, slot.ttl);
      continue;
    }
    const std::uint32_t id = kind < 0.40 ? once++ : tool.first + tool.argument(to.random);
    to.ask(id, size_of(id, tool.size, 1.2), tool.ttl);
    slot = to.trace.requests.back();
  }
  to.trace.sized = true;
  return to.trace;
}

const std::map<std::string, Trace (*)()> kTraces = {
    {"zipf", zipf}, {"scan", scan}, {"loop", loop}, {"drift", drift},
    {"cdn", cdn},   {"kv", kv},     {"mcp", mcp}};

}  // namespace

std::vector<std::string> synthetic_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : kTraces) {
    names.push_back(name);
  }
  return names;
}

Trace synthetic_trace(const std::string& name) {
  Trace trace = kTraces.at(name)();
  trace.name = name;
  return trace;
}

}  // namespace larder::bench
