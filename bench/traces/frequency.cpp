// S3-FIFO and W-TinyLFU.

#include <algorithm>
#include <cmath>

#include "id_list.hpp"
#include "simulated.hpp"

namespace larder::bench {
namespace {

// Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023: a small queue of
// 10 %, as many ghosts as main has entries, two reads lead from small to main.
class S3Fifo final : public Simulated {
 public:
  S3Fifo(std::size_t bytes, std::uint32_t keys)
      : bytes_(bytes), small_bytes_(bytes / 10), links_(keys), reads_(keys) {}

  bool access(const Request& request) override {
    const std::uint32_t id = request.id;
    if (small_.has(id) || main_.has(id)) {
      reads_[id] = static_cast<std::uint8_t>(std::min(3, reads_[id] + 1));
      return true;
    }
    if (request.size > bytes_) {
      return false;
    }
    while (small_.bytes() + main_.bytes() + request.size > bytes_) {
      evict();
    }
    reads_[id] = 0;
    if (ghosts_.has(id)) {
      ghosts_.remove(id);
      main_.push(id, request.size);
    } else {
      small_.push(id, request.size);
    }
    return false;
  }

 private:
  void evict() {
    if (!main_.empty() && (small_.empty() || small_.bytes() <= small_bytes_)) {
      evict_main();
      return;
    }
    const std::uint32_t id = small_.oldest();
    if (reads_[id] > 1) {
      reads_[id] = 0;
      small_.move_oldest_to(main_);
      return;
    }
    small_.move_oldest_to(ghosts_);
    while (ghosts_.bytes() > bytes_ - small_bytes_) {
      ghosts_.remove(ghosts_.oldest());
    }
  }

  void evict_main() {
    const std::uint32_t id = main_.oldest();
    if (reads_[id] > 0) {
      --reads_[id];
      main_.renew(id);
    } else {
      main_.remove(id);
    }
  }

  std::size_t bytes_;
  std::size_t small_bytes_;
  IdLinks links_;
  IdList small_{links_}, main_{links_}, ghosts_{links_};
  std::vector<std::uint8_t> reads_;
};

// Einziger et al., "Adaptive Software Cache Management", Middleware 2018: an LRU window before
// a segmented LRU, a popularity contest between, and a hill climber that sizes the window. It
// counts popularity exactly where the published one has a sketch.
class WTinyLfu final : public Simulated {
 public:
  WTinyLfu(std::size_t bytes, std::uint32_t keys)
      : bytes_(bytes), window_max_(bytes / 100), links_(keys), count_(keys) {}

  bool access(const Request& request) override {
    const std::uint32_t id = request.id;
    const bool hit = window_.has(id) || probation_.has(id) || protected_.has(id);
    note(id, hit);
    if (window_.has(id)) {
      window_.renew(id);
    } else if (protected_.has(id)) {
      protected_.renew(id);
    } else if (probation_.has(id)) {
      protected_.push(id, probation_.remove(id));
      trim_protected();
    } else if (request.size <= bytes_) {
      window_.push(id, request.size);
      balance();
    }
    return hit;
  }

 private:
  void note(std::uint32_t id, bool hit) {
    count_[id] = static_cast<std::uint8_t>(std::min(15, count_[id] + 1));
    if (++counted_ >= 10 * entries_max()) {
      for (std::uint8_t& count : count_) {
        count /= 2;
      }
      counted_ /= 2;
    }
    hits_ += hit ? 1 : 0;
    if (++sampled_ >= 10 * entries_max()) {
      climb();
    }
  }

  // The cache's entries, about: the reference is run on requests of one size.
  [[nodiscard]] std::size_t entries_max() const {
    return std::max<std::size_t>(1, bytes_ / kUnitSize);
  }

  void climb() {
    const double rate = static_cast<double>(hits_) / static_cast<double>(sampled_);
    const double change = rate - rate_before_;
    const double amount = change >= 0 ? step_ : -step_;
    const double start = 0.0625 * static_cast<double>(bytes_);
    step_ = std::abs(change) >= 0.05 ? std::copysign(start, amount) : 0.98 * amount;
    const double window = static_cast<double>(window_max_) + amount;
    window_max_ = static_cast<std::size_t>(
        std::clamp(window, static_cast<double>(bytes_) * 0.01, static_cast<double>(bytes_) * 0.99));
    rate_before_ = rate;
    hits_ = 0;
    sampled_ = 0;
    trim_protected();
    balance();
  }

  void trim_protected() {
    while (protected_.bytes() > (bytes_ - window_max_) / 10 * 8) {
      protected_.move_oldest_to(probation_);
    }
  }

  void balance() {
    const std::size_t least = std::max<std::size_t>(window_max_, kUnitSize);
    while (window_.bytes() > least) {
      const std::uint32_t candidate = window_.oldest();
      window_.move_oldest_to(probation_);
      while (window_.bytes() + probation_.bytes() + protected_.bytes() > bytes_) {
        contest(candidate);
      }
    }
    while (window_.bytes() + probation_.bytes() + protected_.bytes() > bytes_) {
      contest(kNoId);
    }
  }

  void contest(std::uint32_t candidate) {
    IdList& from = probation_.empty() ? (protected_.empty() ? window_ : protected_) : probation_;
    const std::uint32_t victim = from.oldest();
    const bool keeps_victim = candidate != kNoId && probation_.has(candidate) &&
                              victim != candidate && count_[candidate] <= count_[victim];
    keeps_victim ? probation_.remove(candidate) : from.remove(victim);
  }

  std::size_t bytes_;
  std::size_t window_max_;
  IdLinks links_;
  IdList window_{links_}, probation_{links_}, protected_{links_};
  std::vector<std::uint8_t> count_;
  std::size_t counted_ = 0, sampled_ = 0, hits_ = 0;
  double rate_before_ = 0;
  double step_ = 0.0625 * static_cast<double>(bytes_);
};

}  // namespace

Cache make_s3_fifo(std::size_t bytes, std::uint32_t keys) {
  return std::make_unique<S3Fifo>(bytes, keys);
}
Cache make_w_tinylfu(std::size_t bytes, std::uint32_t keys) {
  return std::make_unique<WTinyLfu>(bytes, keys);
}

}  // namespace larder::bench
