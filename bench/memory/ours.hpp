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
  // The bound that holds about so many entries, by what a full smaller store holds.
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
    const auto answers =
        co_await backend_->get(std::span(&key, 1), larder::Deadline::max());
    if (!answers.front() || !*answers.front()) {
      co_return false;
    }
    const std::string_view value = (*answers.front())->entry->value();
    std::memcpy(to, value.data(), value.size());
    co_return true;
  }
  larder::awaitable<void> put_awaited(const larder::Key& key, std::string_view value) {
    const larder::PutItem item{
        .entry = larder::Entry{.key = key,
                               .value = larder::Bytes(nullptr, value),
                               .life = {.fresh = std::chrono::hours(1)}}};
    co_await backend_->put(std::span(&item, 1), larder::Deadline::max());
  }
  void put(const larder::Key& key, std::string_view value) {
    // A context for each would be what is measured, so the coroutine is run by hand.
    run_inline(put_awaited(key, value));
  }
  [[nodiscard]] larder::BackendStats stats() const { return backend_->stats(); }

 private:
  explicit Ours(std::size_t bytes_max)
      : backend_(std::move(
            *larder::MemoryCacheBackend::make(larder::system_clock(), {.bytes_max = bytes_max}))) {}
  std::unique_ptr<larder::MemoryCacheBackend> backend_;
};

}  // namespace bench
