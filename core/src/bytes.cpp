#include <larder/bytes.hpp>

#include <algorithm>
#include <utility>

#include "blocks.hpp"

namespace larder {

Bytes::Bytes(std::string text) {
  if (text.empty()) {
    return;
  }
  const auto* block = new TextBlock(std::move(text));
  owner_ = SharedRef<SharedBlock>::adopt(block);
  view_ = block->text;
}

Bytes::Bytes(std::shared_ptr<const void> owner, std::string_view view)
    : owner_(SharedRef<SharedBlock>::adopt(new OwnerBlock(std::move(owner)))), view_(view) {}

Bytes Bytes::sub(std::size_t offset, std::size_t count) const {
  return Bytes(owner_, view_.substr(std::min(offset, view_.size()), count));
}

}  // namespace larder
