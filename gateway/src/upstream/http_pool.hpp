// HttpPool: keep-alive connections to one server, bounded in number.
//
// An idle connection is looked at before it is used again: a server that closed it
// meanwhile is noticed before a request is written to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_set>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <larder/clock.hpp>
#include <larder/error.hpp>

#include "upstream/byte_stream.hpp"
#include "upstream/signal.hpp"

namespace larder::gateway {

class HttpPool;

// Who asks. Answers to a server and cancellations get through when calls hold all other
// connections, since those calls may be waiting for them.
enum class Urgency : std::uint8_t { call, message };

// The right to a connection. Closes it at the end of its life unless it was released.
class Lease {
 public:
  Lease(std::shared_ptr<HttpPool> pool, std::unique_ptr<ByteStream> stream);
  ~Lease();
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&&) = delete;

  [[nodiscard]] ByteStream& stream() noexcept { return *stream_; }
  // Keeps the connection for a later request, at most so long.
  void release(milliseconds idle);

 private:
  std::shared_ptr<HttpPool> pool_;
  std::unique_ptr<ByteStream> stream_;
};

struct PoolOptions {
  Url url;
  TlsContext tls;  // null for http
  std::size_t connections_max = 64;
  milliseconds connect_timeout{5'000};
};

class HttpPool : public std::enable_shared_from_this<HttpPool> {
 public:
  // More connections for Urgency::message than for calls.
  static constexpr std::size_t kMessageConnections = 4;

  HttpPool(const boost::asio::any_io_executor& executor, Clock& clock, PoolOptions options)
      : clock_(clock), options_(std::move(options)), free_(executor) {}

  // An idle connection or a new one; waits while all are in use. Always advice `later`:
  // nothing has been sent.
  [[nodiscard]] awaitable<Result<Lease>> acquire(Urgency urgency);

  // Closes all connections, also those in use; acquire then answers Errc::closed.
  void close();

  [[nodiscard]] bool closed() const noexcept { return closed_; }

 private:
  friend class Lease;
  struct Idle {
    std::unique_ptr<ByteStream> stream;
    SteadyTime until;
  };

  awaitable<Result<std::unique_ptr<ByteStream>>> connect();
  std::unique_ptr<ByteStream> take_idle();
  void drop_outdated();
  void give_back(std::unique_ptr<ByteStream> stream, milliseconds idle);

  Clock& clock_;
  PoolOptions options_;
  Signal free_;
  std::vector<Idle> idle_;  // the last used at the end
  std::unordered_set<ByteStream*> used_;
  std::size_t connecting_ = 0;
  bool closed_ = false;
};

}  // namespace larder::gateway
