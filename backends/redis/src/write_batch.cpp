#include "write_batch.hpp"

#include <algorithm>

namespace larder::redis {

void WriteBatch::clear() {
  copies_.clear();
  if (copies_.capacity() > kKeepBytes) {
    copies_.shrink_to_fit();
  }
  pieces_.clear();
  views_.clear();
  written_ = 0;
}

void WriteBatch::copy(std::string_view bytes) {
  if (pieces_.empty() || !pieces_.back().shared.empty()) {
    pieces_.push_back({.begin = copies_.size()});
  }
  copies_.append(bytes);
  pieces_.back().size += bytes.size();
}

void WriteBatch::share(const Bytes& bytes) { pieces_.push_back({.shared = bytes}); }

void WriteBatch::seal() {
  for (const Piece& piece : pieces_) {
    views_.push_back(piece.shared.empty()
                         ? std::string_view(copies_).substr(piece.begin, piece.size)
                         : piece.shared.view());
  }
}

void WriteBatch::written(std::size_t bytes) noexcept {
  while (bytes > 0 && !empty()) {
    std::string_view& view = views_[written_];
    const std::size_t size = std::min(bytes, view.size());
    view.remove_prefix(size);
    bytes -= size;
    written_ += view.empty() ? 1 : 0;
  }
}

}  // namespace larder::redis
