// Lists of ids from the newest to the oldest; an id is in one of the lists of a set, or in none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace larder::bench {

constexpr std::uint32_t kNoId = UINT32_MAX;

// What each id is linked to, and in which list it is.
class IdLinks {
 public:
  explicit IdLinks(std::uint32_t keys) : links_(keys) {}

 private:
  friend class IdList;
  struct Link {
    std::uint32_t newer = kNoId;
    std::uint32_t older = kNoId;
    std::uint32_t size = 0;
    const void* list = nullptr;
  };
  std::vector<Link> links_;
};

class IdList {
 public:
  explicit IdList(IdLinks& links) : links_(links.links_) {}
  IdList(const IdList&) = delete;
  IdList& operator=(const IdList&) = delete;

  [[nodiscard]] bool has(std::uint32_t id) const { return links_[id].list == this; }
  [[nodiscard]] bool empty() const { return oldest_ == kNoId; }
  [[nodiscard]] std::uint32_t oldest() const { return oldest_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint32_t size_of(std::uint32_t id) const { return links_[id].size; }

  void push(std::uint32_t id, std::uint32_t size) {
    links_[id] = {.newer = kNoId, .older = newest_, .size = size, .list = this};
    (newest_ == kNoId ? oldest_ : links_[newest_].newer) = id;
    newest_ = id;
    bytes_ += size;
  }

  // Answers its size.
  std::uint32_t remove(std::uint32_t id) {
    const auto link = links_[id];
    (link.newer == kNoId ? newest_ : links_[link.newer].older) = link.older;
    (link.older == kNoId ? oldest_ : links_[link.older].newer) = link.newer;
    links_[id].list = nullptr;
    bytes_ -= link.size;
    return link.size;
  }

  void renew(std::uint32_t id) { push(id, remove(id)); }

  // The oldest becomes the newest of another list.
  void move_oldest_to(IdList& other) {
    const std::uint32_t id = oldest_;
    const std::uint32_t size = remove(id);
    other.push(id, size);
  }

 private:
  std::vector<IdLinks::Link>& links_;
  std::uint32_t newest_ = kNoId;
  std::uint32_t oldest_ = kNoId;
  std::size_t bytes_ = 0;
};

}  // namespace larder::bench
