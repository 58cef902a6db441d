// FIFO, LRU and ARC.

#include <algorithm>

#include "id_list.hpp"
#include "simulated.hpp"

namespace larder::bench {
namespace {

enum class OnHit : std::uint8_t { stay, renew };

class OneList final : public Simulated {
 public:
  OneList(std::size_t bytes, std::uint32_t keys, OnHit on_hit)
      : bytes_(bytes), links_(keys), on_hit_(on_hit) {}

  bool access(const Request& request) override {
    if (list_.has(request.id)) {
      if (on_hit_ == OnHit::renew) {
        list_.renew(request.id);
      }
      return true;
    }
    if (request.size <= bytes_) {
      while (list_.bytes() + request.size > bytes_) {
        list_.remove(list_.oldest());
      }
      list_.push(request.id, request.size);
    }
    return false;
  }

 private:
  std::size_t bytes_;
  IdLinks links_;
  IdList list_{links_};
  OnHit on_hit_;
};

// Megiddo and Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003, counted
// in bytes. once_ and often_ are its T1 and T2, gone_once_ and gone_often_ its B1 and B2.
class Arc final : public Simulated {
 public:
  Arc(std::size_t bytes, std::uint32_t keys) : bytes_(bytes), links_(keys) {}

  bool access(const Request& request) override {
    const std::uint32_t id = request.id;
    if (once_.has(id) || often_.has(id)) {
      (once_.has(id) ? once_ : often_).remove(id);
      often_.push(id, request.size);
      return true;
    }
    if (request.size > bytes_) {
      return false;
    }
    if (gone_once_.has(id)) {
      once_target_ = std::min(bytes_, once_target_ + step(request, gone_often_, gone_once_));
      make_room(request.size, false);
      gone_once_.remove(id);
      often_.push(id, request.size);
    } else if (gone_often_.has(id)) {
      const std::size_t step_down = step(request, gone_once_, gone_often_);
      once_target_ -= std::min(once_target_, step_down);
      make_room(request.size, true);
      gone_often_.remove(id);
      often_.push(id, request.size);
    } else {
      admit(request);
    }
    return false;
  }

 private:
  static std::size_t step(const Request& request, const IdList& other, const IdList& own) {
    return request.size * std::max<std::size_t>(1, other.bytes() / own.bytes());
  }

  void admit(const Request& request) {
    while (once_.bytes() + gone_once_.bytes() + request.size > bytes_ && !gone_once_.empty()) {
      gone_once_.remove(gone_once_.oldest());
    }
    while (once_.bytes() + request.size > bytes_ && !once_.empty()) {
      once_.remove(once_.oldest());  // T1 alone fills the cache: forgotten at once
    }
    while (total() + request.size > 2 * bytes_ && !gone_often_.empty()) {
      gone_often_.remove(gone_often_.oldest());
    }
    make_room(request.size, false);
    once_.push(request.id, request.size);
  }

  // `was_often`: the request was found in B2, which shifts a tie.
  void make_room(std::size_t size, bool was_often) {
    while (once_.bytes() + often_.bytes() + size > bytes_) {
      const bool from_once =
          !once_.empty() && (once_.bytes() > once_target_ ||
                             (was_often && once_.bytes() == once_target_) || often_.empty());
      from_once ? once_.move_oldest_to(gone_once_) : often_.move_oldest_to(gone_often_);
    }
  }

  [[nodiscard]] std::size_t total() const {
    return once_.bytes() + often_.bytes() + gone_once_.bytes() + gone_often_.bytes();
  }

  std::size_t bytes_;
  std::size_t once_target_ = 0;
  IdLinks links_;
  IdList once_{links_}, often_{links_}, gone_once_{links_}, gone_often_{links_};
};

}  // namespace

Cache make_fifo(std::size_t bytes, std::uint32_t keys) {
  return std::make_unique<OneList>(bytes, keys, OnHit::stay);
}
Cache make_lru(std::size_t bytes, std::uint32_t keys) {
  return std::make_unique<OneList>(bytes, keys, OnHit::renew);
}
Cache make_arc(std::size_t bytes, std::uint32_t keys) { return std::make_unique<Arc>(bytes, keys); }

}  // namespace larder::bench
