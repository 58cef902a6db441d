// The memory backend, by its synchronous find() and by the port's get().
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <larder/memory/backend.hpp>

#include "rivals.hpp"

namespace bench {

// Runs it to its end on a context of this thread.
template <typename Work>
void run_here(Work work) {
  boost::asio::io_context context(1);
  boost::asio::co_spawn(context, std::move(work), [](const std::exception_ptr& failure) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  });
  context.run();
}

class Ours {
 public:
  static constexpr bool kEvicts = true;
  // The bound that holds so many entries: what one of them, and the store itself, costs.
  explicit Ours(Size size) : Ours(bytes_for(size)) {}

  bool get(const larder::Key& key, char* to) {
    const auto found = backend_->find(key);
    if (!found) {
      return false;
    }
    const std::string_view value = found->entry->value();
    std::memcpy(to, value.data(), value.size());
    return true;
  }
  larder::awaitable<bool> get_awaited(const larder::Key& key, char* to) {
    const auto answers = co_await backend_->get(std::span(&key, 1), larder::Deadline::max());
    if (!answers.front() || !*answers.front()) {
      co_return false;
    }
    const std::string_view value = (*answers.front())->entry->value();
    std::memcpy(to, value.data(), value.size());
    co_return true;
  }
  // The entry that a caller has, made once and given another key each time.
  struct Writer {
    explicit Writer(const std::string& value)
        : item{.entry = larder::Entry{.key = larder::Key::literal("b", "0"),
                                      .value = larder::Bytes(value),
                                      .life = {.fresh = std::chrono::hours(1)}}} {}
    larder::PutItem item;
  };
  larder::awaitable<void> put(const larder::Key& key, Writer& writer) {
    writer.item.entry.key = key;
    co_await backend_->put(std::span(&writer.item, 1), larder::Deadline::max());
  }

 private:
  static std::size_t bytes_for(Size size) {
    const std::size_t block = (size.value_bytes + 16 + 64 + 8 + 15) / 16 * 16;
    return size.entries * (block + 24) / 29 * 32;
  }
  explicit Ours(std::size_t bytes_max)
      : backend_(std::move(
            *larder::MemoryCacheBackend::make(larder::system_clock(), {.bytes_max = bytes_max}))) {}
  std::unique_ptr<larder::MemoryCacheBackend> backend_;
};

}  // namespace bench
