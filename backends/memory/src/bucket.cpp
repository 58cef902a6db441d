#include "bucket.hpp"

#include <algorithm>
#include <utility>

namespace larder::memory {

Slot* Bucket::hole() noexcept {
  for (std::size_t i = 0; i < size(); ++i) {
    if (slots_[i].free()) {
      return &slots_[i];
    }
  }
  return nullptr;
}

void Bucket::link(Bucket* block) noexcept {
  slots_.back() = Slot(reinterpret_cast<std::uintptr_t>(block));
  chained_ = true;
}

void Bucket::unlink(Slot last) noexcept {
  slots_.back() = last;
  chained_ = false;
}

std::size_t Bucket::add(Slot slot) {
  Bucket* last = this;
  for (Bucket* block = this; block != nullptr; block = block->next()) {
    if (Slot* free = block->hole()) {
      *free = slot;
      return 0;
    }
    last = block;
  }
  auto* block = new Bucket;
  block->slots_[0] = last->slots_.back();
  block->slots_[1] = slot;
  last->link(block);
  return 1;
}

std::size_t Bucket::compact() noexcept {
  std::size_t freed = 0;
  while (chained_) {
    Bucket* before = this;
    while (before->next()->chained_) {
      before = before->next();
    }
    Bucket* last = before->next();
    std::size_t left = 0;
    Slot one;
    for (Slot& slot : last->slots_) {
      if (slot.free()) {
        continue;
      }
      Slot* free = nullptr;
      for (Bucket* block = this; block != last && free == nullptr; block = block->next()) {
        free = block->hole();
      }
      if (free != nullptr) {
        *free = std::exchange(slot, Slot());
      } else {
        ++left;
        one = slot;
      }
    }
    // A single one goes where the link was.
    if (left > 1) {
      break;
    }
    before->unlink(one);
    delete last;
    ++freed;
  }
  return freed;
}

void Bucket::free_blocks() noexcept {
  Bucket* block = next();
  unlink(Slot());
  while (block != nullptr) {
    delete std::exchange(block, block->next());
  }
}

}  // namespace larder::memory
