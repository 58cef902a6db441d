#include <larder/shared.hpp>

#include <larder/packed_entry.hpp>

#include "blocks.hpp"

namespace larder {

void SharedBlock::destroy(const SharedBlock* block) noexcept {
  switch (block->kind_) {
    case BlockKind::text:
      delete static_cast<const TextBlock*>(block);
      return;
    case BlockKind::owner:
      delete static_cast<const OwnerBlock*>(block);
      return;
    case BlockKind::entry:
    case BlockKind::pooled_entry:
      PackedEntry::destroy(static_cast<const PackedEntry*>(block));
      return;
  }
}

}  // namespace larder
