// GDSF and Belady: the entry of the least rank goes.

#include <limits>
#include <set>
#include <unordered_map>

#include "simulated.hpp"

namespace larder::bench {
namespace {

class Ranked : public Simulated {
 public:
  Ranked(std::size_t bytes, std::uint32_t keys) : bytes_(bytes), ranks_(keys, kAbsent) {}

  bool access(const Request& request) override {
    const std::uint32_t id = request.id;
    const bool hit = ranks_[id] != kAbsent;
    if (!hit && request.size > bytes_) {
      rank_of(request, hit);
      return false;
    }
    if (hit) {
      order_.erase({ranks_[id], id});
    } else {
      taken_ += request.size;
      sizes_[id] = request.size;
    }
    ranks_[id] = rank_of(request, hit);
    order_.insert({ranks_[id], id});
    while (taken_ > bytes_) {
      const auto [rank, victim] = *order_.begin();
      order_.erase(order_.begin());
      ranks_[victim] = kAbsent;
      taken_ -= sizes_[victim];
      on_evicted(rank);
    }
    return hit;
  }

 protected:
  virtual double rank_of(const Request& request, bool hit) = 0;
  virtual void on_evicted(double /*rank*/) {}

 private:
  static constexpr double kAbsent = -std::numeric_limits<double>::infinity();

  std::size_t bytes_;
  std::size_t taken_ = 0;
  std::vector<double> ranks_;
  std::unordered_map<std::uint32_t, std::uint32_t> sizes_;
  std::set<std::pair<double, std::uint32_t>> order_;
};

// Cherkasova, "Improving WWW Proxies Performance with Greedy-Dual-Size-Frequency Caching
// Policy", 1998: exact, with a sorted set.
class Gdsf final : public Ranked {
 public:
  Gdsf(std::size_t bytes, std::uint32_t keys) : Ranked(bytes, keys), uses_(keys) {}

 private:
  double rank_of(const Request& request, bool hit) override {
    uses_[request.id] = hit ? uses_[request.id] + 1 : 1;
    return inflation_ + uses_[request.id] / static_cast<double>(request.size);
  }
  void on_evicted(double rank) override { inflation_ = rank; }

  std::vector<double> uses_;
  double inflation_ = 0;
};

// Belady, "A study of replacement algorithms for a virtual-storage computer", 1966: what is
// asked for latest goes. The best there is where all sizes are the same.
class Belady final : public Ranked {
 public:
  Belady(std::size_t bytes, const Trace& trace)
      : Ranked(bytes, trace.keys), next_(trace.requests.size()) {
    std::vector<double> seen(trace.keys, std::numeric_limits<double>::max());
    for (std::size_t at = trace.requests.size(); at-- > 0;) {
      next_[at] = seen[trace.requests[at].id];
      seen[trace.requests[at].id] = static_cast<double>(at);
    }
  }

 private:
  double rank_of(const Request& /*request*/, bool /*hit*/) override { return -next_[at_++]; }

  std::vector<double> next_;
  std::size_t at_ = 0;
};

}  // namespace

Cache make_gdsf(std::size_t bytes, std::uint32_t keys) {
  return std::make_unique<Gdsf>(bytes, keys);
}
Cache make_belady(std::size_t bytes, const Trace& trace) {
  return std::make_unique<Belady>(bytes, trace);
}

}  // namespace larder::bench
