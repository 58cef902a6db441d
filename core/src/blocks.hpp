// The blocks behind a Bytes that does not view into a PackedEntry.
#pragma once

#include <memory>
#include <string>

#include <larder/shared.hpp>

namespace larder {

struct TextBlock final : SharedBlock {
  explicit TextBlock(std::string taken) noexcept
      : SharedBlock(BlockKind::text), text(std::move(taken)) {}

  const std::string text;
};

struct OwnerBlock final : SharedBlock {
  explicit OwnerBlock(std::shared_ptr<const void> taken) noexcept
      : SharedBlock(BlockKind::owner), owner(std::move(taken)) {}

  const std::shared_ptr<const void> owner;
};

}  // namespace larder
