// Nodes from the newest to the oldest, linked through themselves.
#pragma once

#include <cstddef>
#include <cstdint>

#include "node.hpp"

namespace larder::memory {

class NodeList {
 public:
  void push(PolicyNode& node, std::uint32_t ticket) noexcept {
    node.ticket_ = ticket;
    node.newer(nullptr);
    node.older(newest_);
    if (newest_ == nullptr) {
      oldest_ = &node;
      oldest_ticket_ = ticket;
    } else {
      newest_->newer(&node);
    }
    newest_ = &node;
  }

  void remove(PolicyNode& node) noexcept {
    PolicyNode* newer = node.newer();
    PolicyNode* older = node.older();
    if (newer == nullptr) {
      newest_ = older;
    } else {
      newer->older(older);
    }
    if (older == nullptr) {
      oldest_ = newer;
      if (newer != nullptr) {
        oldest_ticket_ = newer->ticket_;
        // Whoever removes the oldest is likely to go on there, and to ask for its key.
        if (const auto* next = reinterpret_cast<const std::byte*>(newer->newer())) {
          __builtin_prefetch(next);
          __builtin_prefetch(next + kCacheLine);
        }
      }
    } else {
      older->newer(newer);
    }
  }

  [[nodiscard]] PolicyNode* oldest() const noexcept { return oldest_; }
  // Kept here so that comparing lists touches no node.
  [[nodiscard]] std::uint32_t oldest_ticket() const noexcept { return oldest_ticket_; }

 private:
  static constexpr std::size_t kCacheLine = 64;

  PolicyNode* newest_ = nullptr;
  PolicyNode* oldest_ = nullptr;
  std::uint32_t oldest_ticket_ = 0;
};

}  // namespace larder::memory
