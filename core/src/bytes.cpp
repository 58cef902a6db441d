#include <larder/bytes.hpp>

#include <algorithm>
#include <utility>

namespace larder {

Bytes::Bytes(std::string text) {
  if (text.empty()) {
    return;
  }
  auto storage = std::make_shared<const std::string>(std::move(text));
  view_ = *storage;
  owner_ = std::move(storage);
}

Bytes Bytes::sub(std::size_t offset, std::size_t count) const {
  return Bytes(owner_, view_.substr(std::min(offset, view_.size()), count));
}

}  // namespace larder
