#include "http/outgoing.hpp"

#include <algorithm>

namespace larder::gateway {

namespace asio = boost::asio;

std::span<const asio::const_buffer> Outgoing::window() noexcept {
  std::size_t used = 0;
  if (!head_.empty()) {
    window_[used++] = asio::buffer(head_);
  }
  std::size_t skip = sent_;
  for (const auto& part : parts_) {
    if (used == kWindow) {
      break;
    }
    if (part.size() > skip) {
      window_[used++] = asio::buffer(part.view().substr(skip));
    }
    skip = 0;
  }
  return std::span(window_).first(used);
}

void Outgoing::advance(std::size_t count) noexcept {
  left_ -= count;
  const std::size_t of_head = std::min(count, head_.size());
  head_.remove_prefix(of_head);
  sent_ += count - of_head;
  while (!parts_.empty() && sent_ >= parts_.front().size()) {
    sent_ -= parts_.front().size();
    parts_ = parts_.subspan(1);
  }
}

}  // namespace larder::gateway
