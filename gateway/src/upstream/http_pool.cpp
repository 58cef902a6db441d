#include "upstream/http_pool.hpp"

#include <utility>

#include <larder/runtime/deadline.hpp>

namespace larder::gateway {
namespace {

// Counts a connection that is being opened, however that ends.
class Counted {
 public:
  Counted(std::size_t& count, Signal& changed) noexcept : count_(count), changed_(changed) {
    ++count_;
  }
  ~Counted() {
    --count_;
    changed_.notify_all();
  }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::size_t& count_;
  Signal& changed_;
};

}  // namespace

Lease::Lease(std::shared_ptr<HttpPool> pool, std::unique_ptr<ByteStream> stream)
    : pool_(std::move(pool)), stream_(std::move(stream)) {
  pool_->used_.insert(stream_.get());
}

Lease::~Lease() {
  if (pool_ && stream_) {
    pool_->used_.erase(stream_.get());
    pool_->free_.notify_all();
  }
}

void Lease::release(milliseconds idle) {
  pool_->used_.erase(stream_.get());
  pool_->give_back(std::move(stream_), idle);
}

awaitable<Result<Lease>> HttpPool::acquire(Urgency urgency) {
  const std::size_t extra = urgency == Urgency::message ? kMessageConnections : 0;
  const std::size_t max = options_.connections_max + extra;
  while (!closed_ && used_.size() + connecting_ >= max) {
    if (!co_await free_.wait()) {
      co_return fail(Errc::cancelled, "waiting for a connection");
    }
  }
  if (closed_) {
    co_return fail(Errc::closed, "the upstream is closed");
  }
  if (auto stream = take_idle()) {
    co_return Lease(shared_from_this(), std::move(stream));
  }
  auto stream = co_await connect();
  if (!stream) {
    co_return std::unexpected(std::move(stream).error());
  }
  if (closed_) {
    co_return fail(Errc::closed, "the upstream is closed");
  }
  co_return Lease(shared_from_this(), std::move(*stream));
}

awaitable<Result<std::unique_ptr<ByteStream>>> HttpPool::connect() {
  const Counted counted(connecting_, free_);
  auto stream = co_await with_deadline(clock_, clock_.in(options_.connect_timeout), "not in time",
                                       connect_stream(options_.url, options_.tls));
  if (!stream && stream.error().code() == Errc::timeout) {
    // The caller's own deadline is another matter.
    co_return fail(Errc::unavailable, "connecting to " + options_.url.authority + ": timeout");
  }
  co_return stream;
}

std::unique_ptr<ByteStream> HttpPool::take_idle() {
  drop_outdated();
  while (!idle_.empty()) {
    auto stream = std::move(idle_.back().stream);
    idle_.pop_back();
    if (stream->quiet()) {
      return stream;
    }
  }
  return nullptr;
}

void HttpPool::drop_outdated() {
  const SteadyTime now = clock_.now();
  std::erase_if(idle_, [now](const Idle& idle) { return idle.until <= now; });
}

void HttpPool::give_back(std::unique_ptr<ByteStream> stream, milliseconds idle) {
  if (!closed_ && idle_.size() < options_.connections_max) {
    drop_outdated();
    idle_.push_back(Idle{.stream = std::move(stream), .until = clock_.in(idle)});
  }
  free_.notify_all();
}

void HttpPool::close() {
  closed_ = true;
  idle_.clear();
  for (ByteStream* stream : used_) {
    stream->close();
  }
  free_.notify_all();
}

}  // namespace larder::gateway
