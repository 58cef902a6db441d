// Shared blocks: immutable memory that counts its holders inside itself.
//
// What std::shared_ptr does with a second allocation and two words in each holder, a block
// does with four bytes: a cache holds millions of them, and hands one out on every hit.
// Only Bytes and PackedEntry are made of blocks; nothing else needs this header.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace larder {

enum class BlockKind : std::uint8_t {
  text,          // owns a std::string; behind Bytes
  owner,         // keeps something else alive; behind Bytes
  entry,         // a PackedEntry on the heap
  pooled_entry,  // a PackedEntry in a BlockPool
};

// The first bytes of every block. Born with one holder.
class SharedBlock {
 public:
  SharedBlock(const SharedBlock&) = delete;
  SharedBlock& operator=(const SharedBlock&) = delete;

  void hold() const noexcept { holders_.fetch_add(1, std::memory_order_relaxed); }
  // The last holder destroys the block, on whatever thread that is.
  void drop() const noexcept {
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      destroy(this);
    }
  }

 protected:
  explicit SharedBlock(BlockKind kind) noexcept : kind_(kind) {}
  ~SharedBlock() = default;
  [[nodiscard]] BlockKind kind() const noexcept { return kind_; }

 private:
  static void destroy(const SharedBlock* block) noexcept;

  mutable std::atomic<std::uint32_t> holders_{1};
  BlockKind kind_;
};

// One holder of a block. Copies hold it too; any thread may have copies of its own.
template <typename Block>
class SharedRef {
 public:
  SharedRef() noexcept = default;
  // Takes over one hold that the caller has.
  [[nodiscard]] static SharedRef adopt(const Block* held) noexcept {
    SharedRef ref;
    ref.block_ = held;
    return ref;
  }
  // Adds a hold to a block that someone else keeps alive meanwhile.
  [[nodiscard]] static SharedRef share(const Block* block) noexcept {
    block->hold();
    return adopt(block);
  }

  ~SharedRef() {
    if (block_ != nullptr) {
      block_->drop();
    }
  }
  SharedRef(const SharedRef& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) {
      block_->hold();
    }
  }
  SharedRef(SharedRef&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedRef& operator=(SharedRef other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }

  // Gives the hold to the caller.
  [[nodiscard]] const Block* release() noexcept { return std::exchange(block_, nullptr); }

  [[nodiscard]] const Block* get() const noexcept { return block_; }
  [[nodiscard]] const Block& operator*() const noexcept { return *block_; }
  [[nodiscard]] const Block* operator->() const noexcept { return block_; }
  [[nodiscard]] explicit operator bool() const noexcept { return block_ != nullptr; }

  friend bool operator==(const SharedRef&, const SharedRef&) = default;
  friend bool operator==(const SharedRef& ref, std::nullptr_t) noexcept {
    return ref.block_ == nullptr;
  }

 private:
  const Block* block_ = nullptr;
};

}  // namespace larder
